/** The models of the parameters' section, up to the largest that fits. */
import { MAX_BYTES, formatBytes, planBytes } from '../../engine/plan.js'
import { resolveConfig } from '../../config/config.js'
import type { Core } from '../../engine/core.js'
import { planGPT } from '../../gpt/memory.js'

/** One document, 4 times over: 32 positions a step. With 26 letters, n_embd 16 is the tutorial. */
export const DOC = 'abcdefghijklmnopqrstuvwxyz'
export const BATCH = 4
const HEADS = 4
/** n_embd steps by this on the way to the largest. */
const GRAIN = 16
const MARGIN = 16 * 2 ** 20

/** Fields of the tutorial that the model of this n_embd changes. */
export const inputOf = (n: number) => ({
  n_embd: n,
  n_head: HEADS,
  batch_size: BATCH,
  init_std: 0.05,
  num_steps: 1_000_000,
})

/** Bytes of the arena of the model of this n_embd. @param core to count with */
export const bytesOf = (core: Core, n: number) =>
  planBytes(planGPT(core, resolveConfig('tutorial', inputOf(n)), DOC.length + 1)).total

/** Bytes that a model may take here, and what it is that bounds it. */
export function bound(free: number): { bytes: number; by: string } {
  const most = 0.8 * free
  return most < MAX_BYTES
    ? { bytes: most, by: `80 % of the ${formatBytes(free)} of memory that is free` }
    : { bytes: MAX_BYTES, by: "WebAssembly's 4 GiB" }
}

/** n_embd from 16, doubled each time, and last the largest whose arena fits. */
export function sizesUpTo(core: Core, bytes: number): number[] {
  let largest = GRAIN
  while (bytesOf(core, largest + GRAIN) <= bytes - MARGIN) largest += GRAIN
  const sizes = []
  for (let n = GRAIN; n < 0.75 * largest; n *= 2) sizes.push(n)
  return [...sizes, largest]
}
