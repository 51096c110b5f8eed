/** Checks of an op's inputs before it is recorded; each throws a GraphError. */
import { GraphError } from '../errors.js'
import type { Arena } from './arena.js'
import type { Bounds, Ids, Tensor } from './tensor.js'

/** A shape as text for an error message. */
export const showShape = (shape: readonly number[]) => `[${shape.join(', ')}]`

/** Most rows of a document: 2^31 - 1. */
const MAX_SPAN = 0x7fffffff

export function failOp(op: string, want: string, got: Tensor | string): never {
  throw new GraphError(
    `${op} needs ${want}, got ${typeof got === 'string' ? got : showShape(got.shape)}`,
  )
}

export function positive(op: string, shape: readonly number[]): void {
  if (shape.length === 0 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    failOp(op, 'whole numbers above 0', showShape(shape))
  }
}

/** The two sizes of a matrix. */
export function matrix(op: string, x: Tensor): readonly [number, number] {
  if (x.shape.length !== 2) failOp(op, 'a tensor of two dimensions', x)
  return x.shape as [number, number]
}

export function sameShape(op: string, a: Tensor, b: Tensor): void {
  if (showShape(a.shape) !== showShape(b.shape))
    failOp(op, `tensors of one shape, ${showShape(a.shape)}`, b)
}

export function bounded(op: string, rows: number, bounds: Bounds): void {
  if (bounds.rows !== rows) failOp(op, `bounds of ${rows} rows`, `bounds of ${bounds.rows}`)
  // The core takes it as a 32-bit integer, and nothing else limits it.
  if (bounds.span > MAX_SPAN) failOp(op, `documents of at most ${MAX_SPAN} rows`, `${bounds.span}`)
}

export function divides(op: string, n: number, heads: number): void {
  positive(op, [heads])
  if (n % heads !== 0) failOp(op, `heads that divide ${n}`, `${heads}`)
}

export function ownArena(op: string, arena: Arena, inputs: readonly (Tensor | Ids)[]): void {
  if (inputs.some((input) => input.arena !== arena)) {
    failOp(op, "tensors of the graph's arena", 'one of another arena')
  }
}
