/**
 * Causal multi-head attention: each row looks at the rows of its document up to itself.
 * Head h has the columns h * dim to h * dim + dim - 1 of q, k, v and y; n = heads * dim.
 */
import { alloc, gap, inArena, inScratch, scratch } from '../arena'
import { axpy } from '../kernels/axpy'
import { PANEL, gemm } from '../kernels/gemm'
import { gemv } from '../kernels/gemv'
import { maxOf, softmaxRow, softmaxRowBackward } from '../kernels/softmax'
import { at, noBackward, record } from '../tape'

/**
 * Records y[rows, n] = attention(q, k, v), each [rows, n].
 * @param bounds int32[docs + 1]: document d has the rows bounds[d] to bounds[d + 1] - 1
 * @param span rows of the longest document at most; [rows, heads, span] weights are kept
 * @returns the address of y, or 0 when there is no room
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
  assert(inArena(q, rows * n), 'attention: q lies outside the arena')
  assert(inArena(k, rows * n) && inArena(v, rows * n), 'attention: k or v lies outside the arena')
  assert(inArena(bounds, (docs + 2) >> 1), 'attention: the bounds lie outside the arena')
  assert(inScratch(span), 'attention: not enough scratch')
  const y = alloc(rows * n)
  return recordAttention(forward, backward, y, q, k, v, bounds, docs, heads, dim, span, rows)
}

/**
 * Records y[1, n] = attention of one row over a cache: k and v, [1, n], become row position of the
 * cache, then q looks at its rows 0 to position. For inference; has no backward.
 * @param keys [span, n]
 * @param values [span, n]
 * @param position int32[1], below span; read at each forward
 * @returns the address of y, or 0 when there is no room
 */
export function attentionCached(
  q: usize,
  k: usize,
  v: usize,
  keys: usize,
  values: usize,
  position: usize,
  heads: i32,
  dim: i32,
  span: i32,
): usize {
  const n = heads * dim
  assert(n > 0 && span > 0, 'attentionCached: sizes must be positive')
  assert(inArena(q, n) && inArena(k, n) && inArena(v, n), 'attentionCached: out of the arena')
  assert(inArena(keys, span * n), 'attentionCached: the keys lie outside the arena')
  assert(inArena(values, span * n), 'attentionCached: the values lie outside the arena')
  assert(inArena(position, 1), 'attentionCached: the position lies outside the arena')
  const y = alloc(n)
  const cache = alloc(3)
  if (cache == 0) return 0
  store<usize>(cache, keys)
  store<usize>(cache, values, 8)
  store<usize>(cache, position, 16)
  return recordAttention(cachedForward, noBackward, y, q, k, v, cache, 1, heads, dim, span, 1)
}

function recordAttention(
  forward: (row: usize) => void,
  backward: (row: usize) => void,
  y: usize,
  q: usize,
  k: usize,
  v: usize,
  d: usize,
  docs: i32,
  heads: i32,
  dim: i32,
  span: i32,
  rows: i32,
): usize {
  const weights = alloc(rows * heads * span)
  if (weights == 0) return 0
  const row = record(forward, backward, y, q, k, v, docs, heads, dim)
  if (row == 0) return 0
  at.setSaved(row, weights)
  at.setD(row, d)
  at.setN3(row, span)
  return y
}

/** 1 / sqrt(dim): what microgpt divides each score by. */
@inline
function scaleOf(dim: i32): f64 {
  return 1 / Math.sqrt(<f64>dim)
}

/**
 * One row of one head: p = softmax(q . keys / sqrt(dim)), y = p . values.
 * @param y [dim], written
 * @param p [count], written
 * @param q [dim]
 * @param keys [count, dim], rows bytes apart
 * @param values [count, dim], rows bytes apart
 */
@inline
function attend(
  y: usize,
  p: usize,
  q: usize,
  keys: usize,
  values: usize,
  bytes: usize,
  count: i32,
  dim: i32,
  scale: f64,
): void {
  gemv(p, keys, bytes, q, count, dim)
  const end = p + ((<usize>count) << 3)
  for (let i = p; i < end; i += 8) store<f64>(i, load<f64>(i) * scale)
  softmaxRow(p, p, count, maxOf(p, count))
  gemm(false, y, 0, p, 0, 8, values, bytes, PANEL, 1, dim, count)
}

