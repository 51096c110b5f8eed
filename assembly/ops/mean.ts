/** y = the mean, or the sum, of all numbers of x. */
import { gap, inArena } from '../arena'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/** Records y[1] = mean(x[count]). Returns the address of y, or 0 if there is no room. */
export function mean(x: usize, count: f64): usize {
  return recordTotal(x, count, 1 / count)
}

/** Records y[1] = sum(x[count]). Returns the address of y, or 0 if there is no room. */
export function sum(x: usize, count: f64): usize {
  return recordTotal(x, count, 1)
}

function recordTotal(x: usize, count: f64, factor: f64): usize {
  assert(count > 0, 'mean: sizes must be positive')
  assert(inArena(x, <u32>count), 'mean: x is outside the arena')
  const op = record(forward, backward, 1, 0, 0)
  if (!op) return 0
  op.a = x
  op.n0 = <i32>count
  op.factor = factor
  return op.y
}

/** y = factor sum_i x[i], i ascending. Overwrites y. */
function forward(op: OpRecord): void {
  const end = op.a + ((<usize>op.n0) << 3)
  let total: f64 = 0
  for (let x = op.a; x < end; x += 8) total += load<f64>(x)
  store<f64>(op.y, op.factor * total)
}

/** dx[i] (+)= factor dy. */
function backward(op: OpRecord): void {
  const count = op.n0
  const dx = op.a + gap
  const d = op.factor * load<f64>(op.y + gap)
  const accumulate = op.accumulates(0)
  for (let i = 0; i < count; i++) {
    const to = dx + ((<usize>i) << 3)
    store<f64>(to, (accumulate ? load<f64>(to) : 0) + d)
  }
}
