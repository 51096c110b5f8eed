/** y = softmax(x), row by row. */
import { gap, inArena, inScratch, scratch } from '../arena'
import { axpy } from '../kernels/axpy'
import { maxOf, softmaxRow, softmaxRowBackward } from '../kernels/softmax'
import { adding, at, record } from '../tape'

/**
 * Records y[rows, n] = softmax(x[rows, n]) along n.
 * @returns the address of y, or 0 when there is no room
 */
export function softmax(x: usize, rows: i32, n: i32): usize {
  assert(rows > 0 && n > 0, 'softmax: sizes must be positive')
  assert(inArena(x, rows * n), 'softmax: x lies outside the arena')
  assert(inScratch(n), 'softmax: not enough scratch')
  return record(forward, backward, rows * n, 0, x, 0, 0, 0, rows, n, 0, 0)
}

/** y[t,i] = exp(x[t,i] - m) / sum_j exp(x[t,j] - m), m the row's largest. Overwrites y. */
function forward(row: usize): void {
  const n = at.n1(row)
  const bytes = (<usize>n) << 3
  const end = at.y(row) + bytes * at.n0(row)
  let x = at.a(row)
  for (let y = at.y(row); y < end; y += bytes) {
    softmaxRow(y, x, n, maxOf(x, n))
    x += bytes
  }
}

/** dx[t,i] (+)= y[t,i] (dy[t,i] - sum_j dy[t,j] y[t,j]). */
function backward(row: usize): void {
  const n = at.n1(row)
  const bytes = (<usize>n) << 3
  const end = at.y(row) + bytes * at.n0(row)
  let dx = at.a(row) + gap
  const add = adding(row, 0)
  for (let y = at.y(row); y < end; y += bytes) {
    if (add) {
      softmaxRowBackward(scratch, y + gap, y, n)
      axpy(dx, 1, scratch, n)
    } else softmaxRowBackward(dx, y + gap, y, n)
    dx += bytes
  }
}
