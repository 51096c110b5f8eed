/** A training run that reports its progress and can be controlled between steps. */
import { nextTurn } from '../../worker/turn.js'
import type { Pace, RunProgress, Sample, StopRule } from '../page-api.js'
import { LossLog } from '../loss-log.js'
import { short } from '../text.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { Engine } from './engine.js'
import type { Follower } from './follower.js'

/** 9 reports per second. */
const MESSAGE_MS = 110
/** 25 reports per second at the watch pace. */
const WATCH_MS = 40
/** Samples drawn during a whole run, without those at its end. */
const SAMPLES = 24
/** Validations during a whole run. */
const VALIDATIONS = 10
/** Length of a sample in text mode, in characters. */
const TEXT_SAMPLE = 120

export class Run {
  readonly engine: Engine
  /** The losses of this run; the page keeps the same log. */
  readonly log: LossLog
  /** Milliseconds of training. */
  ms: number
  /** Resolves when training has stopped. */
  idle: Promise<void> = Promise.resolve()
  private pace: Pace = { kind: 'instant' }
  private stop: StopRule = { kind: 'end' }
  private playing = false
  private losses: number[] = []
  private lrs: number[] = []
  private samples: Sample[] = []
  private validation: NonNullable<RunProgress['validation']> | null = null
  private readonly known: ReadonlySet<string>
  private readonly sampleEvery: number
  private readonly validateEvery: number
  private readonly post: (progress: RunProgress) => void
  private wake = () => {}
  private sentAt = -Infinity
  /** Time and step at which the current pace was set. */
  private watch = { time: 0, step: 0 }
  private readonly follower: Follower

  /** @param past losses and milliseconds of training of a resumed run */
  constructor(
    engine: Engine,
    follower: Follower,
    post: (progress: RunProgress) => void,
    past: { log: LossLog; ms: number } | null = null,
  ) {
    this.engine = engine
    this.follower = follower
    this.post = post
    this.log = past?.log ?? new LossLog(engine.step)
    this.ms = past?.ms ?? 0
    this.known = new Set(engine.docs)
    const { num_steps } = engine.config
    this.sampleEvery = Math.ceil(num_steps / SAMPLES)
    this.validateEvery = Math.ceil(num_steps / VALIDATIONS)
  }

  isKnown(text: string): boolean {
    return this.known.has(text)
  }

  /** Trains until it is paused, the stop rule is met, or the run ends. */
  play(pace: Pace, stop: StopRule): Promise<void> {
    this.setPace(pace)
    // A rule that is already met is ignored; otherwise the run could not be continued.
    this.stop = stop
    if (this.ruleIsMet()) this.stop = { kind: 'end' }
    if (!this.playing) this.idle = this.loop()
    return this.idle
  }

  pause(): void {
    this.playing = false
    this.wake()
  }

  /** Makes a single step. */
  once(): void {
    if (this.playing || this.atEnd()) return
    try {
      if (this.isNew()) this.addSample()
      this.trainStep()
      if (this.atEnd()) this.addFinalSamples()
      this.report(this.atEnd() ? 'finished' : 'paused')
    } catch (error) {
      this.fail(error)
    }
  }

  /** Reports the step of a restored run, with a sample. */
  show(): void {
    this.addSample()
    this.report(this.atEnd() ? 'finished' : 'paused')
  }

  /** What the model writes before its first step, as the run draws it; null after that step. */
  firstSample(): Sample | null {
    const text = this.isNew() ? this.draw() : null
    return text === null ? null : this.sampleOf(text)
  }

  setPace(pace: Pace): void {
    this.pace = pace
    this.watch = { time: performance.now(), step: this.engine.step }
    this.wake()
  }

  private async loop(): Promise<void> {
    this.playing = true
    if (this.isNew()) this.addSample()
    try {
      while (this.playing && !this.isOver()) {
        await this.advance()
        if (this.isOver() || !this.playing) break
        const every = this.pace.kind === 'watch' ? WATCH_MS : MESSAGE_MS
        if (performance.now() - this.sentAt >= every) this.report('running')
        await nextTurn()
      }
      if (this.atEnd()) this.addFinalSamples()
      this.report(this.atEnd() ? 'finished' : this.isOver() ? 'stopped' : 'paused')
    } catch (error) {
      this.fail(error)
    } finally {
      this.playing = false
    }
  }

