/** A run of training that tells the page how it goes, and listens between its steps. */
import { nextTurn } from '../../worker/turn.js'
import type { Progress, Sample, StopRule } from '../messages.js'
import { LossLog } from '../loss-log.js'
import { short } from '../text.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { Engine } from './engine.js'

/** 12 messages a second; what Look inside asks for comes on top, 7 a second at most. */
const MESSAGE_MS = 80
/** Samples on the way of a whole run, besides those at its end. */
const SAMPLES = 24

export class Run {
  readonly engine: Engine
  pace: number | null = null
  stop: StopRule = { kind: 'end' }
  /** Of this run, as the page's own. */
  readonly log: LossLog
  /** Milliseconds of training. */
  ms: number
  private playing = false
  private losses: number[] = []
  private lrs: number[] = []
  private samples: Sample[] = []
  private readonly known: ReadonlySet<string>
  private readonly sampleEvery: number
  private readonly post: (progress: Progress) => void
  private wake = () => {}
  private sentAt = -Infinity

  /** @param past where a run is taken up: its losses, and the milliseconds that it took */
  constructor(
    engine: Engine,
    post: (progress: Progress) => void,
    past: { log: LossLog; ms: number } | null = null,
  ) {
    this.engine = engine
    this.post = post
    this.log = past?.log ?? new LossLog(engine.step)
    this.ms = past?.ms ?? 0
    this.known = new Set(engine.docs)
    this.sampleEvery = Math.ceil(engine.config.num_steps / SAMPLES)
  }

  isKnown(text: string): boolean {
    return this.known.has(text)
  }

  /** Goes on until it is paused, or the stop rule or the end is reached. */
  async play(): Promise<void> {
    if (this.playing) return
    this.playing = true
    if (this.engine.step === 0 && this.ms === 0) this.addSample()
    try {
      while (this.playing && !this.isOver()) {
        if (this.pace === null) this.burst()
        else await this.slowStep(this.pace)
        if (this.isOver() || !this.playing) break
        if (performance.now() - this.sentAt >= MESSAGE_MS) this.report('running')
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

  pause(): void {
    this.playing = false
    this.wake()
  }

  /** One step and no more. */
  once(): void {
    if (this.playing || this.atEnd()) return
    try {
      this.trainStep()
      if (this.atEnd()) this.addFinalSamples()
      this.report(this.atEnd() ? 'finished' : 'paused')
    } catch (error) {
      this.fail(error)
    }
  }

  /** Says where a run stands that was taken up, and what it writes there. */
  show(): void {
    this.addSample()
    this.report(this.atEnd() ? 'finished' : 'paused')
  }

  setPace(pace: number | null): void {
    this.pace = pace
    this.wake()
  }

  private fail(error: unknown): void {
    this.report('failed', error instanceof Error ? error.message : String(error))
  }

  /** As many steps as fit until the next message is due; the first step is told of at once. */
  private burst(): void {
    const until = this.sentAt < 0 ? 0 : performance.now() + MESSAGE_MS / 2
    do this.trainStep()
    while (!this.isOver() && performance.now() < until)
  }

  private async slowStep(pace: number): Promise<void> {
    this.trainStep()
    this.report('running')
    // A pause or another pace ends the wait at once.
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, 1000 / pace)
      this.wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  private trainStep(): void {
    const start = performance.now()
    const { value } = this.engine.train({ steps: 1 }).next()
    this.ms += performance.now() - start
    if (!value) return
    this.losses.push(value.loss)
    this.lrs.push(value.lr)
    this.log.push(value.loss, value.lr)
    if (value.step % this.sampleEvery === 0 && !this.atEnd()) this.addSample()
  }

  private atEnd(): boolean {
    return this.engine.step >= this.engine.config.num_steps
  }

  private isOver(): boolean {
    const { stop } = this
    if (this.atEnd()) return true
    if (stop.kind === 'loss') return this.log.lastSmoothed < stop.value
    return stop.kind === 'step' && this.engine.step >= stop.value
  }

  /** With a seed of its own, so that the samples at the end are those of microgpt.py. */
  private addSample(): void {
    const { engine } = this
    if (!(engine instanceof MicroGPT)) return
    const text = Array.from(engine.generate({ seed: engine.step }), ({ char }) => char).join('')
    this.keep(text)
  }

  /** What microgpt.py prints when it has trained. */
  private addFinalSamples(): void {
    if (this.losses.length === 0) return
    for (const text of this.engine.sample({ count: 20 })) this.keep(text)
  }

  private keep(text: string): void {
    this.samples.push({ step: this.engine.step, text: short(text, 80), known: this.isKnown(text) })
  }

  private report(state: Progress['state'], error?: string): void {
    const { engine, ms, samples } = this
    const losses = Float64Array.from(this.losses)
    const lrs = Float64Array.from(this.lrs)
    const { batch_size } = engine.config
    const last = engine.docs[((engine.step - 1) * batch_size) % engine.docs.length] ?? ''
    const doc = engine.step === 0 ? '' : short(last)
    this.losses = []
    this.lrs = []
    this.samples = []
    this.sentAt = performance.now()
    const said = error === undefined ? {} : { error }
    this.post({ step: engine.step, losses, lrs, samples, doc, ms, state, ...said })
  }
}
