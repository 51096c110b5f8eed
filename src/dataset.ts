/** Bytes to text to documents, as Python reads them. */
import { DatasetError } from './errors.js'

/** What Python's str.strip() takes away (JavaScript's trim knows U+FEFF instead of U+001C-1F, U+0085). */
const SPACE = new Set(
  '\t\n\v\f\r\x1c\x1d\x1e\x1f \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008' +
    '\u2009\u200a\u2028\u2029\u202f\u205f\u3000',
)

/** Python's str.strip(). */
export function strip(text: string): string {
  let start = 0
  let end = text.length
  while (start < end && SPACE.has(text[start]!)) start++
  while (end > start && SPACE.has(text[end - 1]!)) end--
  return text.slice(start, end)
}

/**
 * A document a line, stripped, empty ones dropped. Lines end with LF, CRLF or CR, as in Python's
 * text files; a byte order mark at the start is removed.
 * @throws {DatasetError} when no document is left
 */
export function parseDocs(text: string): string[] {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const docs: string[] = []
  for (const line of body.split(/\r\n|\r|\n/)) {
    const doc = strip(line)
    if (doc !== '') docs.push(doc)
  }
  if (docs.length === 0) {
    throw new DatasetError('the text holds no document: give at least one line that is not blank')
  }
  return docs
}

/**
 * UTF-8 to text. Nothing is guessed.
 * @throws {DatasetError} that names the line and the byte in it of the first malformed sequence
 */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    const { line, byte } = malformedAt(bytes)
    throw new DatasetError(
      `the text is not valid UTF-8 at line ${line}, byte ${byte} of it; convert the file to UTF-8`,
    )
  }
}

/** Line and byte, both from 1, at which a strict decoder gives up. Only for bytes that it refuses. */
function malformedAt(bytes: Uint8Array): { line: number; byte: number } {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let line = 1
  let start = 0
  for (let i = 0; i < bytes.length; i++) {
    try {
      decoder.decode(bytes.subarray(i, i + 1), { stream: true })
    } catch {
      return { line, byte: i - start + 1 }
    }
    if (bytes[i] === 0x0a) {
      line++
      start = i + 1
    }
  }
  return { line, byte: bytes.length - start }
}
