/** Serves a model when this runs in a worker; elsewhere it does nothing. */
import { serve } from './serve.js'

const isWorker = typeof document === 'undefined' && typeof postMessage === 'function'
if (isWorker) serve(globalThis as unknown as Parameters<typeof serve>[0])
