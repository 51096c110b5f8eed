/** A report as a person reads it, in a terminal or in Markdown. */
import type { Engine, Figure, Report } from './rounds.js'

const LABELS: Record<Engine, string> = {
  wasm: 'WebAssembly core',
  typed: 'typed arrays, TypeScript',
  value: 'scalar Value, TypeScript',
  cpython: 'microgpt in CPython',
}

/** Three digits where there are decimals, else whole with commas. */
function number(x: number): string {
  return x >= 100 ? Math.round(x).toLocaleString('en-US') : x.toPrecision(3)
}

const spread = ({ min, max }: Figure) => `${number(min)} to ${number(max)}`
const median = (figure: Figure | null) => (figure ? number(figure.median) : '-')

const COLUMNS = ['engine', 'us a step', 'least to most', 'times wasm', 'tokens/s', 'ms to step 1']

export function table(report: Report, markdown: boolean): string {
  const rows = report.rows.map((row) => [
    LABELS[row.engine],
    median(row.step),
    spread(row.step),
    median(row.ratio),
    median(row.tokensPerSecond),
    median(row.start),
  ])
  const widths = COLUMNS.map((name, i) =>
    Math.max(name.length, ...rows.map((row) => row[i]!.length)),
  )
  const align = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
  const line = (cells: readonly string[]) =>
    markdown ? `| ${align(cells).join(' | ')} |` : align(cells).join('   ').trimEnd()
  const rule = widths.map((width, i) => (i === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))

  const { preset, numParams, lossDifference, rounds, machine } = report
  return [
    `${preset}: ${numParams.toLocaleString('en-US')} parameters, float64, one document a step`,
    machine,
    `the losses of all engines agree within ${lossDifference.toExponential(1)}`,
    '',
    line(COLUMNS),
    ...(markdown ? [line(rule)] : []),
    ...rows.map(line),
    '',
    `Medians of ${rounds} rounds, each engine in a fresh process in each round; a step is a whole one,`,
    'forward, backward, Adam and the host. tokens/s: sampling one sequence at a time. ms to step 1:',
    'from the start of the process, Node itself included.',
  ].join('\n')
}