  private advance(): void | Promise<void> {
    const { pace } = this
    if (pace.kind === 'slow') {
      this.trainStep()
      this.report('running')
      return this.wait(1000 / pace.rate)
    }
    if (pace.kind === 'watch') return this.follow(pace.ms)
    this.burst()
  }

  /** Makes as many steps as fit before the next report; the first step is reported at once. */
  private burst(): void {
    const until = this.sentAt < 0 ? 0 : performance.now() + MESSAGE_MS / 2
    do this.trainStep()
    while (!this.isOver() && performance.now() < until)
  }

  /** Follows a time schedule that starts slowly: step = num_steps * (t / ms)^2. */
  private follow(ms: number): void | Promise<void> {
    const { num_steps } = this.engine.config
    const { time, step } = this.watch
    const start = Math.sqrt(step / num_steps)
    const share = start + (performance.now() - time) / ms
    const target = Math.min(num_steps, Math.max(step + 1, num_steps * share * share))
    const until = performance.now() + WATCH_MS
    while (this.engine.step < target && !this.isOver() && performance.now() < until) {
      this.trainStep()
    }
    if (this.engine.step < target || this.isOver()) return
    if (performance.now() - this.sentAt >= WATCH_MS) this.report('running')
    return this.wait(WATCH_MS / 2)
  }

  /** Waits; a pause or a change of pace ends the wait at once. */
  private wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private fail(error: unknown): void {
    this.report('failed', error instanceof Error ? error.message : String(error))
  }

  private trainStep(): void {
    const { engine } = this
    const start = performance.now()
    const { value } = engine.train({ steps: 1 }).next()
    this.ms += performance.now() - start
    if (!value) return
    this.follower.record(value.lr)
    this.losses.push(value.loss)
    this.lrs.push(value.lr)
    this.log.push(value.loss, value.lr)
    if (value.step % this.sampleEvery === 0 && !this.atEnd()) this.addSample()
    const due = value.step % this.validateEvery === 0 || this.atEnd()
    if (due && engine instanceof MicroGPT && engine.counts.val > 0) {
      this.validation = { step: value.step, loss: engine.validate() }
    }
  }

  private isNew(): boolean {
    return this.engine.step === 0 && this.ms === 0
  }

  private atEnd(): boolean {
    return this.engine.step >= this.engine.config.num_steps
  }

  private isOver(): boolean {
    return this.atEnd() || this.ruleIsMet()
  }

  private ruleIsMet(): boolean {
    const { stop } = this
    if (stop.kind === 'loss') return this.log.lastSmoothed < stop.value
    return stop.kind === 'step' && this.engine.step >= stop.value
  }

  private addSample(): void {
    const text = this.draw()
    if (text !== null) this.keep(text)
  }

  /**
   * A sample from a separate random generator, so that the samples at the end match those of
   * microgpt.py; null for the reference engines, which have only the run's own generator.
   */
  private draw(): string | null {
    const { engine } = this
    if (!(engine instanceof MicroGPT)) return null
    const options = engine.mode === 'text' ? { length: TEXT_SAMPLE } : {}
    const drawn = engine.generate({ seed: engine.step, ...options })
    return Array.from(drawn, ({ char }) => char).join('')
  }

  /** The samples that microgpt.py prints after training. */
  private addFinalSamples(): void {
    if (this.losses.length === 0) return
    const count = this.engine instanceof MicroGPT && this.engine.mode === 'text' ? 1 : 20
    for (const text of this.engine.sample({ count })) this.keep(text)
  }

  private keep(text: string): void {
    this.samples.push(this.sampleOf(text))
  }

  private sampleOf(text: string): Sample {
    return { step: this.engine.step, text: short(text, 200), known: this.isKnown(text) }
  }

  private report(state: RunProgress['state'], error?: string): void {
    const { engine, ms, samples, validation } = this
    const losses = Float64Array.from(this.losses)
    const lrs = Float64Array.from(this.lrs)
    const { batch_size } = engine.config
    const last = engine.docs[((engine.step - 1) * batch_size) % engine.docs.length] ?? ''
    const doc = engine.step === 0 ? '' : short(last)
    this.losses = []
    this.lrs = []
    this.samples = []
    this.validation = null
    this.sentAt = performance.now()
    const more = { ...(validation && { validation }), ...(error !== undefined && { error }) }
    this.post({ step: engine.step, losses, lrs, samples, doc, ms, state, ...more })
  }
}
