/**
 * Measures the peak f64x2 multiply-add throughput: a separate module, for the benchmark. It runs
 * the inner loop of gemm's tile on the same few numbers, so that only the multiply and add units
 * limit it. (Chains that are entirely in registers are a quarter slower: each multiply then waits
 * for an add.)
 */

/** Floating-point operations per iteration: 8 multiplies and 8 adds, on two lanes. */
export const FLOPS: i32 = 32

/** Two numbers of A, eight of B. */
const NUMBERS = memory.data<f64>([0.5, -0.25, 1, -1, 0.5, -0.5, 0.75, -0.75, 0.25, -0.25])

/** Runs some iterations; the result keeps the compiler from removing them. */
export function spin(turns: i32): f64 {
  let c0 = f64x2.splat(0)
  let c1 = c0
  let c2 = c0
  let c3 = c0
  let d0 = c0
  let d1 = c0
  let d2 = c0
  let d3 = c0
  const b = NUMBERS + 16
  for (let i = 0; i < turns; i++) {
    // Always 0, but the compiler cannot know that.
    const a = NUMBERS + ((<usize>i) >> 31)
    const x = v128.load_splat<f64>(a)
    const y = v128.load_splat<f64>(a, 8)
    const b0 = v128.load(b)
    const b1 = v128.load(b, 16)
    const b2 = v128.load(b, 32)
    const b3 = v128.load(b, 48)
    c0 = f64x2.add(c0, f64x2.mul(x, b0))
    c1 = f64x2.add(c1, f64x2.mul(x, b1))
    d0 = f64x2.add(d0, f64x2.mul(y, b0))
    d1 = f64x2.add(d1, f64x2.mul(y, b1))
    c2 = f64x2.add(c2, f64x2.mul(x, b2))
    c3 = f64x2.add(c3, f64x2.mul(x, b3))
    d2 = f64x2.add(d2, f64x2.mul(y, b2))
    d3 = f64x2.add(d3, f64x2.mul(y, b3))
  }
  const c = f64x2.add(f64x2.add(c0, c1), f64x2.add(c2, c3))
  const d = f64x2.add(f64x2.add(d0, d1), f64x2.add(d2, d3))
  return f64x2.extract_lane(f64x2.add(c, d), 0)
}
