/** The scaling section as text or Markdown. */
import { formatBytes } from '../../engine/plan.js'
import { difference, lines, number, grouped } from '../lines.js'
import { SIZES } from '../shapes.js'
import type { Scaling } from './index.js'

const BATCHES = ['batch', 'µs per document', 'µs per 1,000 positions']
const DOCUMENTS = ['documents', 'text', 'ms to step 1', 'µs per document', 'memory']
const PARAMETERS = [
  ...['parameters', 'n_embd', 'arena', 'ms per step', 'ns per parameter'],
  ...['forward and backward per position', 'Adam'],
]
const THREADS = ['model', 'threads', 'ms per step', 'speedup']

/** The machine, then four tables, each below the comparison that was made first. */
export function scalingTables(scaling: Scaling, machine: string, markdown: boolean): string[] {
  const { batches, documents, parameters } = scaling
  const section = (title: string, check: string, columns: string[], rows: string[][]) => [
    ...['', title, check, ''],
    ...lines(columns, rows, markdown),
  ]
  const worst = (rows: readonly { lossDifference: number }[]) =>
    difference(Math.max(...rows.map((row) => row.lossDifference)))

  const batchRows = batches.rows.map((row) => [
    `${row.batch}`,
    number(row.usPerDocument),
    grouped(row.usPerThousand),
  ])
  const documentRows = documents.map((row) => [
    grouped(row.documents),
    formatBytes(row.textBytes),
    number(row.ms),
    number((1000 * row.ms) / row.documents),
    formatBytes(row.memoryBytes),
  ])
  const parameterRows = parameters.rows.map((row) => [
    grouped(row.numParams),
    `${row.n_embd}`,
    formatBytes(row.bytes),
    number(row.msPerStep),
    number((1e6 * row.msPerStep) / row.numParams),
    number(row.nsPerPosition),
    number(row.nsAdam),
  ])
  const { nsPerPosition, nsAdam } = parameters.spread
  return [
    'Scaling of the WebAssembly core:',
    machine,
    ...section(
      'Batches: documents per step;',
      `the loss of a batch equals the mean of its documents' within ${worst(batches.rows)}, and a batch ` +
        `of 1 equals scalar autograd within ${difference(batches.scalarDifference)}`,
      BATCHES,
      batchRows,
    ),
    ...section(
      'Documents: time from the text to step 1, and the memory beyond that of an idle process;',
      `the first loss equals the typed-array engine's within ${worst(documents)}`,
      DOCUMENTS,
      documentRows,
    ),
    ...section(
      'Parameters: 32 positions per step; ns per parameter for the whole step and for its parts;',
      `the first loss equals the typed-array engine's within ${worst(parameters.rows)}`,
      PARAMETERS,
      parameterRows,
    ),
    '',
    `The last is the largest that fits ${parameters.bound}. Largest time per parameter over smallest:`,
    `${number(nsPerPosition)} for forward and backward, ${number(nsAdam)} for Adam.`,
    ...threadTable(scaling, markdown),
  ]
}

function threadTable({ threads }: Scaling, markdown: boolean): string[] {
  const entries = Object.entries(threads)
  const rows = entries.flatMap(([size, result]) =>
    result.rows.map((row) => [
      `${size} (${Object.values(SIZES[size as keyof typeof SIZES])
        .slice(0, 4)
        .join(', ')})`,
      `${row.threads}`,
      number(row.msPerStep),
      number(result.rows[0]!.msPerStep / row.msPerStep),
    ]),
  )
  const supported = entries.every(([, result]) => result.supported)
  const check = supported
    ? 'the losses on several threads equal those on one thread, bit for bit'
    : 'one thread only: MicroGPT.create of this build has no option `threads`'
  return ['', 'Threads:', check, '', ...lines(THREADS, rows, markdown)]
}
