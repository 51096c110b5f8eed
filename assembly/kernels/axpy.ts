/**
 * y[i] += a x[i].
 * @param y [n], added to
 * @param x [n]
 */
@inline
export function axpy(y: usize, a: f64, x: usize, n: i32): void {
  const bytes = (<usize>n) << 3
  const aa = f64x2.splat(a)
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    v128.store(y + i, f64x2.add(v128.load(y + i), f64x2.mul(aa, v128.load(x + i))))
  }
  if (i < bytes) store<f64>(y + i, load<f64>(y + i) + a * load<f64>(x + i))
}
