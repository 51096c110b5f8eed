/** Figures and tables as a person reads them, in a terminal or in Markdown. */

/** A whole number with commas. */
export const grouped = (x: number) => Math.round(x).toLocaleString('en-US')

/** Three digits where there are decimals, else whole with commas. */
export const number = (x: number) => (x >= 100 ? grouped(x) : x.toPrecision(3))

/** A difference of losses. */
export const difference = (x: number) => (x === 0 ? '0' : x.toExponential(1))

/** Lines of a table: the first column to the left, the others to the right. */
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
