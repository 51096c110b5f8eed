/** Softmax of one row, forward and backward. */
import { exp } from '../math'

/** The largest of n numbers. */
@inline
export function maxOf(x: usize, n: i32): f64 {
  const end = x + ((<usize>n) << 3)
  let top = load<f64>(x)
  for (x += 8; x < end; x += 8) {
    const v = load<f64>(x)
    top = v > top ? v : top
  }
  return top
}

/**
 * p[i] = e[i] (1 / sum_j e[j]), e[i] = exp(x[i] - top), j ascending, as microgpt's softmax.
 * @param p [n], written; may be x
 * @param x [n]
 * @param top the largest of x
 * @returns sum_j e[j]
 */
export function softmaxRow(p: usize, x: usize, n: i32, top: f64): f64 {
  const bytes = (<usize>n) << 3
  let sum: f64 = 0
  for (let i: usize = 0; i < bytes; i += 8) {
    const e = exp(load<f64>(x + i) - top)
    store<f64>(p + i, e)
    sum += e
  }
  const inverse = 1 / sum
  for (let i: usize = 0; i < bytes; i += 8) store<f64>(p + i, load<f64>(p + i) * inverse)
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
