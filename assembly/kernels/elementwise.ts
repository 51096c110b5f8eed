/**
 * Loops over a whole tensor, two numbers at a time. A function is a class without fields, whose
 * methods are compiled into the loop. The last number of an odd count uses the same code in the low
 * lane. A backward adds to a gradient or overwrites it: the old value is masked with `accumulate`,
 * all ones or all zeros.
 */

/** y = value(x), dy/dx = slope(x, y). */
export interface Unary {
  value(x: v128): v128
  slope(x: v128, y: v128): v128
}

/** y = value(a, b), with dy/da and dy/db. */
export interface Binary {
  value(a: v128, b: v128): v128
  slopeA(a: v128, b: v128): v128
  slopeB(a: v128, b: v128): v128
}

/**
 * y[i] = f(x[i]). Overwrites y.
 * @param y [count]
 * @param x [count]
 */
export function map<F extends Unary>(y: usize, x: usize, count: i32): void {
  const f = changetype<F>(0)
  const bytes = (<usize>count) << 3
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) v128.store(y + i, f.value(v128.load(x + i)))
  if (i < bytes) v128.store_lane<f64>(y + i, f.value(v128.load_zero<f64>(x + i)), 0)
}

/**
 * dx[i] (+)= dy[i] f'(x[i]).
 * @param dx [count], written or added to
 * @param dy [count]
 * @param x [count]
 * @param y [count]
 */
export function mapBackward<F extends Unary>(
  dx: usize,
  dy: usize,
  x: usize,
  y: usize,
  count: i32,
  accumulate: i64,
): void {
  const f = changetype<F>(0)
  const mask = i64x2.splat(accumulate)
  const bytes = (<usize>count) << 3
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    const slope = f.slope(v128.load(x + i), v128.load(y + i))
    const d = f64x2.mul(v128.load(dy + i), slope)
    v128.store(dx + i, f64x2.add(v128.and(v128.load(dx + i), mask), d))
  }
  if (i < bytes) {
    const slope = f.slope(v128.load_zero<f64>(x + i), v128.load_zero<f64>(y + i))
    const d = f64x2.mul(v128.load_zero<f64>(dy + i), slope)
    const old = v128.and(v128.load_zero<f64>(dx + i), mask)
    v128.store_lane<f64>(dx + i, f64x2.add(old, d), 0)
  }
}

/**
 * y[i] = f(a[i], b[i]). Overwrites y.
 * @param y [count]
 * @param a [count]
 * @param b [count]
 */
export function zip<F extends Binary>(y: usize, a: usize, b: usize, count: i32): void {
  const f = changetype<F>(0)
  const bytes = (<usize>count) << 3
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    v128.store(y + i, f.value(v128.load(a + i), v128.load(b + i)))
  }
  if (i < bytes) {
    const last = f.value(v128.load_zero<f64>(a + i), v128.load_zero<f64>(b + i))
    v128.store_lane<f64>(y + i, last, 0)
  }
}

/**
 * da[i] (+)= dy[i] df/da, then db[i] (+)= dy[i] df/db; a and b may be the same tensor.
 * @param da [count], written or added to
 * @param db [count], written or added to
 * @param dy [count]
 * @param a [count]
 * @param b [count]
 */
export function zipBackward<F extends Binary>(
  da: usize,
  db: usize,
  dy: usize,
  a: usize,
  b: usize,
  count: i32,
  accumulateA: i64,
  accumulateB: i64,
): void {
  const f = changetype<F>(0)
  const maskA = i64x2.splat(accumulateA)
  const maskB = i64x2.splat(accumulateB)
  const bytes = (<usize>count) << 3
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    const d = v128.load(dy + i)
    const x = v128.load(a + i)
    const y = v128.load(b + i)
    v128.store(da + i, f64x2.add(v128.and(v128.load(da + i), maskA), f64x2.mul(d, f.slopeA(x, y))))
    v128.store(db + i, f64x2.add(v128.and(v128.load(db + i), maskB), f64x2.mul(d, f.slopeB(x, y))))
  }
  if (i < bytes) {
    const d = v128.load_zero<f64>(dy + i)
    const x = v128.load_zero<f64>(a + i)
    const y = v128.load_zero<f64>(b + i)
    const oldA = v128.and(v128.load_zero<f64>(da + i), maskA)
    v128.store_lane<f64>(da + i, f64x2.add(oldA, f64x2.mul(d, f.slopeA(x, y))), 0)
    const oldB = v128.and(v128.load_zero<f64>(db + i), maskB)
    v128.store_lane<f64>(db + i, f64x2.add(oldB, f64x2.mul(d, f.slopeB(x, y))), 0)
  }
}
