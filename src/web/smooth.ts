/** The smoothed loss, used by the chart and the stop rule. */
const KEEP = 0.97

/** Exponential moving average over about 30 steps, with Adam's bias correction (m_hat). */
export class Smooth {
  value = NaN
  mean = 0
  weight = 0

  add(x: number): number {
    this.mean = KEEP * this.mean + (1 - KEEP) * x
    this.weight = KEEP * this.weight + (1 - KEEP)
    return this.settle()
  }

  /** Continues from a saved mean and weight. */
  restore(mean: number, weight: number): void {
    this.mean = mean
    this.weight = weight
    this.settle()
  }

  private settle(): number {
    this.value = this.mean / this.weight
    return this.value
  }
}
