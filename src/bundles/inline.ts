/** build/microgpt.inline.js: the same with core.wasm inside; it is also its own worker. */
import '../worker/serve-worker.js'

export * from '../index.js'
