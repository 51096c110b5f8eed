/** Stores the current run in the browser every few seconds, between training steps. */
import { hashOf } from '../../checkpoint/write.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import type { PageEvent, SourceText } from '../page-api.js'
import type { Run } from './run.js'
import { put } from './run-store.js'

const EVERY_MS = 2000
const SOON_MS = 150
/** Maximum share of the worker's time spent on saving, so a large model is saved less often. */
const SHARE = 1 / 20

/** A run, and what is needed to resume it in another page. */
export interface Subject {
  gpt: MicroGPT
  run: Run
  source: SourceText
  initial: Float64Array | null
  before: string
  /** Id of the stored run that this run resumes and replaces. */
  replaced: string | null
}

export class PageAutosave {
  private readonly post: (message: PageEvent) => void
  private subject: Subject | null = null
  private id = ''
  private mark = ''
  /** Whether this run has been stored at least once. */
  private isStored = false
  /** The step stored last. A run that has made no step here is not stored. */
  private storedStep = 0
  private dueAt = 0
  /** Writes that have begun and not ended. */
  private writes = 0
  private last: Promise<unknown> = Promise.resolve()

  constructor(post: (message: PageEvent) => void) {
    this.post = post
  }

  /** Switches to another run; the previous one is stored first. */
  follow(subject: Subject | null): void {
    this.storeNow()
    this.subject = subject
    this.id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
    this.mark = ''
    this.isStored = false
    this.storedStep = subject?.gpt.step ?? 0
    this.dueAt = performance.now() + EVERY_MS
  }

  /** Whether this is the current run, or the stored run that it resumes. */
  has(id: string): boolean {
    return id === this.id || id === this.subject?.replaced
  }

  /** Resolves when all pending writes have finished or failed. */
  async settled(): Promise<void> {
    await this.last
  }

  /** Stores the run if it is due. */
  storeIfDue(): void {
    if (this.writes === 0 && performance.now() >= this.dueAt) this.storeNow()
  }

  /** Stores the run after a short delay, so that the page first shows how the run ended. */
  storeSoon(): void {
    setTimeout(() => this.storeNow(), SOON_MS)
  }

  storeNow(): void {
    const { subject, id } = this
    if (!subject || subject.gpt.step === this.storedStep) return
    const { gpt, run, source, initial, before, replaced } = subject
    const { text, name, mode, valFraction } = source
    const start = performance.now()
    const { step } = gpt
    const time = Date.now()
    this.storedStep = step
    this.writes++
    const write = async () => {
      this.mark ||= hashOf([text])
      const file = gpt.save({ optimizer: true })
      const about = { id, step, of: gpt.config.num_steps, time, name, mark: this.mark, text }
      const state = { file, log: run.log.state(), ms: run.ms, initial, before, mode, valFraction }
      // The write begins at once, because the page may be closing. The store keeps the order.
      const written = put(about, state, replaced, !this.isStored)
      this.last = Promise.allSettled([this.last, written])
      const cost = performance.now() - start
      await written
      if (this.subject === subject) this.isStored = true
      this.dueAt = performance.now() + Math.max(EVERY_MS, cost / SHARE)
    }
    write()
      .then(() => this.post({ type: 'autosave', step, time }))
      .catch((error: unknown) => {
        this.post({ type: 'autosave', step, time, trouble: whyNot(error) })
        if (this.subject === subject) this.storedStep = -1
        this.dueAt = performance.now() + 10 * EVERY_MS
      })
      .finally(() => this.writes--)
  }
}

/** The reason why the browser's store failed, to complete a sentence. */
export function whyNot(error: unknown): string {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (name === 'QuotaExceededError') return 'the browser gives this page no more room'
  if (name === 'SecurityError' || name === 'InvalidStateError')
    return 'the browser keeps nothing for this page'
  if (name === 'VersionError') return 'a later version of this page has its runs there'
  return message || name
}
