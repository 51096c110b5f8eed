/**
 * The core's own transcendental functions, so that a run has the same bits on every machine.
 *
 * | function | source                                                         | error bound |
 * |----------|----------------------------------------------------------------|-------------|
 * | exp      | exp.ts, after Arm's optimized routines                         | 0.52 ulp    |
 * | log      | log.ts, after the same                                         | 0.52 ulp    |
 * | tanh     | below: e^2x, and the rational function of Cephes near 0        | 2 ulp       |
 * | sin, cos | below: reduction and polynomials with the constants of fdlibm  | 1 ulp       |
 *
 * exp and log have the bits of glibc without fused multiply-add.
 */
import { exp } from './exp'
import { log } from './log'

export { exp, log }

/** Hyperbolic tangent: from e^2x, and near 0, where that loses digits, a rational function. */
export function tanhOf(x: f64): f64 {
  const a = Math.abs(x)
  if (a >= 0.625) return copysign(1 - 2 / (exp(2 * a) + 1), x)
  const z = x * x
  const p =
    (-9.64399179425052238628e-1 * z - 9.92877231001918586564e1) * z - 1.61468768441708447952e3
  const q =
    ((z + 1.12811678491632931402e2) * z + 2.23548839060100448583e3) * z + 4.84406305325125486048e3
  return x + x * (z * (p / q))
}

/** IEEE 754: correctly rounded. */
export function sqrt(x: f64): f64 {
  return Math.sqrt(x)
}

/** Sine of x radians, |x| <= 1e6; NaN beyond, because the reduction would lose digits. */
export function sin(x: f64): f64 {
  return quarter(x, 0)
}

/** Cosine of x radians, |x| <= 1e6; NaN beyond. */
export function cos(x: f64): f64 {
  return quarter(x, 1)
}

/** pi / 2 in three parts; the first two have 33 bits each, so their product with n is exact. */
const PIO2_1: f64 = 1.57079632673412561417
const PIO2_2: f64 = 6.0771005063039659766e-11
const PIO2_3: f64 = 2.02226624879595063154e-21

/** sin(x + shift pi / 2): x = n pi / 2 + (r + tail), |r| <= pi / 4, then a polynomial in r. */
function quarter(x: f64, shift: i32): f64 {
  if (!(Math.abs(x) <= 1e6)) return NaN
  const n = nearest(x * (2 / Math.PI))
  const high = x - n * PIO2_1
  const mid = n * PIO2_2
  const sum = high - mid
  const low = n * PIO2_3 - (high - sum - mid)
  const r = sum - low
  const tail = sum - r - low
  const turn = <i32>n + shift
  const y = turn & 1 ? cosine(r, tail) : sine(r, tail)
  return turn & 2 ? -y : y
}

/** sin(x + tail), |x| <= pi / 4, tail below an ulp of x. */
function sine(x: f64, tail: f64): f64 {
  const z = x * x
  const cube = z * x
  let p: f64 = 1.58969099521155010221e-10
  p = -2.50507602534068634195e-8 + z * p
  p = 2.75573137070700676789e-6 + z * p
  p = -1.98412698298579493134e-4 + z * p
  p = 8.33333333332248946124e-3 + z * p
  return x - (z * (0.5 * tail - cube * p) - tail - cube * -1.66666666666666324348e-1)
}

/** cos(x + tail), |x| <= pi / 4, tail below an ulp of x. */
function cosine(x: f64, tail: f64): f64 {
  const z = x * x
  let p: f64 = -1.13596475577881948265e-11
  p = 2.0875723212981748279e-9 + z * p
  p = -2.75573143513906633035e-7 + z * p
  p = 2.48015872894767294178e-5 + z * p
  p = -1.38888888888741095749e-3 + z * p
  p = 4.16666666666666019037e-2 + z * p
  const half = 0.5 * z
  const w = 1 - half
  return w + (1 - w - half + (z * (z * p) - x * tail))
}
