/** y = x w^T: microgpt's linear(x, w), for all rows at once. */
import { gap, inArena, inScratch, scratch } from '../arena'
import { PANEL, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { packTransposed, packedSize } from '../kernels/pack'
import { at, record } from '../tape'

/**
 * Records y[rows, nout] = x[rows, nin] . w[nout, nin]^T.
 * @returns the address of y, or 0 when there is no room
 */
export function linear(x: usize, w: usize, rows: i32, nin: i32, nout: i32): usize {
  assert(rows > 0 && nin > 0 && nout > 0, 'linear: sizes must be positive')
  assert(inArena(x, rows * nin) && inArena(w, nout * nin), 'linear: out of the arena')
  assert(rows == 1 || inScratch(packedSize(nout, nin)), 'linear: not enough scratch')
  return record(forward, backward, rows * nout, 0, x, w, 0, 0, rows, nin, nout, 0)
}

/** y[t,o] = sum_i x[t,i] w[o,i], i ascending. Overwrites y. */
function forward(row: usize): void {
  const rows = at.n0(row)
  const nin = at.n1(row)
  const nout = at.n2(row)
  const x = at.a(row)
  const w = at.b(row)
  const y = at.y(row)
  const xs = (<usize>nin) << 3
  if (rows == 1) return gemv(y, w, xs, x, nout, nin)
  packTransposed(scratch, w, xs, nout, nin)
  gemm(false, y, (<usize>nout) << 3, x, xs, 8, scratch, PANEL, PANEL * nin, rows, nout, nin)
}

/**
 * dx[t,i] += sum_o dy[t,o] w[o,i], o ascending
 * dw[o,i] += sum_t dy[t,o] x[t,i], t ascending
 */
function backward(row: usize): void {
  const rows = at.n0(row)
  const nin = at.n1(row)
  const nout = at.n2(row)
  const x = at.a(row)
  const w = at.b(row)
  const dy = at.y(row) + gap
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  gemm(true, x + gap, xs, dy, ys, 8, w, xs, PANEL, rows, nin, nout)
  gemm(true, w + gap, xs, dy, 8, ys, x, xs, PANEL, nout, nin, rows)
}
