/** microgpt.inline.js: the public API in one file, which is its own worker too. */
import './worker/worker.js'

export * from './index.js'
