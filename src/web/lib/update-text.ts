/** Adam's update of one parameter in words and formulas, with the numbers of a step. */
import type { AdamNumbers, PathPoint } from './path-log.js'
import { count } from '../text.js'
import { updateOf } from './path-log.js'

export interface UpdateLine {
  /** What the line computes, as in microgpt.py. */
  formula: string
  /** The same with the numbers of the step. */
  numbers: string
}

/** At most four significant digits, with a real minus sign. */
export const figure = (x: number): string => {
  if (x === 0) return '0'
  const size = Math.abs(x)
  const few = Number(x.toPrecision(4))
  const text = size >= 1e-4 && size < 1e5 ? String(few) : few.toExponential()
  return text.replace(/-/g, '−')
}

/** How a number looks inside a formula. */
const inside = (x: number) => (x < 0 ? `(${figure(x)})` : figure(x))

/** The lines of the update, in the order of microgpt.py; empty where the moments are not known. */
export function updateLines(
  point: PathPoint,
  before: PathPoint | null,
  adam: AdamNumbers,
): UpdateLine[] {
  const parts = updateOf(point, adam)
  if (!parts) return []
  const { beta1, beta2, eps_adam, weight_decay } = adam
  const { step, gradient: g, rate, m, v, value } = point
  const { mHat, vHat } = parts
  const [c1, c2] = [figure(1 - beta1), figure(1 - beta2)]
  // Only the step directly before has the moments that this one began with.
  const old = before && before.step === step - 1 ? before : null
  const first = (beta: number, x: string, c: string) => (old ? `${beta} × ${x} + ${c} × ` : '')
  const mNumbers = old ? `${first(beta1, inside(old.m), c1)}${inside(g)} = ` : ''
  const vNumbers = old ? `${first(beta2, inside(old.v), c2)}${inside(g)}² = ` : ''
  const kept = weight_decay === 0 ? '' : `(1 − ${figure(rate)} × ${weight_decay}) × `
  const decay = weight_decay === 0 ? '' : '(1 − lr × weight_decay) × '
  return [
    { formula: `m = ${beta1} m + ${c1} gradient`, numbers: `${mNumbers}${figure(m)}` },
    { formula: `v = ${beta2} v + ${c2} gradient²`, numbers: `${vNumbers}${figure(v)}` },
    {
      formula: `m̂ = m / (1 − ${beta1}^step)`,
      numbers: `${figure(m)} / ${figure(1 - beta1 ** step)} = ${figure(mHat)}`,
    },
    {
      formula: `v̂ = v / (1 − ${beta2}^step)`,
      numbers: `${figure(v)} / ${figure(1 - beta2 ** step)} = ${figure(vHat)}`,
    },
    {
      formula: `p = ${decay}p − lr × m̂ / (√v̂ + ${eps_adam})`,
      numbers:
        `${kept}${figure(parts.before)} − ${figure(rate)} × ${inside(mHat)} / ` +
        `${figure(Math.sqrt(vHat) + eps_adam)} = ${figure(value)}`,
    },
  ]
}

/** One sentence on what the step did to the parameter. */
export function updateSentence(point: PathPoint, adam: AdamNumbers): string {
  const { step, gradient } = point
  const parts = updateOf(point, adam)
  if (!parts) {
    return 'Adam averages recent gradients, and moves the number a little against them.'
  }
  const { change } = parts
  const slope =
    gradient === 0
      ? 'the gradient was 0: a change of this number would not have changed the loss'
      : `the gradient was ${gradient < 0 ? 'negative' : 'positive'}: a larger number would have ` +
        `meant a ${gradient < 0 ? 'lower' : 'higher'} loss`
  const against = change === 0 || change < 0 === gradient > 0
  const why = against
    ? ''
    : gradient === 0
      ? ' The gradients of earlier steps still move it.'
      : ' It still follows the gradients of earlier steps.'
  const moved =
    change === 0
      ? 'Adam left it where it was.'
      : `Adam ${change < 0 ? 'lowered' : 'raised'} it by ${figure(Math.abs(change))}.`
  return `At step ${count(step)} ${slope}. ${moved}${why}`
}
