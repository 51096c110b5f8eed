/** The page's worker: a file beside the page, or in the one-file page its source. */
import type { FromWorker, ToWorker } from './messages.js'

/** The worker's program, where the build puts it into the page; else nothing of this name exists. */
declare const WORKER_SOURCE: string

function spawn(): Worker {
  if (typeof WORKER_SOURCE === 'string') {
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    return new Worker(URL.createObjectURL(code))
  }
  return new Worker(new URL('./page-worker.js', import.meta.url), { type: 'module' })
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
  return { send: (message) => worker.postMessage(message), close: () => worker.terminate() }
}
