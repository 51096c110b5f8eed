/** What a parameter costs, from the tutorial's 4,064 to the largest model that fits. */
import { freemem } from 'node:os'
import { Adam } from '../../adam.js'
import { MAX_BYTES, formatBytes, planBytes } from '../../arena.js'
import { resolveConfig } from '../../config.js'
import { planGPT } from '../../memory.js'
import { MicroGPT } from '../../microgpt.js'
import { checkLoss } from '../equal.js'
import { median, time } from '../time.js'
import { twinLoss } from './twin-loss.js'

export interface ParametersResult {
  numParams: number
  bytes: number
  msPerStep: number
  /** Forward and backward of a position, by the parameters; nanoseconds. */
  nsPerPosition: number
  /** Adam, by the parameters; nanoseconds. */
  nsAdam: number
  /** |first loss - the typed-array twin's of the same document|. */
  lossDifference: number
}

/** One document, 4 times over: 32 positions a step. With 26 letters, n_embd 16 is the tutorial. */
const DOC = 'abcdefghijklmnopqrstuvwxyz'
const BATCH = 4
const HEADS = 4
/** n_embd steps by this on the way to the largest. */
const GRAIN = 16
const MARGIN = 16 * 2 ** 20

const inputOf = (n: number) => ({
  n_embd: n,
  n_head: HEADS,
  batch_size: BATCH,
  init_std: 0.05,
  num_steps: 1_000_000,
})

/** Bytes of the arena of the model of this n_embd. */
export const bytesOf = (n: number) =>
  planBytes(planGPT(resolveConfig('tutorial', inputOf(n)), DOC.length + 1)).total

/** Bytes that a model may take here, and what it is that bounds it. */
export function bound(free = freemem()): { bytes: number; by: string } {
  const most = 0.8 * free
  return most < MAX_BYTES
    ? { bytes: most, by: `80 % of the ${formatBytes(free)} of memory that is free` }
    : { bytes: MAX_BYTES, by: "WebAssembly's 4 GiB" }
}

/** n_embd from 16, doubled each time, and last the largest whose arena fits. */
export function sizesUpTo(bytes: number): number[] {
  let largest = GRAIN
  while (bytesOf(largest + GRAIN) <= bytes - MARGIN) largest += GRAIN
  const sizes = []
  for (let n = GRAIN; n < 0.75 * largest; n *= 2) sizes.push(n)
  return [...sizes, largest]
}

/** A watch on Adam.update, which train calls once a step. */
function watchAdam(): { ms(): number; stop(): void } {
  const { update } = Adam.prototype
  let ms = 0
  Adam.prototype.update = function (lr) {
    const start = performance.now()
    update.call(this, lr)
    ms += performance.now() - start
  }
  return { ms: () => ms, stop: () => (Adam.prototype.update = update) }
}

/**
 * A fixed batch on one model; a fresh process each.
 * @throws {Error} when the loss is not the twin's
 */
export async function measureParameters(n: number): Promise<ParametersResult> {
  // A small model first: it shares the compiled code, and leaves the baseline compiler behind.
  const small = await MicroGPT.create({ docs: [DOC], config: inputOf(64) })
  time(small, 300)
  small.free()

  const gpt = await MicroGPT.create({ docs: [DOC], config: inputOf(n) })
  const { numParams } = gpt
  const want = twinLoss(gpt, DOC)
  // The first step is the one that touches all of the memory.
  const [first] = [...gpt.train({ steps: 1 })]
  const lossDifference = checkLoss(`${numParams} parameters`, first!.loss, want, 1e-11)

  const watch = watchAdam()
  const [whole, adam] = [[] as number[], [] as number[]]
  const round = (steps: number): number => {
    const before = watch.ms()
    whole.push(time(gpt, steps))
    adam.push((watch.ms() - before) / steps)
    return whole.at(-1)!
  }
  // A step of half a second or more is long enough to be measured once.
  const once = round(1)
  if (once < 500) {
    const steps = Math.max(1, Math.min(500, Math.round(40 / once)))
    for (let i = 0; i < 6; i++) round(steps)
  }
  watch.stop()
  const msPerStep = median(whole)
  const msAdam = median(adam)
  const positions = BATCH * gpt.config.block_size
  return {
    numParams,
    bytes: bytesOf(n),
    msPerStep,
    nsPerPosition: (1e6 * (msPerStep - msAdam)) / numParams / positions,
    nsAdam: (1e6 * msAdam) / numParams,
    lossDifference,
  }
}
