/** The speedup of more threads, for two of the larger models. */
import { ConfigError } from '../../errors.js'
import type { CreateOptions } from '../../gpt/microgpt.js'
import { checkLosses } from '../equal.js'
import type { Setup } from '../setup.js'
import { SIZES, type Size } from '../shapes.js'
import { blockDocuments } from '../texts.js'
import { losses, median, time } from '../time.js'

export interface ThreadsRow {
  threads: number
  msPerStep: number
}

export interface ThreadsResult {
  /** False if MicroGPT.create has no such option: then there is only a row for one thread. */
  supported: boolean
  rows: ThreadsRow[]
}

const COMPARED = 3

/** 1 to 8, then doubled; the last is the number of threads of the machine. */
export function threadCounts(most: number): number[] {
  const counts = []
  for (let n = 1; n < most; n += n < 8 ? 1 : n) counts.push(n)
  return [...counts, most]
}

/** A new model on some threads. One thread is the default of create. */
const create = (setup: Setup, options: CreateOptions, threads: number) =>
  setup.wasm((threads === 1 ? options : { ...options, threads }) as CreateOptions)

/** Whether MicroGPT.create has the option `threads`. */
async function supported(setup: Setup): Promise<boolean> {
  try {
    const gpt = await create(setup, { docs: ['ab'] }, 2)
    gpt.free()
    return true
  } catch (error) {
    if (error instanceof ConfigError && error.field === 'threads') return false
    throw error
  }
}

/** @throws {Error} if a loss on several threads is not bit-identical to the loss on one */
export async function measureThreads(setup: Setup, size: Size): Promise<ThreadsResult> {
  const config = { ...SIZES[size], num_steps: 1_000_000, init_std: 0.05 }
  const options = { docs: blockDocuments(config.block_size), config }
  const able = await supported(setup)
  const rows: ThreadsRow[] = []
  let want: number[] | null = null
  for (const threads of able ? threadCounts(setup.maxThreads) : [1]) {
    const gpt = await create(setup, options, threads)
    const got = losses(gpt, COMPARED)
    want ??= got
    checkLosses(`${size} on ${threads} threads`, got, want, 0)
    const steps = { small: 15, medium: 1, large: 1 }[size]
    time(setup.now, gpt, steps)
    const msPerStep = median(Array.from({ length: 5 }, () => time(setup.now, gpt, steps)))
    rows.push({ threads, msPerStep })
    gpt.free()
  }
  return { supported: able, rows }
}
