/** The page's worker: a file beside the page, or in the one-file page its source. */
import type { FromWorker, ToWorker } from './messages.js'

/** The worker's program, where the build puts it into the page; else nothing of this name exists. */
declare const WORKER_SOURCE: string

/** What boot.js has started: the first worker, and what it has said so far. It is taken once. */
const scope = globalThis as { early?: Early }
interface Early {
  worker: Worker
  heard: FromWorker[]
  listen: (event: MessageEvent<FromWorker>) => void
}

/** Whether the first worker makes a model of the shipped names already, unasked. */
export const hasBegun = () => scope.early !== undefined && !location.hash.includes('=')

function spawn(): { worker: Worker; heard: FromWorker[] } {
  if (typeof WORKER_SOURCE === 'string') {
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    return { worker: new Worker(URL.createObjectURL(code)), heard: [] }
  }
  const { early } = scope
  delete scope.early
  early?.worker.removeEventListener('message', early.listen)
  return early ?? { worker: new Worker('page-worker.js'), heard: [] }
}

export interface Connection {
  send(message: ToWorker): void
  close(): void
}

/**
 * @param hear takes what the worker says
 * @param fail takes a sentence when the worker cannot be had or has died
 */
export function connect(
  hear: (message: FromWorker) => void,
  fail: (message: string) => void,
): Connection {
  let spawned: ReturnType<typeof spawn>
  try {
    spawned = spawn()
  } catch (error) {
    fail(`This browser gives the page no worker to train in: ${(error as Error).message}`)
    return { send: () => {}, close: () => {} }
  }
  const { worker, heard } = spawned
  // What was said early is heard as all else is: after whoever asked for this has gone on.
  queueMicrotask(() => heard.forEach((message) => hear(message)))
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data))
  worker.addEventListener('error', ({ message }) => {
    fail(`The worker that trains has failed${message ? `: ${message}` : ' to load'}.`)
  })
  return { send: (message) => worker.postMessage(message, []), close: () => worker.terminate() }
}
