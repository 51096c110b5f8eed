/** How long a run will take, and how many steps to run until the next frame. All times in ms. */

/** The median of a few step times, so that warm-up and pauses do not count. */
export function stepTime(times: readonly number[]): number {
  const sorted = times.filter((time) => Number.isFinite(time) && time >= 0).sort((a, b) => a - b)
  if (sorted.length === 0) return NaN
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/**
 * The time that `steps` steps will take.
 * @param times of single steps; the first ones are slower while the engine warms up
 * @returns NaN when no step was timed
 */
export function estimateRun(times: readonly number[], steps: number): number {
  return Math.max(0, steps) * stepTime(times)
}

/** Formats an estimated time, rounded: 0.2 s, 4 s, 3 min, 2 h. */
export function durationText(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown'
  const seconds = ms / 1000
  if (seconds < 0.1) return 'under 0.1 s'
  if (seconds < 9.95) return `${Number(seconds.toFixed(1))} s`
  if (seconds < 99.5) return `${Math.round(seconds)} s`
  const minutes = seconds / 60
  if (minutes < 99.5) return `${Math.round(minutes)} min`
  const hours = minutes / 60
  return hours < 99.5 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} days`
}

/** Duration of a run at the watch pace, for any number of steps. */
export const WATCH_MS = 4000
/** Longest time between frames, so that the page stays responsive. */
export const FRAME_MS = 12

export interface PacerOptions {
  /** Steps of the whole run. */
  steps: number
  /** Steps already made. */
  done?: number
  /** Time that the whole run should take; 0 is as fast as possible. */
  budget?: number
  /** Maximum time for the steps of one call. */
  frame?: number
}

/**
 * Spreads a run over a time budget. The schedule starts slowly, because the first steps change
 * most. A run that the machine cannot finish in time continues as fast as frames allow.
 */
export class Pacer {
  private readonly steps: number
  private readonly from: number
  private readonly budget: number
  private readonly frame: number
  private elapsed = 0
  private last: number | null = null
  /** Moving average of the time of a step; 0 before the first one. */
  private cost = 0

  constructor({ steps, done = 0, budget = WATCH_MS, frame = FRAME_MS }: PacerOptions) {
    this.steps = steps
    this.from = Math.min(done, steps)
    this.budget = budget
    this.frame = frame
  }

  /**
   * Steps to run now.
   * @param now the current time; a gap counts as at most 250 ms, because the page may be hidden
   * @param done steps made so far
   */
  due(now: number, done: number): number {
    const passed = this.last === null ? 0 : Math.max(0, now - this.last)
    this.last = now
    this.elapsed += Math.min(passed, 250)
    const left = this.steps - done
    if (left <= 0) return 0
    const share = this.budget > 0 ? Math.min(1, this.elapsed / this.budget) : 1
    // The first step is due at once, and the last one when the budget is over.
    const target = this.from + Math.max(1, Math.floor((this.steps - this.from) * curve(share)))
    const wanted = Math.max(0, target - done)
    if (wanted === 0) return 0
    const fitting = this.cost > 0 ? Math.max(1, Math.floor(this.frame / this.cost)) : 1
    return Math.min(wanted, fitting, left)
  }

  /** Records how long the steps of a call took. */
  ran(steps: number, ms: number): void {
    if (steps <= 0 || !(ms >= 0)) return
    // A coarse clock may measure 0; at least 1 µs keeps the cost above 0.
    const each = Math.max(1e-3, ms / steps)
    this.cost = this.cost === 0 ? each : 0.7 * this.cost + 0.3 * each
  }

  /** Stops the clock for a pause: the time until the next due() does not count. */
  pause(): void {
    this.last = null
  }
}

/**
 * The share of steps due after a share t of the time. The slope rises from 0.25 to 1.75, so the
 * first quarter of the time gets 11 % of the steps.
 */
const curve = (t: number) => 0.25 * t + 0.75 * t * t
