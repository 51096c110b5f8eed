/** Bytes to text to documents, with the rules of Python's text files. */
import { show } from '../config/checks.js'
import { DatasetError } from '../errors.js'
import { type EncodingErrors, decode } from './decode.js'
import { linesOf } from './table.js'

/**
 * What Python's str.strip() removes (JavaScript's trim has U+FEFF instead of U+001C-1F and U+0085).
 */
const SPACE = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008' +
    '\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/** Most documents: each takes about 50 bytes beside its characters. */
const MAX_DOCS = 20_000_000

/** Removes white space from both ends, like Python's str.strip(). */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.has(text[start]!)) start++
  while (end > start && SPACE.has(text[end - 1]!)) end--
  return text.slice(start, end)
}

/**
 * Splits a text into documents, one per line, stripped; empty lines are dropped. Lines end with LF,
 * CRLF or CR, as in Python's text files; a byte order mark at the start is removed.
 * @throws {DatasetError} if no document is left
 */
export function parseDocs(text: string): string[] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const docs: string[] = []
  for (const line of linesOf(body)) {
    const doc = strip(line)
    if (doc === '') continue
    if (docs.push(doc) > MAX_DOCS) {
      const most = MAX_DOCS.toLocaleString('en-US')
      throw new DatasetError(`the text holds over ${most} documents; give a part of it`)
    }
  }
  if (docs.length === 0) {
    throw new DatasetError('the text holds no document: give at least one line that is not blank')
  }
  return docs
}

/**
 * Prepares a text to be trained on as a whole: every line end becomes LF, and a byte order mark at
 * the start is removed. Nothing else changes.
 * @throws {DatasetError} if the text is empty
 */
export function parseText(text: string): string {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  if (body === '') throw new DatasetError('the text is empty: give some characters to learn from')
  return body.replace(/\r\n?/g, '\n')
}

/**
 * Decodes UTF-8, or UTF-16 if a byte order mark says so.
 * @param errors 'replace' gives U+FFFD for each malformed sequence, as in Python; 'strict' throws
 * @throws {DatasetError} with the line, and the byte in it, of the first malformed sequence
 */
export function decodeUtf8(bytes: Uint8Array, errors: EncodingErrors = 'strict'): string {
  return decode(bytes, 'utf-8', errors)
}

/**
 * Checks that a value is a list of documents.
 * @throws {DatasetError} if it is not a list, is empty, or contains anything but strings
 */
export function checkDocs(docs: readonly string[]): void {
  const want = 'docs must be a list of at least one document'
  if (!Array.isArray(docs)) throw new DatasetError(`${want}, got ${show(docs)}`)
  if (docs.length === 0) throw new DatasetError(`${want}, got an empty one`)
  const odd = docs.findIndex((doc) => typeof doc !== 'string')
  if (odd >= 0) {
    throw new DatasetError(`docs must be strings, got ${show(docs[odd])} at ${odd} of them`)
  }
}
