/** y = x w^T: microgpt's linear(x, w), for all rows at once. */
import { gap, inArena, inScratch, scratch } from '../arena'
import { PANEL, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { packPanels, packTransposed, packedSize, transpose } from '../kernels/pack'
import { adding, at, record } from '../tape'

/** From here on copies in gemm's order cost less than the strides of the originals. */
const PACKED_ROWS: i32 = 32


@inline
function even(n: i32): i32 {
  return (n + 1) & ~1
}

/** Numbers of scratch for the copies of forward or backward, whichever takes more. */
function scratchSize(rows: i32, nin: i32, nout: i32): u32 {
  if (rows == 1) return 0
  const forward = packedSize(nout, nin)
  if (rows < PACKED_ROWS) return forward
  const weights = max(forward, packedSize(nin, nout))
  return max(weights, packedSize(nin, rows) + <u32>(nout * even(rows)))
}

/**
 * Records y[rows, nout] = x[rows, nin] . w[nout, nin]^T.
 * @returns the address of y, or 0 when there is no room
 */
export function linear(x: usize, w: usize, rows: i32, nin: i32, nout: i32): usize {
  assert(rows > 0 && nin > 0 && nout > 0, 'linear: sizes must be positive')
  assert(inArena(x, rows * nin) && inArena(w, nout * nin), 'linear: out of the arena')
  assert(inScratch(scratchSize(rows, nin, nout)), 'linear: not enough scratch')
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
 * dx[t,i] (+)= sum_o dy[t,o] w[o,i], o ascending
 * dw[o,i] (+)= sum_t dy[t,o] x[t,i], t ascending
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
  const addX = adding(row, 0)
  const addW = adding(row, 1)
  if (rows < PACKED_ROWS) {
    gemm(addX, x + gap, xs, dy, ys, 8, w, xs, PANEL, rows, nin, nout)
    gemm(addW, w + gap, xs, dy, 8, ys, x, xs, PANEL, nout, nin, rows)
    return
  }
  packPanels(scratch, w, xs, nin, nout)
  gemm(addX, x + gap, xs, dy, ys, 8, scratch, PANEL, PANEL * nout, rows, nin, nout)
  const ts = (<usize>even(rows)) << 3
  const turned = scratch + ((<usize>packedSize(nin, rows)) << 3)
  packPanels(scratch, x, xs, nin, rows)
  transpose(turned, ts, dy, ys, rows, nout)
  gemm(addW, w + gap, xs, turned, ts, 8, scratch, PANEL, PANEL * rows, nout, nin, rows)
}
