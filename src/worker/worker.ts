/** build/worker.js: a page imports it for the one side, and the worker runs it for the other. */
import { serve } from './serve.js'

export { createModel, loadModel } from './start.js'

/** The name that spawn.ts gives its workers. */
const NAME = 'microgpt-wasm'

if (typeof document === 'undefined' && (globalThis as { name?: string }).name === NAME) {
  serve(globalThis as unknown as Parameters<typeof serve>[0])
}
