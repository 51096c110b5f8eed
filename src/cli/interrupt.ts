/** Records SIGINT (Ctrl-C), SIGTERM and SIGHUP (terminal closed); a run checks between steps. */
import { constants } from 'node:os'

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Signals within this time count as one: npm passes on a Ctrl-C that its child also received. */
const SAME_SIGNAL_MS = 1000

export class Interrupt {
  /** 0 until a signal arrives, then the exit code. */
  code = 0
  private readonly controller = new AbortController()
  private since = 0

  constructor() {
    for (const name of NAMES) process.on(name, () => this.stop(128 + constants.signals[name]))
  }

  /** Aborted when a signal arrives; for code that waits. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /**
   * A second signal ends the process at once, unless it arrives within a second of the first.
   * Saving is synchronous, so a signal that arrives during a save is handled after the save.
   */
  private stop(code: number): void {
    const now = performance.now()
    if (this.code === 0) {
      this.code = code
      this.since = now
      this.controller.abort()
    } else if (now - this.since > SAME_SIGNAL_MS) {
      process.exit(this.code)
    }
  }
}
