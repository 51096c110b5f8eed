/** The models of the section on parameters, up to the largest that fits. */
import { MAX_BYTES, formatBytes, planBytes } from '../../engine/plan.js'
import { resolveConfig } from '../../config/config.js'
import type { Core } from '../../engine/core.js'
import { planGPT } from '../../gpt/memory.js'

/** One document, four times: 32 positions per step. With 26 letters, n_embd 16 is the tutorial. */
export const DOC = 'abcdefghijklmnopqrstuvwxyz'
export const BATCH = 4
const HEADS = 4
/** Step of n_embd in the search for the largest. */
const GRAIN = 16
const MARGIN = 16 * 2 ** 20

/** The fields in which the model of this n_embd differs from the tutorial. */
export const inputOf = (n: number) => ({
  n_embd: n,
  n_head: HEADS,
  batch_size: BATCH,
  init_std: 0.05,
  num_steps: 1_000_000,
})

/** Bytes of the arena for this n_embd. @param core to count with */
export const bytesOf = (core: Core, n: number) =>
  planBytes(planGPT(core, resolveConfig('tutorial', inputOf(n)), DOC.length + 1)).total

/** Largest size of a model here in bytes, and what limits it. */
export function bound(free: number): { bytes: number; by: string } {
  const most = 0.8 * free
  return most < MAX_BYTES
    ? { bytes: most, by: `80 % of the ${formatBytes(free)} of memory that is free` }
    : { bytes: MAX_BYTES, by: "WebAssembly's 4 GiB" }
}

/** n_embd from 16, doubled each time; the last is the largest whose arena fits. */
export function sizesUpTo(core: Core, bytes: number): number[] {
  let largest = GRAIN
  while (bytesOf(core, largest + GRAIN) <= bytes - MARGIN) largest += GRAIN
  const sizes = []
  for (let n = GRAIN; n < 0.75 * largest; n *= 2) sizes.push(n)
  return [...sizes, largest]
}
