/** y = x w^T: microgpt's linear(x, w), for all rows at once. */
import { gap, inArena, inScratch, scratch } from '../arena'
import { PANEL, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { packPanels, packTransposed, packedSize, transpose } from '../kernels/pack'
import { PARAMS, VALUES, adding, at, last, part, parts, phase, record } from '../tape'

/** From here on copies in gemm's order cost less than the strides of the originals. */
const PACKED_ROWS: i32 = 32

/** Numbers of a weight that are copied at a time: the copy stays in the second-level cache. */
const SLICE: i32 = 32768

/** Outputs whose weights are copied at a time. */
function sliceOf(nin: i32, nout: i32): i32 {
  return min(nout, max(8, (SLICE / nin) & ~7))
}

/** Numbers from row to row of a transposed dy: no power of two, whose rows would share cache lines. */
@inline
function turnedStep(rows: i32): i32 {
  return ((rows + 1) & ~1) + 4
}

/** Numbers of scratch for the copies of forward or backward, whichever takes more. */
function scratchSize(rows: i32, nin: i32, nout: i32): u32 {
  if (rows == 1) return 0
  const slice = sliceOf(nin, nout)
  const forward = packedSize(slice, nin)
  if (rows < PACKED_ROWS) return forward
  const turned = packedSize(nin, rows) + <u32>(slice * turnedStep(rows))
  return max(max(forward, packedSize(nin, slice)), turned)
}

/**
 * Records y[rows, nout] = x[rows, nin] . w[nout, nin]^T.
 * @returns the address of y, or 0 when there is no room
 */
export function linear(x: usize, w: usize, rows: i32, nin: i32, nout: i32): usize {
  assert(rows > 0 && nin > 0 && nout > 0, 'linear: sizes must be positive')
  assert(inArena(x, rows * nin) && inArena(w, nout * nin), 'linear: out of the arena')
  assert(inScratch(scratchSize(rows, nin, nout)), 'linear: not enough scratch')
  const y = record(forward, backward, rows * nout, 0, x, w, 0, 0, rows, nin, nout, 0)
  if (y != 0) at.setWeighs(last)
  return y
}

/** y[t,o] = sum_i x[t,i] w[o,i], i ascending. Overwrites y. */
function forward(row: usize): void {
  const rows = at.n0(row)
  const nin = at.n1(row)
  const nout = at.n2(row)
  const x = at.a(row)
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let w = at.b(row)
  let y = at.y(row)
  if (rows == 1) return gemv(y, w, xs, x, nout, nin)
  const slice = sliceOf(nin, nout)
  for (let left = nout; left > 0; left -= slice) {
    const n = min(left, slice)
    packTransposed(scratch, w, xs, n, nin)
    gemm(false, y, ys, x, xs, 8, scratch, PANEL, PANEL * nin, rows, n, nin)
    w += xs * slice
    y += (<usize>slice) << 3
  }
}

function backward(row: usize): void {
  if (phase != PARAMS) backwardX(row)
  if (phase != VALUES) backwardW(row)
}

/** dx[t,i] (+)= sum_o dy[t,o] w[o,i], o ascending. */
function backwardX(row: usize): void {
  const rows = at.n0(row)
  const nin = at.n1(row)
  const nout = at.n2(row)
  const dx = at.a(row) + gap
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let w = at.b(row)
  let dy = at.y(row) + gap
  let add = adding(row, 0)
  if (rows < PACKED_ROWS) {
    gemm(add, dx, xs, dy, ys, 8, w, xs, PANEL, rows, nin, nout)
    return
  }
  const slice = sliceOf(nin, nout)
  for (let left = nout; left > 0; left -= slice) {
    const n = min(left, slice)
    packPanels(scratch, w, xs, nin, n)
    gemm(add, dx, xs, dy, ys, 8, scratch, PANEL, PANEL * n, rows, nin, n)
    add = true
    w += xs * slice
    dy += (<usize>slice) << 3
  }
}

/** dw[o,i] (+)= sum_t dy[t,o] x[t,i], t ascending; of the outputs o, this part. */
function backwardW(row: usize): void {
  const rows = at.n0(row)
  const nin = at.n1(row)
  const nout = at.n2(row)
  const first = (nout * part) / parts
  const end = (nout * (part + 1)) / parts
  const x = at.a(row)
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let dw = at.b(row) + gap + xs * first
  let dy = at.y(row) + gap + ((<usize>first) << 3)
  const add = adding(row, 1)
  if (rows < PACKED_ROWS) {
    gemm(add, dw, xs, dy, 8, ys, x, xs, PANEL, end - first, nin, rows)
    return
  }
  const slice = sliceOf(nin, nout)
  const ts = (<usize>turnedStep(rows)) << 3
  const turned = scratch + ((<usize>packedSize(nin, rows)) << 3)
  packPanels(scratch, x, xs, nin, rows)
  for (let left = end - first; left > 0; left -= slice) {
    const n = min(left, slice)
    transpose(turned, ts, dy, ys, rows, n)
    gemm(add, dw, xs, turned, ts, 8, scratch, PANEL, PANEL * rows, n, nin, rows)
    dw += xs * slice
    dy += (<usize>slice) << 3
  }
}