/**
 * s[t,u] = (sum_j q[t,j] k[u,j]) / sqrt(dim), u <= t in t's document; p = softmax(s) over u;
 * y[t,j] = sum_u p[t,u] v[u,j]; j and u ascending. Overwrites y and the kept weights p.
 */
function forward(row: usize): void {
  const docs = at.n0(row)
  const heads = at.n1(row)
  const dim = at.n2(row)
  const span = at.n3(row)
  const q = at.a(row)
  const k = at.b(row)
  const v = at.c(row)
  const y = at.y(row)
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const spanBytes = (<usize>span) << 3
  const scale = scaleOf(dim)
  let bound = at.d(row)
  let p = at.saved(row)
  for (let d = 0; d < docs; d++) {
    const first = <usize>load<i32>(bound) * bytes
    const count = load<i32>(bound, 4) - load<i32>(bound)
    let t = first
    for (let i = 1; i <= count; i++) {
      for (let h: usize = 0; h < bytes; h += headBytes) {
        const keys = k + first + h
        attend(y + t + h, p, q + t + h, keys, v + first + h, bytes, i, dim, scale)
        p += spanBytes
      }
      t += bytes
    }
    bound += 4
  }
}

/**
 * dp[t,u] = sum_j dy[t,j] v[u,j];  ds = softmax backward of dp, over sqrt(dim)
 * dq[t,j] += sum_u ds[t,u] k[u,j];  dk[u,j] += ds[t,u] q[t,j];  dv[u,j] += p[t,u] dy[t,j]
 * t, u and j ascending.
 */
function backward(row: usize): void {
  const docs = at.n0(row)
  const heads = at.n1(row)
  const dim = at.n2(row)
  const span = at.n3(row)
  const q = at.a(row)
  const k = at.b(row)
  const v = at.c(row)
  const dy = at.y(row) + gap
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const spanBytes = (<usize>span) << 3
  const scale = scaleOf(dim)
  const ds = scratch
  let bound = at.d(row)
  let p = at.saved(row)
  for (let d = 0; d < docs; d++) {
    const first = <usize>load<i32>(bound) * bytes
    const count = load<i32>(bound, 4) - load<i32>(bound)
    let t = first
    for (let i = 1; i <= count; i++) {
      for (let h: usize = 0; h < bytes; h += headBytes) {
        gemv(ds, v + first + h, bytes, dy + t + h, i, dim)
        softmaxRowBackward(ds, ds, p, i)
        let u = first + h
        for (let s: usize = 0; s < (<usize>i) << 3; s += 8) {
          const w = load<f64>(ds + s) * scale
          axpy(q + gap + t + h, w, k + u, dim)
          axpy(k + gap + u, w, q + t + h, dim)
          axpy(v + gap + u, load<f64>(p + s), dy + t + h, dim)
          u += bytes
        }
        p += spanBytes
      }
      t += bytes
    }
    bound += 4
  }
}

/** The row of y at the position that the cache has come to. Overwrites y and one cache row. */
function cachedForward(row: usize): void {
  const heads = at.n1(row)
  const dim = at.n2(row)
  const spanBytes = (<usize>at.n3(row)) << 3
  const q = at.a(row)
  const y = at.y(row)
  const cache = at.d(row)
  const keys = load<usize>(cache)
  const values = load<usize>(cache, 8)
  const position = load<i32>(load<usize>(cache, 16))
  if (<u32>position >= <u32>at.n3(row)) unreachable()
  const bytes = (<usize>(heads * dim)) << 3
  const headBytes = (<usize>dim) << 3
  const scale = scaleOf(dim)
  memory.copy(keys + <usize>position * bytes, at.b(row), bytes)
  memory.copy(values + <usize>position * bytes, at.c(row), bytes)
  let p = at.saved(row)
  for (let h: usize = 0; h < bytes; h += headBytes) {
    attend(y + h, p, q + h, keys + h, values + h, bytes, position + 1, dim, scale)
    p += spanBytes
  }
}
