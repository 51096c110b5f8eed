/** The real setup. Engines are loaded when they are asked for: a start is measured with its own alone. */
import { availableParallelism } from 'node:os'
import type { Setup } from './setup.js'

const now = () => performance.now()

export const REAL: Setup = {
  now,
  peakBytes: () => 1024 * process.resourceUsage().maxRSS,
  maxThreads: availableParallelism(),
  wasm: async (options) => (await import('../microgpt.js')).MicroGPT.create(options),
  typed: async (options) => new (await import('../reference/typed.js')).TypedGPT(options),
  value: async (options) => new (await import('../reference/model.js')).ValueGPT(options),
  twinLoss: async (core, doc) => (await import('./scaling/twin-loss.js')).twinLoss(core, doc),
  peak: async () => (await import('./sizes.js')).loadPeak(),
  watchAdam: async () => (await import('./scaling/watch-adam.js')).watchAdam(now),
}
