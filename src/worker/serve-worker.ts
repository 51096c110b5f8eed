/** Serves a model when this runs in a worker; elsewhere it does nothing. */
import type { ServerPort } from './rpc.js'
import { serveModel } from './serve-model.js'

const isWorker = typeof document === 'undefined' && typeof postMessage === 'function'
if (isWorker) serveModel(globalThis as unknown as ServerPort)
