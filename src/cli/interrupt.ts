/** Ctrl-C, SIGTERM and a terminal that is closed: a wish that the run reads between two steps. */
import { constants } from 'node:os'

const NAMES = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** A shell sends Ctrl-C to all its children, and npm passes it on once more: both mean one thing. */
const SAME_WISH_MS = 1000

export class Interrupt {
  /** 0 until a signal comes; then the code to exit with. */
  code = 0
  private readonly controller = new AbortController()
  private since = 0

  constructor() {
    for (const name of NAMES) process.on(name, () => this.stop(128 + constants.signals[name]))
  }

  /** For what waits: aborted when a signal comes. */
  get signal(): AbortSignal {
    return this.controller.signal
  }

  /**
   * A second signal ends the process at once, unless it comes within a second of the first. While a
   * model is being saved no signal is seen: the save is finished first.
   */
  private stop(code: number): void {
    const now = performance.now()
    if (this.code === 0) {
      this.code = code
      this.since = now
      this.controller.abort()
    } else if (now - this.since > SAME_WISH_MS) {
      process.exit(this.code)
    }
  }
}
