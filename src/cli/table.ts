/** Formats tables as text. */

export interface Column {
  title: string
  /** Left by default. */
  align?: 'right'
}

const GAP = '  '

/** Text cut to `width` columns; an ellipsis marks the cut. */
const cut = (text: string, width: number) =>
  text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`

/** A table with titles. Columns are as wide as their content, and lines are cut to `width`. */
export function textTable(
  columns: readonly Column[],
  rows: readonly string[][],
  width: number,
): string {
  const all = [columns.map(({ title }) => title), ...rows]
  const widths = columns.map((_, i) => Math.max(...all.map((row) => row[i]!.length)))
  const line = (row: string[]) =>
    row.map((cell, i) =>
      columns[i]!.align === 'right' ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!),
    )
  return all.map((row) => `${cut(line(row).join(GAP).trimEnd(), width)}\n`).join('')
}
