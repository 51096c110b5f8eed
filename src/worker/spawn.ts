/**
 * Starts the worker of createWorkerModel: worker.js, or for the inline bundle itself or its source.
 * The first message makes the script a worker and tells it where the cores are.
 */
import { assets, hasFiles, workerUrl } from '../engine/assets.js'
import { START_PATIENCE, startScript, whyFailed } from '../engine/web-worker.js'
import { HELLO, type Hello } from './serve-worker.js'

/** worker.js as text, in the bundle with the core inside; elsewhere nothing of this name exists. */
declare const WORKER_SOURCE: string

/** The name of the bundle that serves as its own worker, where it is a file that a page imports. */
const INLINE = /\/microgpt\.inline\.js$/

/** A worker that has been told what to be. When it fails or stays silent, it gets an error event. */
export function spawn(): Worker {
  const { worker, url } = start()
  const hello: Hello = { microgpt: HELLO, assets: assets() }
  worker.postMessage(hello, [])
  const fail = (event: { message?: string }) => {
    stop()
    // What listens next hears the reason, which many browsers leave out.
    if (event instanceof Event) event.stopImmediatePropagation()
    worker.dispatchEvent(new ErrorEvent('error', { message: whyFailed(event, url) }))
  }
  const silent = { message: `it did not answer within ${START_PATIENCE / 1000} s (${url.href})` }
  const timer = setTimeout(fail, START_PATIENCE, silent)
  const stop = () => {
    clearTimeout(timer)
    worker.removeEventListener('message', stop)
    worker.removeEventListener('error', fail)
  }
  worker.addEventListener('message', stop)
  worker.addEventListener('error', fail)
  return worker
}

function start(): { worker: Worker; url: URL } {
  if (hasFiles()) {
    const url = workerUrl()
    return { worker: startScript(url), url }
  }
  if (typeof WORKER_SOURCE === 'string') {
    const own = URL.canParse(import.meta.url) ? new URL(import.meta.url) : null
    // Bundlers that put this into a file of their own leave the address of the source, or none.
    if (own && INLINE.test(own.pathname) && (own.protocol !== 'file:' || !globalThis.document)) {
      try {
        return { worker: new Worker(own, { type: 'module' }), url: own }
      } catch {
        // Another origin's: its source is here too.
      }
    }
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    const url = new URL(URL.createObjectURL(code))
    return { worker: new Worker(url), url }
  }
  throw new Error('a worker starts no further workers without files')
}
