/** Ctrl-C and SIGTERM: a wish that the run reads between two steps. */

const EXIT_CODES = { SIGINT: 130, SIGTERM: 143 } as const

export class Interrupt {
  /** 0 until a signal comes; then the code to exit with. */
  code = 0
  private readonly controller = new AbortController()

  constructor() {
    const names = Object.keys(EXIT_CODES) as (keyof typeof EXIT_CODES)[]
    const stop = (name: keyof typeof EXIT_CODES) => {
      // Without a listener the next signal ends the process at once, whatever it is doing.
      for (const each of names) process.off(each, stop)
      this.code = EXIT_CODES[name]
      this.controller.abort()
    }
    for (const name of names) process.on(name, stop)
  }

  /** For what waits: aborted when a signal comes. */
  get signal(): AbortSignal {
    return this.controller.signal
  }
}
