/** The page's worker: a file beside the page, or in the one-file page its source. */
import type { FromWorker, ToWorker } from './messages.js'

/** The worker's program, where the build puts it into the page; else nothing of this name exists. */
declare const WORKER_SOURCE: string

/** boot.js has started the first worker; it is taken once. */
const scope = globalThis as { earlyWorker?: Worker }

function spawn(): Worker {
  if (typeof WORKER_SOURCE === 'string') {
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    return new Worker(URL.createObjectURL(code))
  }
  const early = scope.earlyWorker
  delete scope.earlyWorker
  return early ?? new Worker('page-worker.js')
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
  let worker: Worker
  try {
    worker = spawn()
  } catch (error) {
    fail(`This browser gives the page no worker to train in: ${(error as Error).message}`)
    return { send: () => {}, close: () => {} }
  }
  worker.addEventListener('message', ({ data }: MessageEvent<FromWorker>) => hear(data))
  worker.addEventListener('error', ({ message }) => {
    fail(`The worker that trains has failed${message ? `: ${message}` : ' to load'}.`)
  })
  return { send: (message) => worker.postMessage(message, []), close: () => worker.terminate() }
}
