/** What a pasted or opened text is, and how it would be read. */
import type { Mode } from '../data/corpus.js'
import { strip } from '../data/text.js'

export interface Found {
  kind: 'list' | 'text' | 'csv' | 'jsonl'
  /** Names of the columns or fields, of a table only. */
  columns: string[]
  /** The proposal. */
  mode: Mode
  blockSize: number
  /** One sentence. */
  about: string
}

/** Lines looked at. */
const SAMPLE = 500

/** @param name of a file, which may say what it is */
export function recognise(text: string, name = ''): Found {
  const lines = text
    .slice(0, 400_000)
    .split(/\r\n|\r|\n/)
    .filter((line) => strip(line) !== '')
    .slice(0, SAMPLE)
  const fields = jsonFields(lines)
  if (fields) return table('jsonl', fields, lines.map(String), 'a JSON object per line')
  const delimiter = delimiterOf(lines, name)
  if (delimiter !== null) {
    const columns = splitRow(lines[0]!, delimiter)
    const what = delimiter === '\t' ? 'tabs' : delimiter === ';' ? 'semicolons' : 'commas'
    return table('csv', columns, lines.slice(1), `a table with columns between ${what}`)
  }
  const mean = lines.reduce((sum, line) => sum + line.length, 0) / Math.max(1, lines.length)
  const isText = mean > 45 || (lines.length < 4 && text.length > 400)
  if (isText) {
    const about = 'one long text: the model reads windows of it, and a tenth is held out'
    return { kind: 'text', columns: [], mode: 'text', blockSize: 32, about }
  }
  const about = 'a list: one document per line'
  return { kind: 'list', columns: [], mode: 'docs', blockSize: blockFor(lines), about }
}

/** The documents of a column, one per line; without a column the text as it is. */
export function documentsOf(text: string, found: Found, column: number, name = ''): string {
  if (found.kind !== 'csv' && found.kind !== 'jsonl') return text
  const lines = text.split(/\r\n|\r|\n/).filter((line) => strip(line) !== '')
  const field = found.columns[column]!
  if (found.kind === 'jsonl') {
    return lines
      .map((line) => String(JSON.parse(line)[field] ?? '').replace(/\s+/g, ' '))
      .join('\n')
  }
  const delimiter = delimiterOf(lines.slice(0, SAMPLE), name) ?? ','
  return lines
    .slice(1)
    .map((line) => splitRow(line, delimiter)[column] ?? '')
    .join('\n')
}

function table(kind: 'csv' | 'jsonl', columns: string[], lines: string[], about: string): Found {
  return {
    kind,
    columns,
    mode: 'docs',
    blockSize: blockFor(lines.map((x) => x.slice(0, 15))),
    about,
  }
}

/** A window that holds nine of ten lines with BOS, within what a first model learns quickly. */
function blockFor(lines: readonly string[]): number {
  const lengths = lines.map((line) => [...strip(line)].length + 1).sort((a, b) => a - b)
  const most = lengths[Math.floor(0.9 * (lengths.length - 1))] ?? 8
  return Math.max(8, Math.min(32, most))
}

function jsonFields(lines: readonly string[]): string[] | null {
  if (lines.length === 0 || !lines.every((line) => line.trimStart().startsWith('{'))) return null
  try {
    const first = JSON.parse(lines[0]!)
    const fields = Object.keys(first).filter((name) => typeof first[name] === 'string')
    return fields.length > 0 ? fields : null
  } catch {
    return null
  }
}

/** A delimiter that every line has equally often, or null. */
function delimiterOf(lines: readonly string[], name: string): string | null {
  if (lines.length < 3) return null
  for (const delimiter of ['\t', ';', ',']) {
    const counts = lines.slice(0, 50).map((line) => splitRow(line, delimiter).length)
    const even = counts[0]! > 1 && counts.every((n) => n === counts[0])
    if (even || (/\.(csv|tsv)$/i.test(name) && counts[0]! > 1)) return delimiter
  }
  return null
}

/** The cells of a line of CSV; quotes may hold the delimiter. */
function splitRow(line: string, delimiter: string): string[] {
  const cells: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < line.length; i++) {
    const char = line[i]!
    if (quoted && char === '"' && line[i + 1] === '"') {
      cell += '"'
      i++
    } else if (char === '"') quoted = !quoted
    else if (char === delimiter && !quoted) {
      cells.push(cell)
      cell = ''
    } else cell += char
  }
  cells.push(cell)
  return cells
}
