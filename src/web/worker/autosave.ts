/** Stores the current run in the browser, between its steps, every few seconds. */
import { hashOf } from '../../checkpoint/write.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import type { PageEvent, SourceText } from '../page-api.js'
import type { Run } from './run.js'
import { put } from './run-store.js'

const EVERY_MS = 2000
const SOON_MS = 150
/** Share of the worker's time that saving may take: a large model is saved less often. */
const SHARE = 1 / 20

/** A run, and what else another page needs to resume it. */
export interface Subject {
  gpt: MicroGPT
  run: Run
  source: SourceText
  initial: Float64Array | null
  before: string
  /** The stored run that it resumes, which it replaces. */
  replaced: string | null
}

export class PageAutosave {
  private readonly post: (message: PageEvent) => void
  private subject: Subject | null = null
  private id = ''
  private mark = ''
  /** The step that was stored last; nothing is stored of a run that has made no step here. */
  private storedStep = 0
  private dueAt = 0
  private busy = false
  private last: Promise<void> = Promise.resolve()

  constructor(post: (message: PageEvent) => void) {
    this.post = post
  }

  /** Another run replaces the one before, which is stored as it is. */
  follow(subject: Subject | null): void {
    this.storeNow()
    this.subject = subject
    this.id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}`
    this.mark = ''
    this.storedStep = subject?.gpt.step ?? 0
    this.dueAt = performance.now() + EVERY_MS
  }

  /** Whether this is the current run, or the stored run that it resumes. */
  has(id: string): boolean {
    return id === this.id || id === this.subject?.replaced
  }

  /** When all pending writes are done, or have failed. */
  settled(): Promise<void> {
    return this.last.catch(() => {})
  }

  /** Stores it if it is due. */
  storeIfDue(): void {
    if (!this.busy && performance.now() >= this.dueAt) this.storeNow()
  }

  /** After what waits: the page hears and shows first how the run ended. */
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
    this.busy = true
    const write = async () => {
      this.mark ||= hashOf([text])
      const file = gpt.save({ optimizer: true })
      const about = { id, step, of: gpt.config.num_steps, time, name, mark: this.mark, text }
      const state = { file, log: run.log.state(), ms: run.ms, initial, before, mode, valFraction }
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
        if (this.subject === subject) this.storedStep = -1
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
