/** The report as text for a terminal, or as Markdown. */
import type { TimedEngine, Figure, BenchReport } from './rounds.js'
import { lines, number, grouped } from './lines.js'
import { scalingTables } from './scaling/table.js'
import { SIZES as SHAPES } from './shapes.js'

const LABELS: Record<TimedEngine, string> = {
  wasm: 'WebAssembly core',
  typed: 'typed arrays, TypeScript',
  value: 'scalar Value, TypeScript',
  cpython: 'microgpt in CPython',
}

const spread = ({ min, max }: Figure) => `${number(min)} to ${number(max)}`
const median = (figure: Figure | null) => (figure ? number(figure.median) : '-')

const ENGINES = ['engine', 'µs per step', 'min to max', 'times wasm', 'tokens/s', 'ms to step 1']
const SIZES = ['model', 'parameters', 'batch', 'ms per step', 'tokens/s', 'GFLOP/s', 'of peak']

export function table(report: BenchReport, markdown: boolean): string {
  const { preset, numParams, lossDifference, rounds, machine } = report
  const engines = report.rows.map((row) => [
    LABELS[row.engine],
    median(row.step),
    spread(row.step),
    median(row.ratio),
    median(row.tokensPerSecond),
    median(row.start),
  ])
  const sizes = report.sizes.map((row) => {
    const { n_embd, n_head, n_layer, block_size, batch_size } = SHAPES[row.size]
    return [
      `${row.size} (${n_embd}, ${n_head}, ${n_layer}, ${block_size})`,
      grouped(row.numParams),
      `${batch_size}`,
      number(row.msPerStep),
      number(row.tokensPerSecond),
      number(row.gflops),
      `${Math.round(100 * row.ofPeak)} %`,
    ]
  })
  return [
    `${preset}: ${grouped(numParams)} parameters, float64, one document per step`,
    machine,
    `the losses of all engines agree within ${lossDifference.toExponential(1)}`,
    '',
    ...lines(ENGINES, engines, markdown),
    '',
    `Medians of ${rounds} rounds; each engine runs in a new process in each round. A step is a whole`,
    'step: forward, backward, Adam and the host code. tokens/s: sampling, one sequence at a time. ms to',
    'step 1: from the start of the process, including Node itself.',
    ...(sizes.length === 0 ? [] : ['', ...lines(SIZES, sizes, markdown), '', ...SIZES_NOTE]),
    ...(report.scaling ? ['', ...scalingTables(report.scaling, machine, markdown)] : []),
  ].join('\n')
}

const SIZES_NOTE = [
  'On the WebAssembly core. In brackets: n_embd, n_head, n_layer, block_size. The vocabulary has',
  '65 tokens, and documents fill the block. The first loss is compared with the typed-array engine.',
  'Peak is the measured f64x2 multiply-add throughput in the same process.',
]
