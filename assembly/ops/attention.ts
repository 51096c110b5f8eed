/**
 * Causal multi-head attention: each row attends to the rows of its document up to itself.
 * Head h has the columns h * dim to h * dim + dim - 1 of q, k, v and y; n = heads * dim.
 *
 * Rows are computed in blocks. The weights of a block extend to its last row, with zeros above the
 * diagonal, which add nothing to any sum. So all sums are matrix products, and each keeps the order
 * of the plain loop.
 */
import { gap, inArena, scratch } from '../arena'
import { PANEL_BYTES, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { packPanels, packTransposed, packedSize } from '../kernels/pack'
import { maxOf, softmaxCausal, softmaxCausalBackward, softmaxRow } from '../kernels/softmax'
import { OpRecord } from '../op-record'
import { noBackward, record } from '../tape'

/** Rows per block. */
const BLOCK_ROWS: i32 = 16

/** The length of a row of weights: even, for whole vectors. */
@inline
function evenSpan(span: i32): i32 {
  return (span + 1) & ~1
}

/**
 * From this many rows on, copying a head into gemm's layout is faster than reading with strides.
 */
const PACKED_ROWS: i32 = 32

/**
 * Distance between rows of the scores' gradients: not a power of two, whose rows would share cache
 * sets.
 */
@inline
function scoresStep(span: i32): i32 {
  return evenSpan(span) + 4
}

/** Numbers of scratch: two copies of a head in gemm's layouts, and the gradients of its scores. */
function scratchSize(dim: i32, span: i32): u64 {
  return packedSize(span, dim) + packedSize(dim, span) + <u64>span * scoresStep(span)
}

/**
 * Records y[rows, n] = attention(q, k, v), each [rows, n].
 * @param bounds int32[docs + 1]: document d has the rows bounds[d] to bounds[d + 1] - 1
 * @param span largest number of rows of a document; [rows, heads, span rounded up to even] weights
 *   are kept for backward
 * @returns the address of y, or 0 if there is no room
 */
export function attention(
  q: usize,
  k: usize,
  v: usize,
  bounds: usize,
  rows: i32,
  docs: i32,
  heads: i32,
  dim: i32,
  span: i32,
): usize {
  const n = heads * dim
  assert(rows > 0 && docs > 0 && n > 0 && span > 0, 'attention: sizes must be positive')
  assert(inArena(q, rows * n), 'attention: q is outside the arena')
  assert(inArena(k, rows * n) && inArena(v, rows * n), 'attention: k or v is outside the arena')
  assert(inArena(bounds, (docs + 2) >> 1), 'attention: the bounds are outside the arena')
  const weights = <u64>rows * heads * evenSpan(span)
  const op = record(forward, backward, <u64>rows * n, weights, scratchSize(dim, span))
  if (!op) return 0
  op.a = q
  op.b = k
  op.c = v
  op.d = bounds
  op.n0 = docs
  op.n1 = heads
  op.n2 = dim
  op.n3 = span
  return op.y
}

/**
 * Records y[rows, n] = attention of each row to its own cache: its k and v are written to row
 * `position` of the cache, then q attends to the rows 0 to position. For inference: no backward.
 * @param keys [rows, span, n]
 * @param values [rows, span, n]
 * @param positions int32[rows], below span; read at each forward
 * @returns the address of y, or 0 if there is no room
 */
export function attentionCached(
  q: usize,
  k: usize,
  v: usize,
  keys: usize,
  values: usize,
  positions: usize,
  rows: i32,
  heads: i32,
  dim: i32,
  span: i32,
): usize {
  const n = heads * dim
  const all = rows * n
  assert(all > 0 && span > 0, 'attentionCached: sizes must be positive')
  assert(
    inArena(q, all) && inArena(k, all) && inArena(v, all),
    'attentionCached: outside the arena',
  )
  assert(inArena(keys, span * all), 'attentionCached: the keys are outside the arena')
  assert(inArena(values, span * all), 'attentionCached: the values are outside the arena')
  assert(inArena(positions, (rows + 1) >> 1), 'attentionCached: positions outside the arena')
  const op = record(cachedForward, noBackward, <u64>rows * n, span, 0)
  if (!op) return 0
  op.a = q
  op.b = k
  op.c = v
  op.d = keys
  op.e = values
  op.f = positions
  op.n0 = rows
  op.n1 = heads
  op.n2 = dim
  op.n3 = span
  return op.y
}

/** 1 / sqrt(dim): what microgpt divides each score by. */
@inline
function scaleOf(dim: i32): f64 {
  return 1 / Math.sqrt(<f64>dim)
}

/** x[i] = x[i] * scale. */
@inline
function scaleRow(x: usize, count: i32, scale: f64): void {
  const end = x + ((<usize>count) << 3)
  for (; x < end; x += 8) store<f64>(x, load<f64>(x) * scale)
}

/** Where gemm reads a head [count, dim] from, in panels: a copy, or the original if it is short. */
@inline
function panelsOf(copy: usize, head: usize, bytes: usize, count: i32, dim: i32): usize {
  if (count < PACKED_ROWS) return head
  packPanels(copy, head, bytes, dim, count)
  return copy
}

/**
 * s[t,u] = (sum_j q[t,j] k[u,j]) / sqrt(dim), u <= t in t's document; p = softmax(s) over u;
 * y[t,j] = sum_u p[t,u] v[u,j]; j and u ascending. Overwrites y and the kept weights p.
 */
function forward(op: OpRecord): void {
  const docs = op.n0
  const heads = op.n1
  const dim = op.n2
  const span = op.n3
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const spanBytes = (<usize>evenSpan(span)) << 3
  const rowBytes = spanBytes * heads
  const panel = PANEL_BYTES * dim
  const scale = scaleOf(dim)
  const copy = scratch + ((<usize>packedSize(span, dim)) << 3)
  let bound = op.d
  for (let d = 0; d < docs; d++) {
    const first = load<i32>(bound)
    const count = load<i32>(bound, 4) - first
    const packed = count >= PACKED_ROWS
    const step = packed ? PANEL_BYTES : bytes
    const apart = packed ? PANEL_BYTES * count : PANEL_BYTES
    const at0 = <usize>first * bytes
    let p = op.kept + <usize>first * rowBytes
    for (let h: usize = 0; h < bytes; h += headBytes) {
      const q = op.a + at0 + h
      const y = op.y + at0 + h
      packTransposed(scratch, op.b + at0 + h, bytes, count, dim)
      const v = panelsOf(copy, op.c + at0 + h, bytes, count, dim)
      for (let t0 = 0; t0 < count; t0 += BLOCK_ROWS) {
        const t1 = min(t0 + BLOCK_ROWS, count)
        const here = <usize>t0 * bytes
        const weights = p + <usize>t0 * rowBytes
        const m = t1 - t0
        const width = (t1 + 1) & ~1
        gemm(
          false,
          weights,
          rowBytes,
          q + here,
          bytes,
          8,
          scratch,
          PANEL_BYTES,
          panel,
          m,
          width,
          dim,
        )
        softmaxCausal(weights, rowBytes, t0, t1, scale)
        gemm(false, y + here, bytes, weights, rowBytes, 8, v, step, apart, m, dim, t1)
      }
      p += spanBytes
    }
    bound += 4
  }
}

/**
 * g[u,j] (+)= sum_t s[t,u] b[t,j], t ascending from u's block on: row u of keys or values is
 * attended to by row u and later rows.
 * @param g [count, dim], rows bytes apart
 * @param s [count, count], rows sBytes apart
 * @param b [count, dim] in panels, as gemm reads them
 */
@inline
function keyOrValueGrad(
  accumulate: bool,
  g: usize,
  bytes: usize,
  s: usize,
  sBytes: usize,
  b: usize,
  step: usize,
  apart: usize,
  count: i32,
  dim: i32,
): void {
  for (let left = count; left > 0; left -= BLOCK_ROWS) {
    gemm(accumulate, g, bytes, s, 8, sBytes, b, step, apart, min(BLOCK_ROWS, left), dim, left)
    g += bytes * BLOCK_ROWS
    s += (sBytes + 8) * BLOCK_ROWS
    b += step * BLOCK_ROWS
  }
}

/**
 * dp[t,u] = sum_j dy[t,j] v[u,j];  ds = softmax backward of dp, over sqrt(dim)
 * dq[t,j] (+)= sum_u ds[t,u] k[u,j];  dk[u,j] (+)= sum_t ds[t,u] q[t,j]
 * dv[u,j] (+)= sum_t p[t,u] dy[t,j];  j, t and u ascending, u <= t.
 */
function backward(op: OpRecord): void {
  const docs = op.n0
  const heads = op.n1
  const dim = op.n2
  const span = op.n3
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const spanBytes = (<usize>evenSpan(span)) << 3
  const rowBytes = spanBytes * heads
  const panel = PANEL_BYTES * dim
  const scale = scaleOf(dim)
  const copy = scratch + ((<usize>packedSize(span, dim)) << 3)
  const ds = copy + ((<usize>packedSize(dim, span)) << 3)
  const dsBytes = (<usize>scoresStep(span)) << 3
  const accumulateQ = op.accumulates(0)
  const accumulateK = op.accumulates(1)
  const accumulateV = op.accumulates(2)
  let bound = op.d
  for (let d = 0; d < docs; d++) {
    const first = load<i32>(bound)
    const count = load<i32>(bound, 4) - first
    const packed = count >= PACKED_ROWS
    const step = packed ? PANEL_BYTES : bytes
    const apart = packed ? PANEL_BYTES * count : PANEL_BYTES
    const at0 = <usize>first * bytes
    let p = op.kept + <usize>first * rowBytes
    for (let h: usize = 0; h < bytes; h += headBytes) {
      const q = op.a + at0 + h
      const k = op.b + at0 + h
      const v = op.c + at0 + h
      const dy = op.y + at0 + h + gap
      packTransposed(scratch, v, bytes, count, dim)
      let b = panelsOf(copy, k, bytes, count, dim)
      for (let t0 = 0; t0 < count; t0 += BLOCK_ROWS) {
        const t1 = min(t0 + BLOCK_ROWS, count)
        const m = t1 - t0
        const here = <usize>t0 * bytes
        const width = (t1 + 1) & ~1
        const s = ds + <usize>t0 * dsBytes
        gemm(false, s, dsBytes, dy + here, bytes, 8, scratch, PANEL_BYTES, panel, m, width, dim)
        softmaxCausalBackward(s, dsBytes, p + <usize>t0 * rowBytes, rowBytes, m, width, scale)
        gemm(accumulateQ, q + gap + here, bytes, s, dsBytes, 8, b, step, apart, m, dim, t1)
      }
      b = panelsOf(copy, q, bytes, count, dim)
      keyOrValueGrad(accumulateK, k + gap, bytes, ds, dsBytes, b, step, apart, count, dim)
      b = panelsOf(copy, dy, bytes, count, dim)
      keyOrValueGrad(accumulateV, v + gap, bytes, p, rowBytes, b, step, apart, count, dim)
      p += spanBytes
    }
    bound += 4
  }
}

/**
 * Computes each row of y at the current position of its cache. Overwrites y and one row of each
 * cache.
 */
function cachedForward(op: OpRecord): void {
  const rows = op.n0
  const heads = op.n1
  const dim = op.n2
  const span = op.n3
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const scale = scaleOf(dim)
  const p = op.kept
  let q = op.a
  let y = op.y
  let keys = op.d
  let values = op.e
  for (let t: usize = 0; t < <usize>rows; t++) {
    const position = load<i32>(op.f + (t << 2))
    if (<u32>position >= <u32>span) unreachable()
    const count = position + 1
    memory.copy(keys + <usize>position * bytes, op.b + t * bytes, bytes)
    memory.copy(values + <usize>position * bytes, op.c + t * bytes, bytes)
    for (let h: usize = 0; h < bytes; h += headBytes) {
      gemv(p, keys + h, bytes, q + h, count, dim)
      scaleRow(p, count, scale)
      softmaxRow(p, p, count, maxOf(p, count))
      gemm(false, y + h, 0, p, 0, 8, values + h, bytes, PANEL_BYTES, 1, dim, count)
    }
    q += bytes
    y += bytes
    keys += bytes * span
    values += bytes * span
  }
}
