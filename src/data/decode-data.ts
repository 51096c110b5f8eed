/**
 * A file's bytes to documents or one text. The one place that says what was found instead: it serves
 * the command line and the page, and needs neither Node nor a browser.
 */
import { advice } from '../config/terms.js'
import { DatasetError } from '../errors.js'
import type { Data, Mode } from './corpus.js'
import {
  type Encoding,
  type EncodingErrors,
  type Gunzip,
  checkSize,
  decode,
  decompressed,
} from './decode.js'
import { ALL, columnOf, fieldOf, fieldsOf, quotedNames, tableOf } from './table.js'
import { parseDocs, parseText } from './text.js'

export interface DataReading {
  /** Whether each line is a document (the default), or all of it one text. */
  mode?: Mode
  /** utf-8 unless given. */
  encoding?: Encoding
  /** What becomes of malformed bytes; an error unless given. */
  errors?: EncodingErrors
  /** The column of a table that holds the documents; 'all' for whole lines. */
  column?: string
  /** Likewise the field of JSON Lines. */
  field?: string
}

/** Characters of a single line from which on it is no document, but a text. */
const LONG_LINE = 2000

/**
 * What a file holds to learn from.
 * @throws {DatasetError} that says what the file is when it cannot be learned from as it is
 */
export async function decodeData(
  bytes: Uint8Array,
  reading: DataReading,
  gunzip: Gunzip,
): Promise<Data> {
  checkSize(bytes.length)
  const plain = await decompressed(bytes, gunzip)
  return dataOf(decode(plain, reading.encoding, reading.errors), reading)
}

/** The same from a text. @throws {DatasetError} */
export function dataOf(text: string, { mode = 'docs', column, field }: DataReading): Data {
  const body = text.startsWith('\ufeff') ? text.slice(1) : text
  const whole = column === ALL || field === ALL
  const values =
    field !== undefined && !whole
      ? fieldOf(body, field)
      : column !== undefined && !whole
        ? columnOf(body, column)
        : null
  if (mode === 'text') return { text: parseText(values ? values.join('\n') : body) }
  // A value may hold line ends: it is one document anyway.
  if (values)
    return { docs: parseDocs(values.map((value) => value.replace(/\s+/g, ' ')).join('\n')) }
  if (!whole) checkLines(body)
  return { docs: parseDocs(body) }
}

/** @throws {DatasetError} when the lines of a text are no documents */
function checkLines(text: string): void {
  if (/^\s*(<!doctype html|<html|<head|<body)[\s>]/i.test(text.slice(0, 4096))) {
    const hint = `give the text itself, or ${advice('asText')}`
    throw new DatasetError(`it is an HTML page, not a list of documents; ${hint}`)
  }
  const fields = fieldsOf(text)
  if (fields) {
    const hint = fields.length
      ? `${advice('field')} ${quotedNames(fields)}, or ${ALL} for whole lines`
      : 'no field is a string in each line'
    throw new DatasetError(`it is JSON Lines, not plain text; ${hint}`)
  }
  const table = tableOf(text)
  if (table) {
    const kind = table.delimiter === '\t' ? 'TSV' : 'CSV'
    const hint = `${advice('column')} ${quotedNames(table.columns)}, or ${ALL} for whole lines`
    throw new DatasetError(`it is ${kind} with a header, not plain text; ${hint}`)
  }
  const line = text.trim()
  if (line.length > LONG_LINE && !/[\r\n]/.test(line)) {
    throw new DatasetError(`it is one line of ${line.length} characters; ${advice('asText')}`)
  }
}
