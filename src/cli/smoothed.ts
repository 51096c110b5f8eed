/** A loss without its noise. */

/** What it keeps of itself at each step: it looks back about 20 steps. */
const KEEP = 0.95

/** An exponential moving average, without its bias to 0 at the start. */
export class SmoothedLoss {
  private average = 0
  /** What `average` has taken in so far; it nears 1, and is divided out before. */
  private weight = 0

  add(loss: number): void {
    this.average = KEEP * this.average + (1 - KEEP) * loss
    this.weight = KEEP * this.weight + (1 - KEEP)
  }

  get value(): number {
    return this.average / this.weight
  }
}
