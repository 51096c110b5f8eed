/** build/microgpt.inline.js: the same with core.wasm inside; as a file it is its own worker too. */
import { serveWhenAsked } from '../worker/serve-worker.js'

export * from '../index.js'

// A page, and Node, are never it.
if (typeof document === 'undefined' && typeof addEventListener === 'function') serveWhenAsked()
