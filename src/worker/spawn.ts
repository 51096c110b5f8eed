/** Starts the worker of createWorkerModel: worker.js, or the inline bundle itself. */
import { inlineCore, workerUrl } from '../engine/assets.js'

export function spawn(): Worker {
  const url = inlineCore === null ? workerUrl() : new URL(import.meta.url)
  const options = { type: inlineCore === null ? 'classic' : 'module' } as const
  try {
    return new Worker(url, options)
  } catch {
    // A worker must come from the page's own origin; what it imports need not.
    const load =
      inlineCore === null
        ? `importScripts(${JSON.stringify(url.href)})`
        : `import ${JSON.stringify(url.href)}`
    const code = new Blob([load], { type: 'text/javascript' })
    return new Worker(URL.createObjectURL(code), options)
  }
}
