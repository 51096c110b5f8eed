/** Keeps the run that is going on in the browser's store, between its steps and now and then. */
import { hashOf } from '../../checkpoint/write.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import type { FromWorker } from '../messages.js'
import type { Run } from './run.js'
import { put } from './shelf.js'

const EVERY_MS = 2000
const SOON_MS = 150
/** Of the worker's time that keeping may take: a large model is kept less often. */
const SHARE = 1 / 20

/** A run, and what else it takes to go on with it in another page. */
export interface Subject {
  gpt: MicroGPT
  run: Run
  text: string
  /** Whose text; null for the shipped names. */
  name: string | null
  initial: Float64Array | null
  before: string
  /** The kept run that it was taken up from: its place is taken over. */
  replaced: string | null
}

export class Keeper {
  private readonly post: (message: FromWorker) => void
  private subject: Subject | null = null
  private id = ''
  private mark = ''
  /** The step that was kept last; nothing is kept of a run that has made no step here. */
  private keptStep = 0
  private dueAt = 0
  private busy = false
  private last: Promise<void> = Promise.resolve()

  constructor(post: (message: FromWorker) => void) {
    this.post = post
  }

  /** Another run takes the place of the one before, which is kept as it stands. */
  watch(subject: Subject | null): void {
    this.keep()
    this.subject = subject
    this.id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
    this.mark = ''
    this.keptStep = subject?.gpt.step ?? 0
    this.dueAt = performance.now() + EVERY_MS
  }

  /** Whether this is the run that is going on, or the record that it was taken up from. */
  has(id: string): boolean {
    return id === this.id || id === this.subject?.replaced
  }

  /** When all that was to be kept has been written, or could not be. */
  settled(): Promise<void> {
    return this.last.catch(() => {})
  }

  /** Keeps it if it is time to. */
  keepIfDue(): void {
    if (!this.busy && performance.now() >= this.dueAt) this.keep()
  }

  /** After what waits: the page hears and shows first how the run ended. */
  keepSoon(): void {
    setTimeout(() => this.keep(), SOON_MS)
  }

  keep(): void {
    const { subject, id } = this
    if (!subject || subject.gpt.step === this.keptStep) return
    const { gpt, run, text, name, initial, before, replaced } = subject
    const start = performance.now()
    const { step } = gpt
    const time = Date.now()
    this.keptStep = step
    this.busy = true
    const write = async () => {
      this.mark ||= hashOf([text])
      const file = gpt.save({ optimizer: true })
      const about = { id, step, of: gpt.config.num_steps, time, name, mark: this.mark, text }
      const state = { file, log: run.log.state(), ms: run.ms, initial, before }
      // The bytes are of now; only the writing waits for the one before.
      this.last = this.last.catch(() => {}).then(() => put(about, state, replaced))
      const cost = performance.now() - start
      await this.last
      this.dueAt = performance.now() + Math.max(EVERY_MS, cost / SHARE)
    }
    write()
      .then(() => this.post({ type: 'autosave', step, time }))
      .catch((error: unknown) => {
        this.post({ type: 'autosave', step, time, trouble: whyNot(error) })
        if (this.subject === subject) this.keptStep = -1
        this.dueAt = performance.now() + 10 * EVERY_MS
      })
      .finally(() => (this.busy = false))
  }
}

/** A sentence's end for what the browser's store refuses. */
export function whyNot(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'QuotaExceededError') return 'the browser gives this page no more room'
  if (name === 'SecurityError' || name === 'InvalidStateError')
    return 'the browser keeps nothing for this page'
  if (name === 'VersionError') return 'a later version of this page has its runs there'
  return message || name
}
