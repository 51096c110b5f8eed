/**
 * The real setup. Engines are loaded on first use, so that a start is measured with one engine
 * only.
 */
import { availableParallelism } from 'node:os'
import type { Setup } from './setup.js'

const now = () => performance.now()

export const REAL: Setup = {
  now,
  peakBytes: () => 1024 * process.resourceUsage().maxRSS,
  maxThreads: availableParallelism(),
  wasm: async (options) => (await import('../gpt/microgpt.js')).MicroGPT.create(options),
  typed: async (options) => new (await import('../reference/typed.js')).TypedGPT(options),
  value: async (options) => new (await import('../reference/model.js')).ValueGPT(options),
  countingCore: async () => (await import('../engine/core.js')).loadCore(),
  peak: async () => (await import('./sizes.js')).loadPeak(),
  watchAdam: async () => (await import('./scaling/watch-adam.js')).watchAdam(now),
}
