/** The page's end of the line to a worker: calls, and their answers. */
import { MicroGPTError } from '../errors.js'
import { type Call, type Calls, type Parts, type Reply, unpackError } from './messages.js'

interface Pending {
  resolve(value: never): void
  reject(error: Error): void
  hear?: (part: never) => void
}

export class Line {
  /** The number of the call that comes next. */
  nextId = 1
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private gone: Error | null = null

  constructor(worker: Worker) {
    this.worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.hear(data))
    worker.addEventListener('error', ({ message }) => {
      const what = message ? `failed: ${message}` : 'could not be loaded'
      this.hangUp(new MicroGPTError(`the worker ${what}`))
    })
  }

  /**
   * @param hear is told what the call gives before it answers
   * @param moved memory that goes to the worker instead of being copied
   */
  call<C extends Call>(
    call: C,
    argument: Calls[C][0],
    hear?: (part: C extends keyof Parts ? Parts[C] : never) => void,
    moved: Transferable[] = [],
  ): Promise<Calls[C][1]> {
    return new Promise((resolve, reject) => {
      if (this.gone) throw this.gone
      const id = this.nextId++
      this.worker.postMessage({ id, call, argument }, moved)
      this.pending.set(id, { resolve, reject, ...(hear && { hear }) })
    })
  }

  /** Ends a call that goes on bit by bit. */
  stop(id: number): void {
    if (this.pending.has(id)) this.worker.postMessage({ id, call: 'stop' }, [])
  }

  /** Ends the worker; what waits for an answer, and what is called from now on, fails. */
  hangUp(error: Error): void {
    this.gone ??= error
    this.worker.terminate()
    for (const { reject } of this.pending.values()) reject(error)
    this.pending.clear()
  }

  private hear(reply: Reply): void {
    const waiting = this.pending.get(reply.id)
    if (!waiting) return
    if ('part' in reply) {
      waiting.hear?.(reply.part as never)
      return
    }
    this.pending.delete(reply.id)
    if ('error' in reply) waiting.reject(unpackError(reply.error))
    else waiting.resolve(reply.result as never)
  }
}
