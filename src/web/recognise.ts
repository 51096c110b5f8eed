/** What a pasted or opened text is, and how it would be read: as the command line reads files. */
import type { Mode } from '../data/corpus.js'
import { columnOf, fieldOf, fieldsOf, linesOf, tableOf } from '../data/table.js'
import { strip } from '../data/text.js'

export interface Found {
  kind: 'list' | 'text' | 'csv' | 'jsonl'
  /** Names of the columns or fields, of a table only. */
  columns: string[]
  /** The proposal. */
  mode: Mode
  blockSize: number
  /** One sentence's end. */
  about: string
}

/** Lines looked at. */
const SAMPLE = 500
/** Lines longer than this on average are prose. */
const PROSE = 45

/** The first lines that are not blank. */
function firstLines(text: string): string[] {
  const lines: string[] = []
  for (const line of linesOf(text)) {
    if (strip(line) !== '') lines.push(line)
    if (lines.length === SAMPLE) break
  }
  return lines
}

export function recognise(text: string): Found {
  const lines = firstLines(text)
  const fields = fieldsOf(text)
  if (fields && fields.length > 0) {
    const values = fieldOf(lines.join('\n'), fields[0]!)
    const about = 'JSON Lines: one object per line'
    return { kind: 'jsonl', columns: fields, mode: 'docs', blockSize: blockFor(values), about }
  }
  const table = tableOf(text)
  if (table) {
    const { columns, delimiter } = table
    const about = `a table with columns between ${delimiter === '\t' ? 'tabs' : 'commas'}`
    const blockSize = blockFor(columnOf(text, columns[0]!).slice(0, SAMPLE))
    return { kind: 'csv', columns, mode: 'docs', blockSize, about }
  }
  const mean = lines.reduce((sum, line) => sum + line.length, 0) / Math.max(1, lines.length)
  if (mean > PROSE || (lines.length < 4 && text.length > 400)) {
    const about = 'one long text: the model reads windows of it, and a tenth is held out'
    return { kind: 'text', columns: [], mode: 'text', blockSize: 32, about }
  }
  const about = 'a list: one document per line'
  return { kind: 'list', columns: [], mode: 'docs', blockSize: blockFor(lines), about }
}

/** The documents of a column or field, one per line; of other texts the text as it is. */
export function documentsOf(text: string, { kind, columns }: Found, column: number): string {
  const name = columns[column]
  if (name === undefined) return text
  const values = kind === 'jsonl' ? fieldOf(text, name) : columnOf(text, name)
  // A value may hold line ends: it is one document anyway.
  return values.map((value) => value.replace(/\s+/g, ' ')).join('\n')
}

/** A window that holds nine of ten lines with BOS, within what a first model learns quickly. */
function blockFor(lines: readonly string[]): number {
  const lengths = lines.map((line) => [...strip(line)].length + 1).sort((a, b) => a - b)
  const most = lengths[Math.floor(0.9 * (lengths.length - 1))] ?? 8
  return Math.max(8, Math.min(32, most))
}
