/** The same for microgpt.inline.js, which has no file beside it: the worker runs it once more. */
import { serve } from './serve.js'
import { spawnImporting } from './spawn.js'

const NAME = 'microgpt-wasm inline'

export function spawn(): Worker {
  const url = import.meta.url
  try {
    return new Worker(url, { type: 'module', name: NAME })
  } catch {
    return spawnImporting(url, NAME)
  }
}

if (typeof document === 'undefined' && (globalThis as { name?: string }).name === NAME) {
  serve(globalThis as unknown as Parameters<typeof serve>[0])
}
