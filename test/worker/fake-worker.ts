/** A Worker for Node: the worker's side runs in this process, at the other end of a channel. */
import { afterEach, beforeEach, vi } from 'vitest'
import { MicroGPTError } from '../../src/index.js'
import type { Reply, Request } from '../../src/worker/rpc.js'
import { serveModel } from '../../src/worker/serve-model.js'

/** What is called like a browser's, and what a test can do to it. */
export class FakeWorker {
  /** Those that were made, in order. */
  static made: FakeWorker[] = []
  readonly url: string
  readonly options: WorkerOptions | undefined
  terminated = false
  /** What the page has sent. */
  readonly sent: Request[] = []
  /** What the worker has answered. */
  readonly answers: Reply[] = []
  /** What was moved with each of them instead of being copied. */
  readonly moved: Transferable[][] = []
  private readonly channel = new MessageChannel()
  private hear: (event: { data: Request }) => void = () => {}
  private onError: ((event: { message?: string }) => void) | null = null

  constructor(url: string | URL, options?: WorkerOptions) {
    this.url = String(url)
    this.options = options
    FakeWorker.made.push(this)
    const { port1, port2 } = this.channel
    serveModel({
      postMessage: (reply, transfer) => {
        if (this.terminated) return
        this.answers.push(structuredClone(reply))
        this.moved.push(transfer)
        port2.postMessage(reply, transfer)
      },
      addEventListener: (type, listener) => {
        this.hear = listener
        port2.addEventListener(type, (event) => {
          if (!this.terminated) listener(event)
        })
      },
    })
    port1.start()
    port2.start()
  }

  postMessage(request: Request, transfer: Transferable[]): void {
    // What makes a script a worker: this one is.
    if ('microgpt' in request) return
    if (this.terminated) throw new MicroGPTError('a worker that is gone was sent a message')
    this.sent.push(structuredClone(request))
    this.channel.port1.postMessage(request, transfer)
  }

  addEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'error') this.onError = listener as typeof this.onError
    else this.channel.port1.addEventListener('message', listener as EventListener)
  }

  removeEventListener(type: 'message' | 'error', listener: (event: never) => void): void {
    if (type === 'message') this.channel.port1.removeEventListener(type, listener as EventListener)
  }

  terminate(): void {
    this.terminated = true
    this.channel.port1.close()
    // Nobody kills what runs in this process: it is told to end, and its answers are lost.
    for (const { id } of this.sent) this.hear({ data: { id, call: 'stop' } })
  }

  /** As if its script had thrown, or could not be loaded. */
  fail(message?: string): void {
    this.onError!(message === undefined ? {} : { message })
  }

  /** As if the worker had said this. */
  say(reply: unknown): void {
    this.channel.port2.postMessage(reply)
  }
}

/** Gives each test of a file fake workers, and ends them after it. */
export function useFakeWorkers(): void {
  beforeEach(() => {
    FakeWorker.made = []
    vi.stubGlobal('Worker', FakeWorker)
  })
  afterEach(() => {
    for (const worker of FakeWorker.made) worker.terminate()
    vi.unstubAllGlobals()
  })
}

/** The worker that was made last. */
export const worker = () => FakeWorker.made.at(-1)!

/** Everything that comes, in order. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
