/** Text that is a table or JSON Lines: how it is recognized, and one part of each row as documents. */
import { show } from '../config/checks.js'
import { advice } from '../config/terms.js'
import { DatasetError } from '../errors.js'

/** Lines that are looked at to see what a text is. */
const LOOK = 50
/** Takes whole lines, whatever they look like. */
export const ALL = 'all'
/** Names by which a column of text goes, and what is beside it. */
const USUAL =
  /^(id|idx|index|nr|no|name|names|text|title|label|word|words|sentence|content|body|count|rank|year|date|gender|sex|lang|language|country|first_?name|last_?name|source|target|category|class|score|value|key|url|author|quote)$/i

export interface Table {
  delimiter: ',' | '\t'
  columns: string[]
}

/** The first lines that are not blank. */
function firstLines(text: string): string[] {
  const lines: string[] = []
  for (const line of linesOf(text)) {
    if (line.trim() !== '') lines.push(line)
    if (lines.length === LOOK) break
  }
  return lines
}

/** Lines without their ends, one after the other: a long text is not split at once. */
export function* linesOf(text: string): Generator<string> {
  const ends = /\r\n|\r|\n/g
  let from = 0
  for (let end = ends.exec(text); end; end = ends.exec(text)) {
    yield text.slice(from, end.index)
    from = ends.lastIndex
  }
  yield text.slice(from)
}

/**
 * Whether a text is a table with a header: every row has as many fields, and a column says by its
 * usual name, or by numbers or quotes below it, that the first row is not a row like the others.
 */
export function tableOf(text: string): Table | null {
  const lines = firstLines(text)
  if (lines.length < 3) return null
  for (const delimiter of ['\t', ','] as const) {
    const rows = [...rowsOf(lines.join('\n'), delimiter)]
    // The last of a text that was cut may not be whole.
    const whole = lines.length === LOOK ? rows.slice(0, -1) : rows
    const [columns = [], ...rest] = whole
    if (columns.length < 2 || rest.some((row) => row.length !== columns.length)) continue
    const names = new Set(columns)
    const isName = (name: string) =>
      name.length <= 60 && /^\p{L}[^\d][\p{L}\p{N}_ .-]*$|^\p{L}+$/u.test(name)
    if (names.size !== columns.length || !columns.every(isName)) continue
    const isNumeric = (_: string, i: number) =>
      rest.every((row) => /^-?\d+([.,]\d+)?$/.test(row[i]!))
    if (columns.some((name) => USUAL.test(name)) || columns.some(isNumeric)) {
      return { delimiter, columns }
    }
  }
  return null
}

/** Rows of a table as RFC 4180 has them: quoted fields may hold delimiters and line ends. */
function* rowsOf(text: string, delimiter: string): Generator<string[]> {
  let row: string[] = []
  let at = 0
  while (at <= text.length) {
    let field: string
    if (text[at] === '"') {
      ;[field, at] = quoted(text, at + 1)
    } else {
      const from = at
      while (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r')
        at++
      field = text.slice(from, at)
    }
    row.push(field)
    if (text[at] === delimiter) {
      at++
      continue
    }
    if (row.length > 1 || row[0] !== '') yield row
    row = []
    at += text.startsWith('\r\n', at) ? 2 : 1
  }
}

/** A quoted field, and where it ends. */
function quoted(text: string, from: number): [string, number] {
  let field = ''
  for (let at = from; ;) {
    const end = text.indexOf('"', at)
    if (end < 0) return [field + text.slice(at), text.length]
    field += text.slice(at, end)
    if (text[end + 1] !== '"') return [field, end + 1]
    field += '"'
    at = end + 2
  }
}

/** @throws {DatasetError} for a text that is no table, or has no such column */
export function columnOf(text: string, name: string): string[] {
  const [first = ''] = firstLines(text)
  const delimiter = first.includes('\t') ? '\t' : ','
  const rows = rowsOf(text, delimiter)
  const columns: string[] = rows.next().value ?? []
  const index = columns.indexOf(name)
  if (index < 0) {
    throw new DatasetError(
      `there is no column ${show(name)}; ${advice('column')} ${quotedNames(columns)}`,
    )
  }
  return Array.from(rows, (row) => row[index] ?? '')
}

/** The fields of JSON Lines that are strings in each of the first objects. */
export function fieldsOf(text: string): string[] | null {
  const lines = firstLines(text)
  const objects: Record<string, unknown>[] = []
  for (const line of lines) {
    const object = objectOf(line)
    if (!object) return null
    objects.push(object)
  }
  const [first] = objects
  if (!first) return null
  return Object.keys(first).filter((key) => objects.every((each) => typeof each[key] === 'string'))
}

function objectOf(line: string): Record<string, unknown> | null {
  if (!line.trimStart().startsWith('{')) return null
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return null
  }
}

/** @throws {DatasetError} that names the line which lacks the field */
export function fieldOf(text: string, name: string): string[] {
  const values: string[] = []
  let number = 0
  for (const line of linesOf(text)) {
    number++
    if (line.trim() === '') continue
    const object = objectOf(line)
    const value = object && Object.hasOwn(object, name) ? object[name] : undefined
    if (typeof value !== 'string') {
      const what = object ? `no string in the field ${show(name)}` : 'no JSON object'
      const known = fieldsOf(text)
      const hint = known?.length ? `; ${advice('field')} ${quotedNames(known)}` : ''
      throw new DatasetError(`line ${number} has ${what}${hint}`)
    }
    values.push(value)
  }
  return values
}

/** Names as a message lists them. */
export const quotedNames = (names: readonly string[]) => names.slice(0, 20).map(show).join(', ')
