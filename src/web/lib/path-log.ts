/**
 * One parameter through a run: its value and gradient at each step, and Adam's moments. A very long
 * run keeps only every n-th step, and always the latest.
 */

/** The options of Adam, as in a Config. */
export interface AdamNumbers {
  beta1: number
  beta2: number
  eps_adam: number
  weight_decay: number
}

/** One step as the parameter saw it; at the first point, gradient and rate are NaN. */
export interface PathPoint {
  step: number
  /** After the step's update. */
  value: number
  /** As Adam used it, after grad_clip. */
  gradient: number
  /** The learning rate of the step. */
  rate: number
  /** Adam's moments after the step; NaN if the run was not followed from step 1. */
  m: number
  v: number
}

/** A column for each field of a point. */
export type PathColumns = Record<keyof PathPoint, Float64Array>

export const PATH_FIELDS = ['step', 'value', 'gradient', 'rate', 'm', 'v'] as const
/** Adam sets moments below this to 0; assembly/adam.ts says why. */
const TINY = 1e-250
const flush = (x: number) => (Math.abs(x) >= TINY ? x : 0)

export class PathLog {
  private points: PathPoint[]
  private last: PathPoint
  private stride = 1
  private readonly adam: AdamNumbers
  private readonly most: number

  /**
   * @param value the parameter after `step` steps, where the log begins
   * @param most the largest number of points; from there on it keeps every second one
   */
  constructor(adam: AdamNumbers, step: number, value: number, most = 4096) {
    this.adam = adam
    this.most = most
    const moment = step === 0 ? 0 : NaN
    this.last = { step, value, gradient: NaN, rate: NaN, m: moment, v: moment }
    this.points = [this.last]
  }

  get end(): PathPoint {
    return this.last
  }

  /** Adds the next step. The moments follow from the gradients, with the operations of the core. */
  add(value: number, gradient: number, rate: number): void {
    const { beta1, beta2 } = this.adam
    const { step, m, v } = this.last
    this.last = {
      ...{ step: step + 1, value, gradient, rate },
      m: Number.isNaN(m) ? m : flush(beta1 * m + (1 - beta1) * gradient),
      v: Number.isNaN(v) ? v : flush(beta2 * v + (1 - beta2) * (gradient * gradient)),
    }
    const first = this.points[0]!.step
    if ((this.last.step - first) % this.stride !== 0) return
    this.points.push(this.last)
    if (this.points.length <= this.most) return
    this.stride *= 2
    this.points = this.points.filter((point) => (point.step - first) % this.stride === 0)
  }

  /** A copy of all points, the latest included. */
  columns(): PathColumns {
    const { points, last } = this
    const all = points.at(-1) === last ? points : [...points, last]
    const column = (field: keyof PathPoint) => Float64Array.from(all, (point) => point[field])
    return Object.fromEntries(PATH_FIELDS.map((name) => [name, column(name)])) as PathColumns
  }
}

/** The point at an index of the columns. */
export function pointOf(columns: PathColumns, i: number): PathPoint {
  return Object.fromEntries(PATH_FIELDS.map((name) => [name, columns[name][i]!])) as never
}

/** The parts of Adam's update at a point. */
export interface UpdateParts {
  /** The moments with bias correction. */
  mHat: number
  vHat: number
  /** What the step added to the parameter. */
  change: number
  /** The value before the step. */
  before: number
}

/**
 * The update of a step, as microgpt.py writes it:
 *
 *     m_hat = m / (1 - beta1^t)
 *     v_hat = v / (1 - beta2^t)
 *     p = p - lr m_hat / (sqrt(v_hat) + eps)
 *
 * Weight decay first multiplies p by 1 - lr weight_decay.
 * @returns null where the moments are not known
 */
export function updateOf(point: PathPoint, adam: AdamNumbers): UpdateParts | null {
  const { step, value, rate, m, v } = point
  if (Number.isNaN(m) || Number.isNaN(rate)) return null
  const mHat = m / (1 - adam.beta1 ** step)
  const vHat = v / (1 - adam.beta2 ** step)
  const move = (rate * mHat) / (Math.sqrt(vHat) + adam.eps_adam)
  const before = (value + move) / (1 - rate * adam.weight_decay)
  return { mHat, vHat, change: value - before, before }
}
