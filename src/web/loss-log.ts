/** The losses of one run, with their smoothed curve; a very long run is kept at a coarser grain. */
import { Smooth } from './smooth.js'

const MOST = 2 ** 18

export class LossLog {
  /** Steps between two points: 1, until there are too many. */
  stride = 1
  /** Points kept. */
  length = 0
  /** Steps heard of. */
  steps = 0
  private losses = new Float64Array(1024)
  private smoothed = new Float64Array(1024)
  private rates = new Float64Array(1024)
  private readonly smooth = new Smooth()

  add(losses: Float64Array, lrs: Float64Array): void {
    losses.forEach((loss, i) => {
      const smoothed = this.smooth.add(loss)
      if (this.steps++ % this.stride !== 0) return
      if (this.length === this.losses.length) this.makeRoom()
      if ((this.steps - 1) % this.stride !== 0) return
      this.losses[this.length] = loss
      this.smoothed[this.length] = smoothed
      this.rates[this.length] = lrs[i]!
      this.length++
    })
  }

  get lastSmoothed(): number {
    return this.smooth.value
  }

  /** Step, loss, smoothed loss and learning rate of a point. */
  at(i: number) {
    return {
      step: i * this.stride + 1,
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
