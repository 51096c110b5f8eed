/** Follows one parameter through a run. */
import { MicroGPT } from '../../gpt/microgpt.js'
import { nextTurn } from '../../worker/turn.js'
import { type PathColumns, PathLog } from '../lib/path-log.js'
import { type Engine, gradientAt } from './engine.js'

/** A run that took longer than this is not repeated to learn what a parameter did in it. */
const MOST_MS = 4000
/** Time between two turns of the event loop while a run is repeated. */
const TURN_MS = 10

interface Point {
  value: number
  gradient: number
  rate: number
}

export class Follower {
  private readonly engine: Engine
  /** Makes the model again as it was before training; null if that is not possible. */
  private readonly again: (() => Promise<Engine>) | null
  private index = -1
  private log: PathLog | null = null
  /** Steps made while the earlier ones are being repeated. */
  private waiting: Point[] | null = null

  constructor(engine: Engine, again: (() => Promise<Engine>) | null) {
    this.engine = engine
    this.again = again
  }

  /** Records the step that the engine has just made. */
  record(rate: number): void {
    const { engine, index, log, waiting } = this
    if (!log) return
    const value = engine.params[index]!
    const gradient = gradientAt(engine, index)
    if (waiting) waiting.push({ value, gradient, rate })
    else log.add(value, gradient, rate)
  }

  /**
   * The path of a parameter so far. For another parameter than before, a short run is repeated on a
   * second model: runs are deterministic, so it sees the same numbers. A long run is followed from
   * now on.
   * @param ms how long the run has trained, in milliseconds
   */
  async follow(index: number, ms: number): Promise<PathColumns | null> {
    if (!(Number.isInteger(index) && index >= 0 && index < this.engine.numParams)) return null
    if (index !== this.index) await this.begin(index, ms)
    // While a run is repeated there is nothing to show yet.
    return index === this.index && !this.waiting ? (this.log?.columns() ?? null) : null
  }

  private async begin(index: number, ms: number): Promise<void> {
    const { engine, again } = this
    const { step, params } = engine
    this.index = index
    const log = new PathLog(engine.config, step, params[index]!)
    this.log = log
    this.waiting = null
    if (step === 0 || !again || ms > MOST_MS) return
    const waiting: Point[] = []
    this.waiting = waiting
    const earlier = await this.repeat(again, index, step).catch(() => null)
    if (this.log !== log) return
    // A run that cannot be repeated exactly is followed from where it was.
    if (earlier?.end.value === log.end.value) this.log = earlier
    for (const { value, gradient, rate } of waiting) this.log.add(value, gradient, rate)
    this.waiting = null
  }

  private async repeat(again: () => Promise<Engine>, index: number, steps: number) {
    const twin = await again()
    try {
      const log = new PathLog(twin.config, 0, twin.params[index]!)
      let turn = performance.now()
      for (const { lr } of twin.train({ steps })) {
        log.add(twin.params[index]!, gradientAt(twin, index), lr)
        if (this.index !== index) break
        if (performance.now() - turn < TURN_MS) continue
        await nextTurn()
        turn = performance.now()
      }
      return log
    } finally {
      if (twin instanceof MicroGPT) twin.free()
    }
  }
}
