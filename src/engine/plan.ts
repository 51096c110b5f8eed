/** What an arena holds, and how many bytes that takes. */
import { ArenaError } from '../errors.js'

/** What an arena holds, in float64 numbers; `records` in records of the tape. */
export interface ArenaPlan {
  /** Numbers that Adam updates. */
  params: number
  /** Further numbers with a gradient: activations, caches, ids. */
  values: number
  /** Numbers that an op needs only while it runs. */
  scratch: number
  records: number
}

/** Bytes that a WebAssembly memory can have. */
export const MAX_BYTES = 2 ** 32
const RECORD_BYTES = 64
const PARTS = ['params', 'values', 'scratch', 'records'] as const

/** A count as alloc rounds it: every slice begins at a multiple of 16 bytes. */
export const even = (count: number) => count + (count % 2)

/** @throws {ArenaError} unless the plan has its four counts, each a whole number from 0 */
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

/** Bytes of each part of a plan, in the order of assembly/arena.ts, and of all of it. */
export function planBytes(plan: ArenaPlan) {
  const params = 8 * even(plan.params)
  const values = 8 * even(plan.values)
  const scratch = 8 * even(plan.scratch)
  const tape = RECORD_BYTES * plan.records
  const parts = { params, values, gradients: params + values, adam: 2 * params, scratch, tape }
  const total = 4 * params + 2 * values + scratch + tape
  return { ...parts, total }
}

/** Bytes with a binary unit: 1536 is '1.5 KiB'. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
