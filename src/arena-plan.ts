/** What an arena holds, reckoned before there is one. */

/** What an arena holds, in float64 numbers; `records` in rows of the tape. */
export interface ArenaPlan {
  /** Numbers that Adam updates. */
  params: number
  /** Further numbers with a gradient: activations, caches, ids. */
  values: number
  /** Numbers that an op needs only while it runs. */
  scratch: number
  records: number
}

/** Bytes of WebAssembly memory there can be. */
export const MAX_BYTES = 2 ** 32
const RECORD_BYTES = 64

/** Numbers that alloc takes for a count: every slice begins at a multiple of 16 bytes. */
export const even = (count: number) => count + (count % 2)

/** Numbers of scratch that the transpose of a matrix [n, k] takes in panels of eight columns. */
export const packedSize = (n: number, k: number) => 8 * Math.ceil(n / 8) * k

/** Numbers of scratch that linear takes, as assembly/ops/linear.ts reckons it. */
export function linearScratch(rows: number, nin: number, nout: number): number {
  if (rows === 1) return 0
  const slice = Math.min(nout, Math.max(8, 8 * Math.floor(4096 / nin)))
  const forward = packedSize(slice, nin)
  if (rows < 32) return forward
  const turned = packedSize(nin, rows) + slice * (even(rows) + 4)
  return Math.max(forward, packedSize(nin, slice), turned)
}

/** Numbers of scratch for attention: two copies of a head, and the gradients of its scores. */
export const attentionScratch = (dim: number, span: number) =>
  packedSize(span, dim) + packedSize(dim, span) + span * (even(span) + 4)

/** Bytes of each part of a plan, in the order of assembly/arena.ts. */
export function planBytes(plan: ArenaPlan) {
  const params = 8 * even(plan.params)
  const values = 8 * even(plan.values)
  const scratch = 8 * even(plan.scratch)
  const tape = RECORD_BYTES * plan.records
  const parts = { params, values, gradients: params + values, adam: 2 * params, scratch, tape }
  const total = 4 * params + 2 * values + scratch + tape
  return { ...parts, total }
}

/** Bytes as a person reads them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}
