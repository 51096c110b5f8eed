/** build/microgpt.inline.js: the same with core.wasm inside; it is its own worker too. */
import '../worker/serve-worker.js'

export * from '../index.js'
