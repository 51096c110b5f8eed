/** Adam (Kingma and Ba, 2015), over all parameters in one pass. */
import { base, gap, moment1, moment2, numParams } from './arena'
import { numShards, shard } from './tape'

/**
 * A moment below this becomes 0. Without it, the moments of a parameter without gradient decay to
 * denormal numbers after about 6,700 steps, and a step then takes 49 times as long.
 */
const TINY: f64 = 1e-250

/**
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = decay p - (rate m) / (sqrt(v) + eps)
 *
 * With rate = lr sqrt(1 - beta2^t) / (1 - beta1^t) and eps = eps_adam sqrt(1 - beta2^t) this is the
 * update of microgpt.py with both bias corrections multiplied through (the paper, end of section
 * 2): one division and one square root per parameter. The CPU's divider limits the speed.
 * @param decay 1 - lr * weight_decay
 */
export function adam(rate: f64, eps: f64, beta1: f64, beta2: f64, decay: f64): void {
  const pairs = (numParams + 1) >> 1
  const last = (<usize>numParams) << 3
  const bytes = min((<usize>((pairs * (shard + 1)) / numShards)) << 4, last)
  const b1 = f64x2.splat(beta1)
  const b2 = f64x2.splat(beta2)
  const c1 = f64x2.splat(1 - beta1)
  const c2 = f64x2.splat(1 - beta2)
  const lr = f64x2.splat(rate)
  const ep = f64x2.splat(eps)
  const de = f64x2.splat(decay)
  const tiny = f64x2.splat(TINY)
  // Two vectors per iteration keep the divider busy: 5.1 µs for 4,064 parameters, one takes 6.1 µs.
  let i = (<usize>((pairs * shard) / numShards)) << 4
  for (; i + 16 < bytes; i += 32) {
    const m0 = moment(i, moment1, b1, c1, v128.load(base + gap + i), tiny)
    const m1 = moment(i + 16, moment1, b1, c1, v128.load(base + gap + i, 16), tiny)
    const v0 = moment(i, moment2, b2, c2, square(base + gap + i), tiny)
    const v1 = moment(i + 16, moment2, b2, c2, square(base + gap + i + 16), tiny)
    const s0 = f64x2.sqrt(v0)
    const s1 = f64x2.sqrt(v1)
    step(base + i, de, f64x2.div(f64x2.mul(lr, m0), f64x2.add(s0, ep)))
    step(base + i + 16, de, f64x2.div(f64x2.mul(lr, m1), f64x2.add(s1, ep)))
  }
  // An odd count computes one number too many, in padding that nothing reads.
  if (i < bytes) {
    const m = moment(i, moment1, b1, c1, v128.load(base + gap + i), tiny)
    const v = moment(i, moment2, b2, c2, square(base + gap + i), tiny)
    step(base + i, de, f64x2.div(f64x2.mul(lr, m), f64x2.add(f64x2.sqrt(v), ep)))
  }
}

/** beta * old + (1 - beta) x, or 0 if that is below TINY; stored and returned. */
@inline
function moment(i: usize, at: usize, beta: v128, rest: v128, x: v128, tiny: v128): v128 {
  const sum = f64x2.add(f64x2.mul(beta, v128.load(at + i)), f64x2.mul(rest, x))
  const kept = v128.and(sum, f64x2.ge(f64x2.abs(sum), tiny))
  v128.store(at + i, kept)
  return kept
}


@inline
function square(at: usize): v128 {
  const x = v128.load(at)
  return f64x2.mul(x, x)
}

/** p = decay p - change. */
@inline
function step(p: usize, decay: v128, change: v128): void {
  v128.store(p, f64x2.sub(f64x2.mul(decay, v128.load(p)), change))
}

/** The squared Euclidean norm of all parameters' gradients, summed in order. */
export function gradSquared(): f64 {
  const end = base + gap + ((<usize>numParams) << 3)
  let sum: f64 = 0
  for (let g = base + gap; g < end; g += 8) sum += load<f64>(g) * load<f64>(g)
  return sum
}

/** Multiplies all parameters' gradients by a factor. */
export function scaleGrad(factor: f64): void {
  const end = base + gap + ((<usize>numParams) << 3)
  for (let g = base + gap; g < end; g += 8) store<f64>(g, load<f64>(g) * factor)
}
