/** Softmax of a row, and of the rows of a causal block; forward and backward. */
import { exp, exp_f64x2 } from '../exp'

/** The largest of n numbers; NaN may be ignored. */
@inline
export function maxOf(x: usize, n: i32): f64 {
  const end = x + ((<usize>n) << 3)
  let top = v128.load_splat<f64>(x)
  for (; x + 8 < end; x += 16) top = f64x2.pmax(top, v128.load(x))
  if (x < end) top = f64x2.pmax(top, v128.load_splat<f64>(x))
  return f64x2.extract_lane(f64x2.pmax(top, v128.shuffle<f64>(top, top, 1, 0)), 0)
}

/**
 * p[i] = e[i] (1 / sum_j e[j]), e[i] = exp(x[i] - top), j ascending, like microgpt's softmax.
 * @param p [n], written; may be x
 * @param x [n]
 * @param top the largest of x
 * @returns sum_j e[j]
 */
export function softmaxRow(p: usize, x: usize, n: i32, top: f64): f64 {
  const bytes = (<usize>n) << 3
  const tops = f64x2.splat(top)
  let sum: f64 = 0
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    const e = exp_f64x2(f64x2.sub(v128.load(x + i), tops))
    v128.store(p + i, e)
    sum += f64x2.extract_lane(e, 0)
    sum += f64x2.extract_lane(e, 1)
  }
  if (i < bytes) {
    const e = exp(load<f64>(x + i) - top)
    store<f64>(p + i, e)
    sum += e
  }
  const inverse = f64x2.splat(1 / sum)
  for (i = 0; i + 8 < bytes; i += 16) v128.store(p + i, f64x2.mul(v128.load(p + i), inverse))
  if (i < bytes) store<f64>(p + i, load<f64>(p + i) * (1 / sum))
  return sum
}

/**
 * d[i] = p[i] (dp[i] - sum_j dp[j] p[j]), j ascending: the gradient of the row before softmax.
 * @param d [n], written; may be dp
 * @param dp [n]
 * @param p [n]
 */
export function softmaxRowBackward(d: usize, dp: usize, p: usize, n: i32): void {
  const bytes = (<usize>n) << 3
  let dot: f64 = 0
  for (let i: usize = 0; i < bytes; i += 8) dot += load<f64>(dp + i) * load<f64>(p + i)
  for (let i: usize = 0; i < bytes; i += 8) {
    store<f64>(d + i, load<f64>(p + i) * (load<f64>(dp + i) - dot))
  }
}

/** Masks for the last vector of a row: only its low lane if the row ends in the middle, or both. */
const MASKS = memory.data<u64>([0xffffffffffffffff, 0, 0xffffffffffffffff, 0xffffffffffffffff])

/**
 * Rows t = from to to - 1 of causal attention: p[t,u] = softmax over u <= t of scale x[t,u], and 0
 * for the other u < to.
 * @param x rows from..to - 1, rowBytes apart, of `to` numbers rounded up to even; overwritten with
 *   p
 */
export function softmaxCausal(x: usize, rowBytes: usize, from: i32, to: i32, scale: f64): void {
  const bytes = (<usize>((to + 1) & ~1)) << 3
  const scales = f64x2.splat(scale)
  for (let t = from; t < to; t++) {
    const last = ((<usize>t) << 3) & ~15
    const ends = MASKS + ((<usize>(t & 1)) << 4)
    // A row always attends to column 0.
    const first = f64x2.mul(v128.load_splat<f64>(x), scales)
    let tops = first
    for (let i: usize = 0; i <= last; i += 16) {
      const v = f64x2.mul(v128.load(x + i), scales)
      v128.store(x + i, v)
      tops = f64x2.pmax(tops, v128.bitselect(v, first, v128.load(i == last ? ends : MASKS + 16)))
    }
    tops = f64x2.pmax(tops, v128.shuffle<f64>(tops, tops, 1, 0))
    let sum: f64 = 0
    for (let i: usize = 0; i <= last; i += 16) {
      const v = f64x2.sub(v128.load(x + i), tops)
      const e = v128.and(exp_f64x2(v), v128.load(i == last ? ends : MASKS + 16))
      v128.store(x + i, e)
      sum += f64x2.extract_lane(e, 0)
      sum += f64x2.extract_lane(e, 1)
    }
    const inverse = f64x2.splat(1 / sum)
    let i: usize = 0
    for (; i <= last; i += 16) v128.store(x + i, f64x2.mul(v128.load(x + i), inverse))
    for (; i < bytes; i += 16) v128.store(x + i, f64x2.splat(0))
    x += rowBytes
  }
}

/**
 * The gradient of softmaxCausal's x before the scale: d[u] = p[u] (dp[u] - sum_j dp[j] p[j]) scale,
 * j ascending; 0 where p is.
 * @param d m rows, rowBytes apart, of width numbers rounded up to even: dp, overwritten
 * @param p the weights, pBytes apart
 */
export function softmaxCausalBackward(
  d: usize,
  rowBytes: usize,
  p: usize,
  pBytes: usize,
  m: i32,
  width: i32,
  scale: f64,
): void {
  const bytes = (<usize>((width + 1) & ~1)) << 3
  const scales = f64x2.splat(scale)
  for (; m > 0; m--) {
    let dot: f64 = 0
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = f64x2.mul(v128.load(d + i), v128.load(p + i))
      dot += f64x2.extract_lane(v, 0)
      dot += f64x2.extract_lane(v, 1)
    }
    const dots = f64x2.splat(dot)
    for (let i: usize = 0; i < bytes; i += 16) {
      const v = f64x2.mul(v128.load(p + i), f64x2.sub(v128.load(d + i), dots))
      v128.store(d + i, f64x2.mul(v, scales))
    }
    d += rowBytes
    p += pBytes
  }
}
