/** What ops ask of their inputs before they are recorded: each of these throws {GraphError}. */
import type { Arena, Bounds, Ids, Tensor } from '../arena.js'
import { GraphError } from '../errors.js'

/** A shape as an error message shows it. */
export const sizes = (shape: readonly number[]) => `[${shape.join(', ')}]`

export function fail(op: string, want: string, got: Tensor | string): never {
  throw new GraphError(
    `${op} needs ${want}, got ${typeof got === 'string' ? got : sizes(got.shape)}`,
  )
}

export function positive(op: string, shape: readonly number[]): void {
  if (shape.length === 0 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    fail(op, 'whole numbers above 0', sizes(shape))
  }
}

/** The two sizes of a matrix. */
export function matrix(op: string, x: Tensor): readonly [number, number] {
  if (x.shape.length !== 2) fail(op, 'a tensor of two dimensions', x)
  return x.shape as [number, number]
}

export function same(op: string, a: Tensor, b: Tensor): void {
  if (sizes(a.shape) !== sizes(b.shape)) fail(op, `tensors of one shape, ${sizes(a.shape)}`, b)
}

export function bounded(op: string, rows: number, bounds: Bounds): void {
  if (bounds.rows !== rows) fail(op, `bounds of ${rows} rows`, `bounds of ${bounds.rows}`)
}

export function headed(op: string, n: number, heads: number): void {
  positive(op, [heads])
  if (n % heads !== 0) fail(op, `heads that divide ${n}`, `${heads}`)
}

/** Whether all of them lie in this arena. */
export function own(op: string, { params }: Arena, inputs: readonly (Tensor | Ids)[]): void {
  const view = (x: Tensor | Ids) => ('view' in x ? x.view : x.data)
  if (inputs.some((input) => view(input).buffer !== params.buffer)) {
    fail(op, 'tensors of its own arena', "another one's")
  }
}

/** Whether the arena has scratch for so many numbers. */
export function scratch(op: string, { plan }: Arena, count: number): void {
  if (count > plan.scratch) {
    fail(op, `an arena with scratch for ${count} numbers`, `${plan.scratch}`)
  }
}
