/** build/microgpt.inline.js: the same with core.wasm inside; as a file it is its own worker too. */
import { serveWhenAsked } from '../worker/serve-worker.js'

export * from '../index.js'

/** Listening would keep Bun's main thread from ending. */
const { Bun: bun } = globalThis as { Bun?: { isMainThread: boolean } }
const mayBeWorker = typeof document === 'undefined' && typeof addEventListener === 'function'
if (mayBeWorker && !bun?.isMainThread) serveWhenAsked()
