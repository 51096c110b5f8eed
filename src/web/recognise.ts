/**
 * Detects the format of a pasted or opened text, and reads it like the command line reads files.
 */
import type { Mode } from '../data/corpus.js'
import { columnOf, fieldOf, fieldsOf, linesOf, tableOf } from '../data/table.js'
import { strip } from '../data/text.js'

export interface Found {
  kind: 'list' | 'text' | 'csv' | 'jsonl'
  /** Names of the columns or fields; empty for a list or text. */
  columns: string[]
  /** The proposed mode and block_size. */
  mode: Mode
  blockSize: number
  /** A description that completes the sentence "This looks like ...". */
  about: string
}

/** Number of lines examined. */
const SAMPLE = 500
/** A text whose lines are longer on average is treated as prose. */
const PROSE = 45

/** The first non-blank lines. */
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

/** The values of a column or field, one document per line; other texts are returned unchanged. */
export function documentsOf(text: string, { kind, columns }: Found, column: number): string {
  const name = columns[column]
  if (name === undefined) return text
  const values = kind === 'jsonl' ? fieldOf(text, name) : columnOf(text, name)
  // A value may contain line breaks, but it is still one document.
  return values.map((value) => value.replace(/\s+/g, ' ')).join('\n')
}

/** A block_size that fits nine of ten lines with BOS, from 8 to 32 so that training stays quick. */
function blockFor(lines: readonly string[]): number {
  const lengths = lines.map((line) => [...strip(line)].length + 1).sort((a, b) => a - b)
  const most = lengths[Math.floor(0.9 * (lengths.length - 1))] ?? 8
  return Math.max(8, Math.min(32, most))
}
