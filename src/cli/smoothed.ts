/** Decay of the average per step: it covers about the last 20 steps. */
const KEEP = 0.95

/** An exponential moving average of the loss, corrected for its bias toward 0 at the start. */
export class SmoothedLoss {
  private average = 0
  /** Sum of the weights in `average`, which approaches 1. Dividing by it corrects the bias. */
  private weight = 0

  add(loss: number): void {
    this.average = KEEP * this.average + (1 - KEEP) * loss
    this.weight = KEEP * this.weight + (1 - KEEP)
  }

  get value(): number {
    return this.average / this.weight
  }
}
