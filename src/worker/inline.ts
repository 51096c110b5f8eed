/** microgpt.inline.js: the public API, and its own worker. */
import './worker.js'

export * from '../index.js'
