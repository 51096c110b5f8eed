/**
 * A thread with its own instance of the core, in Node and in browsers: the host's side of its
 * start.
 */
import { threadUrl } from '../assets.js'
import { type CoreModule, type SharedMemory, isNode } from '../core.js'
import { START_PATIENCE, startScript, whyFailed } from '../web-worker.js'

/** What a thread receives when it starts. */
export interface WorkerInit {
  module: CoreModule
  memory: SharedMemory
  /** Address of the thread pool's control block. */
  block: number
  /** Index of this instance in the pool. */
  index: number
}

/** What a thread writes instead of its turns if it ends with an error. */
export const FAILED = -1

/** Where a thread writes whether it works, and its heartbeat: a line of the control block. */
export const progressLine = ({ memory, block, index }: Omit<WorkerInit, 'module'>) =>
  new Int32Array(memory.buffer, block + 64 * (2 + index), 2)

export interface Thread {
  stop(): void
}

/** What a thread reports: that it is ready, cannot continue, or has ended because it was told to. */
export type ThreadReport = { ready: true } | { failed: string } | { ended: true }

/**
 * Starts a thread, which is ready when this resolves. It does not keep the process alive.
 * @param onEnd called when it ends later: with the reason, or with null if it was told to
 * @throws {Error} if it does not become ready
 */
export async function spawnThread(
  init: WorkerInit,
  onEnd: (why: string | null) => void,
): Promise<Thread> {
  let state: 'starting' | 'ready' | 'ended' = 'starting'
  let resolve!: () => void
  let reject!: (error: Error) => void
  const started = new Promise<void>((ok, no) => ([resolve, reject] = [ok, no]))
  const end = (why: string | null) => {
    if (state === 'starting') reject(new Error(why ?? 'it has ended'))
    if (state === 'ready') onEnd(why)
    state = 'ended'
  }
  const hear = (report: ThreadReport) => {
    if ('failed' in report) return end(report.failed)
    if ('ended' in report) {
      end(null)
      thread.stop()
      return
    }
    state = 'ready'
    resolve()
  }
  const thread = isNode() ? inNode(init, hear, end) : inBrowser(init, hear, end)
  const late = () => end(`it did not answer within ${START_PATIENCE / 1000} s`)
  const timer = setTimeout(late, START_PATIENCE)
  try {
    await started
  } catch (error) {
    thread.stop()
    throw error
  } finally {
    clearTimeout(timer)
  }
  return thread
}

type Hear = (report: ThreadReport) => void
type End = (why: string) => void

function inNode(init: WorkerInit, hear: Hear, end: End): Thread {
  const { Worker } = globalThis.process.getBuiltinModule('node:worker_threads')
  const worker = new Worker(threadUrl(), { workerData: init, execArgv: [] })
  worker.on('message', (report: ThreadReport) => {
    hear(report)
    worker.unref()
  })
  worker.on('error', (error) => end(error.message))
  worker.on('exit', () => end('it was ended'))
  return { stop: () => void worker.terminate() }
}

function inBrowser(init: WorkerInit, hear: Hear, end: End): Thread {
  const url = threadUrl()
  const worker = startScript(url)
  worker.addEventListener('message', ({ data }: MessageEvent<ThreadReport>) => hear(data))
  worker.addEventListener('error', (event) => end(whyFailed(event, url)))
  worker.postMessage(init, [])
  return { stop: () => worker.terminate() }
}
