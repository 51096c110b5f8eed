/** Adam (Kingma and Ba, 2015), over all parameters in one pass. */
import { base, gap, moment1, moment2, numParams } from './arena'

/**
 * A moment below this is taken for zero. Without it, the moments of a parameter that gets no
 * gradient sink to denormal numbers after some 6,700 steps, and a step then takes 49 times as long.
 */
const TINY: f64 = 1e-250

/**
 *     m = beta1 m + (1 - beta1) g
 *     v = beta2 v + (1 - beta2) g^2
 *     p = decay p - (rate m) / (sqrt(v) + eps)
 *
 * With rate = lr sqrt(1 - beta2^t) / (1 - beta1^t) and eps = eps_adam sqrt(1 - beta2^t) this is the
 * update of microgpt.py with both bias corrections multiplied through (the paper, end of section
 * 2): one division and one root a parameter, and the divider of the CPU is what bounds it.
 * @param decay 1 - lr * weight_decay
 */
export function adam(rate: f64, eps: f64, beta1: f64, beta2: f64, decay: f64): void {
  const bytes = (<usize>numParams) << 3
  const b1 = f64x2.splat(beta1)
  const b2 = f64x2.splat(beta2)
  const c1 = f64x2.splat(1 - beta1)
  const c2 = f64x2.splat(1 - beta2)
  const lr = f64x2.splat(rate)
  const ep = f64x2.splat(eps)
  const de = f64x2.splat(decay)
  const tiny = f64x2.splat(TINY)
  const p = base
  const g = base + gap
  // An odd count runs one number over, into padding that nothing reads.
  for (let i: usize = 0; i < bytes; i += 16) {
    const dp = v128.load(g + i)
    let m = f64x2.add(f64x2.mul(b1, v128.load(moment1 + i)), f64x2.mul(c1, dp))
    let v = f64x2.add(f64x2.mul(b2, v128.load(moment2 + i)), f64x2.mul(c2, f64x2.mul(dp, dp)))
    m = v128.and(m, f64x2.ge(f64x2.abs(m), tiny))
    v = v128.and(v, f64x2.ge(v, tiny))
    v128.store(moment1 + i, m)
    v128.store(moment2 + i, v)
    const step = f64x2.div(f64x2.mul(lr, m), f64x2.add(f64x2.sqrt(v), ep))
    v128.store(p + i, f64x2.sub(f64x2.mul(de, v128.load(p + i)), step))
  }
}

/** The squared Euclidean norm of all parameters' gradients, summed in their order. */
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
