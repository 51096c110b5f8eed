/** How the cost grows with the batch, the documents, the parameters and the threads. */
import { loadCore } from '../../engine/core.js'
import type { Processes } from '../child.js'
import { median } from '../time.js'
import type { Size } from '../shapes.js'
import type { Batches } from './batches.js'
import type { DocumentsResult } from './documents.js'
import type { ParametersResult } from './parameters.js'
import { bound, sizesUpTo } from './plan.js'
import type { ThreadsResult } from './threads.js'

export interface DocumentsRow extends DocumentsResult {
  documents: number
  /** Peak memory of the process minus that of one that only loads the program. */
  memoryBytes: number
}

export interface ParametersRow extends ParametersResult {
  n_embd: number
}

export interface Scaling {
  batches: Batches
  documents: DocumentsRow[]
  parameters: {
    /** What limits the size of the last model. */
    bound: string
    rows: ParametersRow[]
    /** Largest over smallest of the rows: of the time per position, and of Adam. */
    spread: { nsPerPosition: number; nsAdam: number }
  }
  threads: Partial<Record<Size, ThreadsResult>>
}

const DOCUMENTS = [1e3, 1e4, 1e5, 1e6]
/** Number of new processes per count of documents; the figures are medians. */
const STARTS = 3

/** @param say receives progress messages */
export async function measureScaling(
  preset: string,
  { child, freeBytes }: Pick<Processes, 'child' | 'freeBytes'>,
  say: (text: string) => void,
): Promise<Scaling> {
  say('scaling: batches')
  const batches = await child<Batches>('wasm', 'batches', preset)

  const documents: DocumentsRow[] = []
  for (const count of DOCUMENTS) {
    say(`scaling: ${count} documents`)
    const runs: DocumentsRow[] = []
    for (let i = 0; i < STARTS; i++) {
      const bare = await child<{ peakBytes: number }>('wasm', 'bare', preset)
      const run = await child<DocumentsResult>('wasm', 'documents', `${preset} ${count}`)
      runs.push({ documents: count, ...run, memoryBytes: run.peakBytes - bare.peakBytes })
    }
    const ms = median(runs.map((run) => run.ms))
    const memoryBytes = median(runs.map((run) => run.memoryBytes))
    documents.push({ ...runs[0]!, ms, memoryBytes })
  }

  const { bytes, by } = bound(freeBytes())
  const rows: ParametersRow[] = []
  for (const n of sizesUpTo(await loadCore(), bytes)) {
    say(`scaling: n_embd ${n}`)
    rows.push({ n_embd: n, ...(await child<ParametersResult>('wasm', 'parameters', `${n}`)) })
  }
  const spread = {
    nsPerPosition: ratio(rows.map((row) => row.nsPerPosition)),
    nsAdam: ratio(rows.map((row) => row.nsAdam)),
  }

  const threads: Scaling['threads'] = {}
  for (const size of ['small', 'medium'] as const) {
    say(`scaling: threads, ${size}`)
    threads[size] = await child<ThreadsResult>('wasm', 'threads', size)
  }
  return { batches, documents, parameters: { bound: by, rows, spread }, threads }
}

/** The largest of some numbers divided by the smallest. */
export const ratio = (values: readonly number[]) => Math.max(...values) / Math.min(...values)
