/** A progress line that fits any width: step, losses, speed and time left. */
import type { TrainStep } from '../gpt/trainable.js'
import { SmoothedLoss } from './smoothed.js'

/** A line as microgpt.py prints it, `step    1 /  500 | loss 3.3630`, then the validation loss. */
export function stepLine({ step, loss, valLoss }: TrainStep, total: number): string {
  const val = valLoss === undefined ? '' : ` | val ${valLoss.toFixed(4)}`
  return `step ${pad(step)} / ${pad(total)} | loss ${loss.toFixed(4)}${val}`
}

const pad = (n: number) => String(n).padStart(4)

/** A duration as text: 9s, 1m05s, 2h03m. */
export function secondsText(seconds: number): string {
  const s = Math.ceil(seconds)
  if (s < 60) return `${s}s`
  const two = (n: number) => String(n % 60).padStart(2, '0')
  const minutes = Math.floor(s / 60)
  return minutes < 60 ? `${minutes}m${two(s)}s` : `${Math.floor(minutes / 60)}h${two(minutes)}m`
}

export class Progress {
  private readonly total: number
  private readonly began: number
  private last: TrainStep | null = null
  /** Steps that the run had made before it was resumed. */
  private before = 0
  private readonly average = new SmoothedLoss()

  /** @param began start time in ms, on the same clock as `now` of line() */
  constructor(total: number, began: number) {
    this.total = total
    this.began = began
  }

  add(step: TrainStep): void {
    if (!this.last) this.before = step.step - 1
    const val = step.valLoss ?? this.last?.valLoss
    this.last = val === undefined ? step : { ...step, valLoss: val }
    this.average.add(step.loss)
  }

  /** The smoothed loss. */
  get smoothed(): number {
    return this.average.value
  }

  /** The line, without parts that do not fit into `width` columns; empty before the first step. */
  line(now: number, width: number): string {
    if (!this.last) return ''
    const { step } = this.last
    const rate = (1000 * (step - this.before)) / (now - this.began)
    const parts = [`smoothed ${this.smoothed.toFixed(4)}`]
    if (Number.isFinite(rate)) {
      parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)}/s`)
      if (step < this.total) parts.push(`${secondsText((this.total - step) / rate)} left`)
    }
    let line = stepLine(this.last, this.total).slice(0, width)
    for (const part of parts) {
      if (line.length + 3 + part.length > width) break
      line += ` | ${part}`
    }
    return line
  }
}
