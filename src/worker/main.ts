/** What runs in the worker: build/worker.js. */
import { serve } from './serve.js'

serve(globalThis as unknown as Parameters<typeof serve>[0])
