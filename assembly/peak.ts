/**
 * What f64x2 multiplies and adds this machine does at the most: a module of its own, for the
 * benchmark. The inner loop of gemm's tile on the same few numbers over and over, so that nothing
 * but the multiply and add units can be what it waits for. (Chains held wholly in registers reach a
 * quarter less: each multiply then waits for an add.)
 */

/** Floating-point operations of one turn: 8 multiplies and 8 adds, on two lanes. */
export const FLOPS: i32 = 32

/** Two numbers of A, eight of B. */
const NUMBERS = memory.data<f64>([0.5, -0.25, 1, -1, 0.5, -0.5, 0.75, -0.75, 0.25, -0.25])

/** Runs some turns; the result keeps the compiler from leaving them out. */
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
    // Always 0, which the compiler cannot know.
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
