/** The losses of one run with their smoothed curve. A very long run keeps only every n-th step. */
import { Smooth } from './smooth.js'

const MOST = 2 ** 18

/** A log as it is stored and sent in messages. */
export interface LossState {
  first: number
  stride: number
  steps: number
  mean: number
  weight: number
  losses: Float64Array
  smoothed: Float64Array
  rates: Float64Array
}

export class LossLog {
  /** Steps made before this log begins: a checkpoint file contains no losses. */
  first: number
  /** Steps between two points: 1 at first, doubled whenever the log is full. */
  stride = 1
  /** Number of points. */
  length = 0
  /** Number of steps added. */
  steps = 0
  private losses = new Float64Array(1024)
  private smoothed = new Float64Array(1024)
  private rates = new Float64Array(1024)
  private readonly smooth = new Smooth()

  constructor(first = 0) {
    this.first = first
  }

  /** @throws {TypeError} for an invalid state */
  static from(state: LossState): LossLog {
    const { first, stride, steps, mean, weight, losses, smoothed, rates } = state
    const lists = [losses, smoothed, rates]
    const whole = [first, stride, steps].every((x) => Number.isSafeInteger(x) && x >= 0)
    const even = lists.every(
      (list) => list instanceof Float64Array && list.length === losses.length,
    )
    if (!whole || !even || losses.length > MOST || losses.length !== Math.ceil(steps / stride)) {
      throw new TypeError('its losses cannot be read')
    }
    const log = new LossLog(first)
    const room = 2 ** Math.max(10, Math.ceil(Math.log2(losses.length || 1)))
    const grown = (list: Float64Array) => {
      const bigger = new Float64Array(room)
      bigger.set(list)
      return bigger
    }
    log.losses = grown(losses)
    log.smoothed = grown(smoothed)
    log.rates = grown(rates)
    Object.assign(log, { stride, steps, length: losses.length })
    if (steps > 0) log.smooth.restore(mean, weight)
    return log
  }

  /** A copy of all data. */
  state(): LossState {
    const { first, stride, steps, length, smooth } = this
    const { mean, weight } = smooth
    const cut = (list: Float64Array) => list.slice(0, length)
    const [losses, smoothed, rates] = [cut(this.losses), cut(this.smoothed), cut(this.rates)]
    return { first, stride, steps, mean, weight, losses, smoothed, rates }
  }

  add(losses: Float64Array, lrs: Float64Array): void {
    losses.forEach((loss, i) => this.push(loss, lrs[i]!))
  }

  push(loss: number, lr: number): void {
    const smoothed = this.smooth.add(loss)
    if (this.steps++ % this.stride !== 0) return
    if (this.length === this.losses.length) this.makeRoom()
    if ((this.steps - 1) % this.stride !== 0) return
    this.losses[this.length] = loss
    this.smoothed[this.length] = smoothed
    this.rates[this.length] = lr
    this.length++
  }

  get lastSmoothed(): number {
    return this.smooth.value
  }

  /** The last step added. */
  get end(): number {
    return this.first + this.steps
  }

  /** The step of point i. */
  stepOf(i: number): number {
    return this.first + i * this.stride + 1
  }

  /** Step, loss, smoothed loss and learning rate of point i. */
  at(i: number) {
    return {
      step: this.stepOf(i),
      loss: this.losses[i]!,
      smoothed: this.smoothed[i]!,
      lr: this.rates[i]!,
    }
  }

  loss = (i: number) => this.losses[i]!
  smoothedLoss = (i: number) => this.smoothed[i]!

  private makeRoom(): void {
    const halve = this.length >= MOST
    const grown = (old: Float64Array) => {
      if (halve) return old.map((_, i) => old[2 * i] ?? 0)
      const bigger = new Float64Array(2 * old.length)
      bigger.set(old)
      return bigger
    }
    this.losses = grown(this.losses)
    this.smoothed = grown(this.smoothed)
    this.rates = grown(this.rates)
    if (!halve) return
    this.length /= 2
    this.stride *= 2
  }
}

/**
 * A run with more points shows a mean over MEAN_SHARE of the run, because its smoothed loss would look
 * like a band.
 */
export const MANY_POINTS = 3000
const MEAN_SHARE = 1 / 80

/** The smoothed loss, or for a long run its mean over nearby points. */
export function shownMean(log: LossLog): (i: number) => number {
  if (log.length <= MANY_POINTS) return log.smoothedLoss
  const reach = Math.round((log.length * MEAN_SHARE) / 2)
  const sums = new Float64Array(log.length + 1)
  for (let i = 0; i < log.length; i++) sums[i + 1] = sums[i]! + log.smoothedLoss(i)
  return (i) => {
    const [from, to] = [Math.max(0, i - reach), Math.min(log.length, i + reach + 1)]
    return (sums[to]! - sums[from]!) / (to - from)
  }
}
