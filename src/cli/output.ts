/** Buffered standard output: a run of 500 steps makes a few system calls, not 500. */
import { complain } from './exit.js'

const CHUNK = 1 << 16

export class Output {
  /** Called once if the program must end because its output cannot be written. */
  beforeExit: () => void = () => {}
  private text = ''
  private readonly stream = process.stdout

  constructor() {
    this.stream.on('error', (error) => this.fail(error))
  }

  /** Whether the output is a terminal that can rewrite a line. */
  get live(): boolean {
    return this.stream.isTTY && process.env.TERM !== 'dumb'
  }

  /** Current columns of the terminal; Infinity if the output is not a terminal. */
  get width(): number {
    return this.stream.isTTY ? this.stream.columns || 80 : Infinity
  }

  /** Dims less important text, if the terminal has colors and NO_COLOR is not set. */
  dim(text: string): string {
    return this.live && this.stream.hasColors() ? `\x1b[2m${text}\x1b[22m` : text
  }

  write(text: string): void {
    this.text += text
    if (this.text.length >= CHUNK) this.push()
  }

  /** Writes the buffered text. Waits while the reader is slow, unless `signal` is aborted. */
  async flush(signal?: AbortSignal): Promise<void> {
    this.push()
    if (!this.stream.writableNeedDrain || signal?.aborted) return
    await new Promise<void>((resolve) => {
      const go = () => {
        this.stream.off('drain', go)
        signal?.removeEventListener('abort', go)
        resolve()
      }
      this.stream.on('drain', go)
      signal?.addEventListener('abort', go)
    })
  }

  private push(): void {
    const { text } = this
    this.text = ''
    if (text === '') return
    try {
      this.stream.write(text)
    } catch (error) {
      this.fail(error as Error)
    }
  }

  private fail(error: NodeJS.ErrnoException): never {
    const last = this.beforeExit
    this.beforeExit = () => {}
    try {
      last()
    } catch (trouble) {
      complain((trouble as Error).message)
      process.exit(1)
    }
    // The reader closed the pipe, as in microgpt-wasm train | head. This is not an error.
    if (error.code === 'EPIPE') process.exit(0)
    complain(`cannot write the output: ${error.message}`)
    process.exit(1)
  }
}
