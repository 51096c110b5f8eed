/** The scaling section as a person reads it. */
import { formatBytes } from '../../engine/plan.js'
import { difference, lines, number, grouped } from '../lines.js'
import { SIZES } from '../shapes.js'
import type { Scaling } from './index.js'

const BATCHES = ['batch', 'us a document', 'us for 1,000 positions']
const DOCUMENTS = ['documents', 'text', 'ms to step 1', 'us a document', 'memory']
const PARAMETERS = [
  ...['parameters', 'n_embd', 'arena', 'ms a step', 'ns a parameter'],
  ...['forward and backward, a position', 'Adam'],
]
const THREADS = ['model', 'threads', 'ms a step', 'times as fast']

/** The machine, then four tables, each under what was compared before it. */
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
    'How the cost grows, on the core:',
    machine,
    ...section(
      'Batches: documents a step;',
      `the loss of a batch is the mean of its documents' within ${worst(batches.rows)}, and a batch ` +
        `of 1 is scalar autograd within ${difference(batches.scalarDifference)}`,
      BATCHES,
      batchRows,
    ),
    ...section(
      'Documents: from the text to step 1, and the memory above that of a bare process;',
      `the first loss is the typed-array twin's within ${worst(documents)}`,
      DOCUMENTS,
      documentRows,
    ),
    ...section(
      'Parameters: 32 positions a step; ns a parameter, of the whole step and its parts;',
      `the first loss is the typed-array twin's within ${worst(parameters.rows)}`,
      PARAMETERS,
      parameterRows,
    ),
    '',
    `The last is the largest that fits ${parameters.bound}. Most to least: ${number(nsPerPosition)} for`,
    `forward and backward, ${number(nsAdam)} for Adam.`,
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
    ? 'the losses on several threads are those on one, bit for bit'
    : 'one thread only: MicroGPT.create of this build has no option `threads`'
  return ['', 'Threads:', check, '', ...lines(THREADS, rows, markdown)]
}
