/** y = the mean of all numbers of x. */
import { gap, inArena } from '../arena'
import { adding, at, record } from '../tape'

/** Records y[1] = mean(x[count]). Returns the address of y, or 0 when there is no room. */
export function mean(x: usize, count: i32): usize {
  assert(count > 0, 'mean: sizes must be positive')
  assert(inArena(x, count), 'mean: x lies outside the arena')
  return record(forward, backward, 1, 0, x, 0, 0, 0, count, 0, 0, 0)
}

/** y = (1 / count) sum_i x[i], i ascending. Overwrites y. */
function forward(row: usize): void {
  const count = at.n0(row)
  const x = at.a(row)
  let sum: f64 = 0
  for (let i = 0; i < count; i++) sum += load<f64>(x + ((<usize>i) << 3))
  store<f64>(at.y(row), (1 / <f64>count) * sum)
}

/** dx[i] (+)= dy / count. */
function backward(row: usize): void {
  const count = at.n0(row)
  const dx = at.a(row) + gap
  const d = (1 / <f64>count) * load<f64>(at.y(row) + gap)
  const add = adding(row, 0)
  for (let i = 0; i < count; i++) {
    const to = dx + ((<usize>i) << 3)
    store<f64>(to, (add ? load<f64>(to) : 0) + d)
  }
}
