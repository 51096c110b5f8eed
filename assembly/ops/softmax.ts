/** y = softmax(x), row by row. */
import { gap, inArena, scratch } from '../arena'
import { axpy } from '../kernels/axpy'
import { maxOf, softmaxRow, softmaxRowBackward } from '../kernels/softmax'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/**
 * Records y[rows, n] = softmax(x[rows, n]) along n.
 * @returns the address of y, or 0 if there is no room
 */
export function softmax(x: usize, rows: i32, n: i32): usize {
  assert(rows > 0 && n > 0, 'softmax: sizes must be positive')
  assert(inArena(x, rows * n), 'softmax: x is outside the arena')
  const op = record(forward, backward, <u64>rows * n, 0, n)
  if (!op) return 0
  op.a = x
  op.n0 = rows
  op.n1 = n
  return op.y
}

/** y[t,i] = exp(x[t,i] - m) / sum_j exp(x[t,j] - m), m the row's largest. Overwrites y. */
function forward(op: OpRecord): void {
  const n = op.n1
  const bytes = (<usize>n) << 3
  const end = op.y + bytes * op.n0
  let x = op.a
  for (let y = op.y; y < end; y += bytes) {
    softmaxRow(y, x, n, maxOf(x, n))
    x += bytes
  }
}

/** dx[t,i] (+)= y[t,i] (dy[t,i] - sum_j dy[t,j] y[t,j]). */
function backward(op: OpRecord): void {
  const n = op.n1
  const bytes = (<usize>n) << 3
  const end = op.y + bytes * op.n0
  let dx = op.a + gap
  const accumulate = op.accumulates(0)
  for (let y = op.y; y < end; y += bytes) {
    if (accumulate) {
      softmaxRowBackward(scratch, y + gap, y, n)
      axpy(dx, 1, scratch, n)
    } else softmaxRowBackward(dx, y + gap, y, n)
    dx += bytes
  }
}
