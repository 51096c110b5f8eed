/** y = factor x. */
import { gap, inArena } from '../arena'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/** Records y[count] = factor x[count]. Returns the address of y, or 0 if there is no room. */
export function scale(x: usize, factor: f64, count: f64): usize {
  assert(count > 0, 'scale: sizes must be positive')
  assert(inArena(x, <u32>count), 'scale: x is outside the arena')
  const op = record(forward, backward, <u64>count, 0, 0)
  if (!op) return 0
  op.a = x
  op.n0 = <i32>count
  op.factor = factor
  return op.y
}

/** y[i] = factor x[i]. Overwrites y. */
function forward(op: OpRecord): void {
  const bytes = (<usize>op.n0) << 3
  const x = op.a
  const y = op.y
  const factor = op.factor
  for (let i: usize = 0; i < bytes; i += 8) store<f64>(y + i, factor * load<f64>(x + i))
}

/** dx[i] (+)= factor dy[i]. */
function backward(op: OpRecord): void {
  const bytes = (<usize>op.n0) << 3
  const dx = op.a + gap
  const dy = op.y + gap
  const factor = op.factor
  const accumulate = op.accumulates(0)
  for (let i: usize = 0; i < bytes; i += 8) {
    store<f64>(dx + i, (accumulate ? load<f64>(dx + i) : 0) + factor * load<f64>(dy + i))
  }
}
