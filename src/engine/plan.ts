/** What an arena holds, and how many bytes that takes. */
import { ArenaError } from '../errors.js'

/** The sizes of an arena's parts. Arena.count computes them. */
export interface ArenaPlan {
  /** Number of parameters, which Adam updates. */
  params: number
  /** Further numbers with a gradient: activations, caches, ids (two per number). */
  values: number
  /** Numbers that an op needs only while it runs. */
  scratch: number
  /** Records of the tape: one per op. */
  records: number
}

/** Largest size of a WebAssembly memory, in bytes: 4 GiB. */
export const MAX_BYTES = 2 ** 32
const RECORD_BYTES = 64
const PARTS = ['params', 'values', 'scratch', 'records'] as const

/** Rounds a count up to even, as alloc does: every slice begins at a multiple of 16 bytes. */
export const even = (count: number) => count + (count % 2)

/**
 * @throws {ArenaError} unless the plan has its four counts, each a whole number and not negative
 */
export function checkPlan(plan: ArenaPlan): void {
  const given: Readonly<Record<string, unknown>> = { ...plan }
  for (const name of PARTS) {
    const count = given[name]
    if (!Number.isSafeInteger(count) || (count as number) < 0) {
      const want = `an arena plan's ${name} must be a whole number from 0`
      throw new ArenaError(`${want}, got ${String(count)}; Arena.count makes a whole plan`)
    }
  }
}

/**
 * Bytes of each part of an arena, in the order of assembly/arena.ts: `params`, `values`, `gradients`,
 * Adam's two moments (`adam`), `scratch` and the `tape`; and their `total`.
 */
export function planBytes(plan: ArenaPlan) {
  const params = 8 * even(plan.params)
  const values = 8 * even(plan.values)
  const scratch = 8 * even(plan.scratch)
  const tape = RECORD_BYTES * plan.records
  const parts = { params, values, gradients: params + values, adam: 2 * params, scratch, tape }
  const total = 4 * params + 2 * values + scratch + tape
  return { ...parts, total }
}

/** A number of bytes with a binary unit: 1536 gives '1.5 KiB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
