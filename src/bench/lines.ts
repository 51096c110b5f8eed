/** Numbers and tables as text for a terminal, or as Markdown. */

/** A whole number with thousands separators. */
export const grouped = (x: number) => Math.round(x).toLocaleString('en-US')

/** Three significant digits below 100, else a whole number with thousands separators. */
export const number = (x: number) => (x >= 100 ? grouped(x) : x.toPrecision(3))

/** A difference of losses. */
export const difference = (x: number) => (x === 0 ? '0' : x.toExponential(1))

/** The lines of a table: the first column is aligned left, the others right. */
export function lines(
  columns: readonly string[],
  rows: readonly string[][],
  markdown: boolean,
): string[] {
  const widths = columns.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]!.length)),
  )
  const align = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
  const line = (cells: readonly string[]) =>
    markdown ? `| ${align(cells).join(' | ')} |` : align(cells).join('   ').trimEnd()
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(columns), ...(markdown ? [line(rule)] : []), ...rows.map(line)]
}
