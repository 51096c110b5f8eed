/** y = factor x. */
import { gap, inArena } from '../arena'
import { adding, at, last, record } from '../tape'

/**
 * Records y[count] = factor x[count].
 * @returns the address of y, or 0 when there is no room
 */
export function scale(x: usize, factor: f64, count: i32): usize {
  assert(count > 0, 'scale: sizes must be positive')
  assert(inArena(x, count), 'scale: x lies outside the arena')
  const y = record(forward, backward, count, 0, x, 0, 0, 0, count, 0, 0, 0)
  if (y != 0) at.setFactor(last, factor)
  return y
}

/** y[i] = factor x[i]. Overwrites y. */
function forward(row: usize): void {
  const bytes = (<usize>at.n0(row)) << 3
  const x = at.a(row)
  const y = at.y(row)
  const factor = at.factor(row)
  for (let i: usize = 0; i < bytes; i += 8) store<f64>(y + i, factor * load<f64>(x + i))
}

/** dx[i] (+)= factor dy[i]. */
function backward(row: usize): void {
  const bytes = (<usize>at.n0(row)) << 3
  const dx = at.a(row) + gap
  const dy = at.y(row) + gap
  const factor = at.factor(row)
  const add = adding(row, 0)
  for (let i: usize = 0; i < bytes; i += 8) {
    store<f64>(dx + i, (add ? load<f64>(dx + i) : 0) + factor * load<f64>(dy + i))
  }
}
