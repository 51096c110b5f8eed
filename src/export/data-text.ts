/** Data back to a text file that reads as the same data, here and in Python. */
import { show } from '../config/checks.js'
import type { Data } from '../data/corpus.js'
import { strip } from '../data/text.js'
import { DatasetError } from '../errors.js'

/**
 * The text of data.txt: one document per line, or one text as it is.
 * @throws {DatasetError} for what such a file cannot hold: documents that are blank, have line ends
 *   or begin or end with spaces, a text with carriage returns, halves of surrogate pairs
 */
export function dataText({ docs, text }: Pick<Data, 'docs' | 'text'>): string {
  if (text !== undefined) {
    if (text.includes('\r')) refuse('text has carriage returns', 'end its lines with \\n')
    return marked(whole(text))
  }
  const lines = (docs ?? []).map((doc) => {
    if (/[\r\n]/.test(doc)) refuse(`document ${show(doc)} has line ends`, 'make it one line')
    if (strip(doc) !== doc) refuse(`document ${show(doc)} begins or ends with spaces`, 'strip it')
    if (doc === '') refuse('document is empty', 'leave it out')
    return `${whole(doc)}\n`
  })
  return marked(lines.join(''))
}

function refuse(what: string, hint: string): never {
  throw new DatasetError(`the data cannot be written to a text file: a ${what}; ${hint}`)
}

/** @throws {DatasetError} for half of a surrogate pair, which UTF-8 has no bytes for */
function whole(text: string): string {
  if (/\p{Surrogate}/u.test(text)) {
    refuse(`character of ${show(text)} is half of a surrogate pair`, 'replace it')
  }
  return text
}

/** Readers take one byte order mark away: another one keeps that of the data. */
const marked = (text: string) => (text.startsWith('\ufeff') ? `\ufeff${text}` : text)
