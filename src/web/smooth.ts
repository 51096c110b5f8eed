/** The smoothed loss of the chart and of the stop rule. */
const KEEP = 0.97

/** An exponential mean over some 30 steps, without the pull of its start at 0 (as Adam's m_hat). */
export class Smooth {
  value = NaN
  mean = 0
  weight = 0

  add(x: number): number {
    this.mean = KEEP * this.mean + (1 - KEEP) * x
    this.weight = KEEP * this.weight + (1 - KEEP)
    return this.settle()
  }

  /** Goes on from a mean and a weight that were kept. */
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
