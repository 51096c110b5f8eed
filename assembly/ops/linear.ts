/** y = x w^T: microgpt's linear(x, w), for all rows at once. */
import { gap, inArena, scratch } from '../arena'
import { PANEL_BYTES, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { packPanels, packTransposed, packedSize, transpose } from '../kernels/pack'
import { OpRecord } from '../op-record'
import { VALUES, WEIGHTS, numShards, phase, record, shard } from '../tape'

/** From this many rows on, packing the operands is faster than reading them with strides. */
const PACKED_ROWS: i32 = 32

/**
 * Numbers of a weight that are packed at a time, so that the copy stays in the second-level cache.
 */
const SLICE: i32 = 32768

/** Number of outputs whose weights are packed at a time. */
function sliceOf(nin: i32, nout: i32): i32 {
  return min(nout, max(8, (SLICE / nin) & ~7))
}

/**
 * Distance between rows of a transposed dy: not a power of two, whose rows would share cache sets.
 */
@inline
function transposedStep(rows: i32): i32 {
  return ((rows + 1) & ~1) + 4
}

/** Numbers of scratch for the packed operands of forward or backward, whichever needs more. */
function scratchSize(rows: i32, nin: i32, nout: i32): u64 {
  if (rows == 1) return 0
  const slice = sliceOf(nin, nout)
  const forward = packedSize(slice, nin)
  if (rows < PACKED_ROWS) return forward
  const transposed = packedSize(nin, rows) + <u64>slice * transposedStep(rows)
  return max(max(forward, packedSize(nin, slice)), transposed)
}

/**
 * Records y[rows, nout] = x[rows, nin] . w[nout, nin]^T.
 * @returns the address of y, or 0 if there is no room
 */
export function linear(x: usize, w: usize, rows: i32, nin: i32, nout: i32): usize {
  assert(rows > 0 && nin > 0 && nout > 0, 'linear: sizes must be positive')
  assert(inArena(x, rows * nin) && inArena(w, nout * nin), 'linear: outside the arena')
  const op = record(forward, backward, <u64>rows * nout, 0, scratchSize(rows, nin, nout))
  if (!op) return 0
  op.a = x
  op.b = w
  op.n0 = rows
  op.n1 = nin
  op.n2 = nout
  op.hasWeight = 1
  return op.y
}

/** y[t,o] = sum_i x[t,i] w[o,i], i ascending. Overwrites y. */
function forward(op: OpRecord): void {
  const rows = op.n0
  const nin = op.n1
  const nout = op.n2
  const x = op.a
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let w = op.b
  let y = op.y
  if (rows == 1) return gemv(y, w, xs, x, nout, nin)
  const slice = sliceOf(nin, nout)
  for (let left = nout; left > 0; left -= slice) {
    const n = min(left, slice)
    packTransposed(scratch, w, xs, n, nin)
    gemm(false, y, ys, x, xs, 8, scratch, PANEL_BYTES, PANEL_BYTES * nin, rows, n, nin)
    w += xs * slice
    y += (<usize>slice) << 3
  }
}

function backward(op: OpRecord): void {
  if (phase != WEIGHTS) backwardX(op)
  if (phase != VALUES) backwardW(op)
}

/** dx[t,i] (+)= sum_o dy[t,o] w[o,i], o ascending. */
function backwardX(op: OpRecord): void {
  const rows = op.n0
  const nin = op.n1
  const nout = op.n2
  const dx = op.a + gap
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let w = op.b
  let dy = op.y + gap
  let accumulate = op.accumulates(0)
  if (rows < PACKED_ROWS) {
    gemm(accumulate, dx, xs, dy, ys, 8, w, xs, PANEL_BYTES, rows, nin, nout)
    return
  }
  const slice = sliceOf(nin, nout)
  for (let left = nout; left > 0; left -= slice) {
    const n = min(left, slice)
    packPanels(scratch, w, xs, nin, n)
    gemm(accumulate, dx, xs, dy, ys, 8, scratch, PANEL_BYTES, PANEL_BYTES * n, rows, nin, n)
    accumulate = true
    w += xs * slice
    dy += (<usize>slice) << 3
  }
}

/** dw[o,i] (+)= sum_t dy[t,o] x[t,i], t ascending, for this shard of the outputs o. */
function backwardW(op: OpRecord): void {
  const rows = op.n0
  const nin = op.n1
  const nout = op.n2
  const first = (nout * shard) / numShards
  const end = (nout * (shard + 1)) / numShards
  const x = op.a
  const xs = (<usize>nin) << 3
  const ys = (<usize>nout) << 3
  let dw = op.b + gap + xs * first
  let dy = op.y + gap + ((<usize>first) << 3)
  const accumulate = op.accumulates(1)
  if (rows < PACKED_ROWS) {
    gemm(accumulate, dw, xs, dy, 8, ys, x, xs, PANEL_BYTES, end - first, nin, rows)
    return
  }
  const slice = sliceOf(nin, nout)
  const ts = (<usize>transposedStep(rows)) << 3
  const transposed = scratch + ((<usize>packedSize(nin, rows)) << 3)
  packPanels(scratch, x, xs, nin, rows)
  for (let left = end - first; left > 0; left -= slice) {
    const n = min(left, slice)
    transpose(transposed, ts, dy, ys, rows, n)
    gemm(
      accumulate,
      dw,
      xs,
      transposed,
      ts,
      8,
      scratch,
      PANEL_BYTES,
      PANEL_BYTES * rows,
      n,
      nin,
      rows,
    )
    dw += xs * slice
    dy += (<usize>slice) << 3
  }
}
