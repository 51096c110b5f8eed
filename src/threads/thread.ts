/** A thread for an instance of the core, in Node and in browsers: the two sides of its start. */
import {
  type CoreModule,
  type SharedMemory,
  type ThreadsCore,
  built,
  isNode,
  startCore,
} from '../core.js'

/** What a thread is given. */
export interface Seat {
  module: CoreModule
  memory: SharedMemory
  /** The team's control block, and which of its instances this one is. */
  block: number
  index: number
}

/** What a thread writes instead of a turn when it ends with an error. */
export const FAILED = -1

/** The line of the control block in which a thread writes the last turn that it has done. */
export const lineOf = ({ memory, block, index }: Omit<Seat, 'module'>) =>
  new Int32Array(memory.buffer, block + 64 * (2 + index), 2)

export interface Thread {
  stop(): void
}

/** What a thread says of itself: that it stands ready, or that it cannot go on. */
type Word = { ready: true } | { failed: string }

const NAME = 'microgpt-thread'

/** The built file that holds this: beside the host, or from src/ the one in build/. */
const file = () =>
  new URL(built ? './microgpt.threads.js' : '../../build/microgpt.threads.js', import.meta.url)

/**
 * Starts a thread, which is ready when this resolves. It keeps no process alive.
 * @param onLost called when it ends after that, with the reason
 * @throws {Error} when it does not come to be ready
 */
export async function spawnThread(seat: Seat, onLost: (why: string) => void): Promise<Thread> {
  let started: () => void
  let refuse: (cause: Error) => void
  let ready = false
  const start = new Promise<void>((resolve, reject) => ((started = resolve), (refuse = reject)))
  const end = (why: string) => {
    if (ready) onLost(why)
    else refuse(new Error(why))
  }
  const hear = (word: Word) => {
    if ('failed' in word) return end(word.failed)
    ready = true
    started()
  }
  const thread = isNode() ? await inNode(seat, hear, end) : inPage(seat, hear, end)
  await start
  return thread
}

async function inNode(seat: Seat, hear: (word: Word) => void, end: (why: string) => void) {
  const { Worker } = await import('node:worker_threads')
  const worker = new Worker(file(), { workerData: { [NAME]: seat }, execArgv: [] })
  worker.on('message', (word: Word) => {
    hear(word)
    worker.unref()
  })
  worker.on('error', (error) => end(error.message))
  worker.on('exit', () => end('it was ended'))
  return { stop: () => void worker.terminate() }
}

function inPage(seat: Seat, hear: (word: Word) => void, end: (why: string) => void): Thread {
  const worker = new Worker(new URL('./microgpt.threads.js', import.meta.url), {
    type: 'module',
    name: NAME,
  })
  worker.addEventListener('message', ({ data }: MessageEvent<Word>) => hear(data))
  worker.addEventListener('error', (event) => end(event.message ?? 'its file could not be loaded'))
  worker.postMessage(seat, [])
  return { stop: () => worker.terminate() }
}

/** What the thread itself does, where this file runs in one. */
export async function serveThread(): Promise<void> {
  if (!isNode()) {
    const { name } = globalThis as { name?: string }
    if (typeof document !== 'undefined' || name !== NAME) return
    addEventListener('message', ({ data }: MessageEvent<Seat>) => {
      void serve(data, (word) => postMessage(word, { transfer: [] }))
    })
    return
  }
  const { parentPort, workerData } = await import('node:worker_threads')
  const seat = (workerData as Record<string, Seat> | null)?.[NAME]
  if (seat) await serve(seat, (word) => parentPort!.postMessage(word, []))
}

async function serve(seat: Seat, say: (word: Word) => void): Promise<void> {
  const { module, memory, block, index } = seat
  try {
    const core = await startCore<ThreadsCore>(module, memory)
    core.join(block, index)
    say({ ready: true })
    core.serve()
  } catch (error) {
    const line = lineOf(seat)
    Atomics.store(line, 0, FAILED)
    Atomics.notify(line, 0)
    say({ failed: error instanceof Error ? error.message : String(error) })
  }
}
