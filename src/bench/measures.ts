/** The measurements of one engine, by name. measure.ts runs each in a separate process. */
import type { ConfigInput } from '../config/config.js'
import { NAMES } from '../data/names.js'
import { parseDocs } from '../data/text.js'
import { COMPARED } from './equal.js'
import type { Setup, TimedModel } from './setup.js'
import type { Size } from './shapes.js'
import { losses, median, time } from './time.js'

export type MeasuredEngine = 'wasm' | 'typed' | 'value'
type Scale = 'batches' | 'bare' | 'documents' | 'parameters' | 'threads'
export type What = 'losses' | 'step' | 'sample' | 'start' | 'size' | Scale

/** Warm-up and timed work. The scalar engine is 1,000 times slower, so it gets less. */
const WORK: Record<
  MeasuredEngine,
  { warm: number; batches: number; steps: number; samples: number }
> = {
  wasm: { warm: 3000, batches: 21, steps: 500, samples: 20_000 },
  typed: { warm: 3000, batches: 21, steps: 200, samples: 5_000 },
  value: { warm: 20, batches: 21, steps: 2, samples: 20 },
}

/** @param config with a large num_steps, so that every timed step changes the parameters */
const create = (
  setup: Setup,
  engine: MeasuredEngine,
  preset: string,
  config: ConfigInput = { num_steps: 1_000_000 },
): Promise<TimedModel> => setup[engine]({ docs: parseDocs(NAMES), preset, config })

type Measure = (setup: Setup, engine: MeasuredEngine, rest: string) => Promise<object>

export const MEASURES: Record<What, Measure> = {
  async losses(setup, name, preset) {
    const engine = await create(setup, name, preset, {})
    return { losses: losses(engine, COMPARED), numParams: engine.numParams }
  },

  /** Median over batches of the mean time per step, in microseconds. */
  async step(setup, name, preset) {
    const engine = await create(setup, name, preset)
    const { warm, batches, steps } = WORK[name]
    time(setup.now, engine, warm)
    const ms = Array.from({ length: batches }, () => time(setup.now, engine, steps))
    return { us: 1000 * median(ms) }
  },

  /** Tokens per second through the model; a document of n characters has n + 1. */
  async sample(setup, name, preset) {
    const engine = await create(setup, name, preset)
    for (const _step of engine.train({ steps: name === 'value' ? 5 : 500 })) continue
    const { samples } = WORK[name]
    engine.sample({ count: samples >> 1 })
    const start = setup.now()
    const texts = engine.sample({ count: samples })
    const seconds = (setup.now() - start) / 1000
    const block = preset === 'gist' ? 16 : 8
    const tokens = texts.reduce((sum, text) => sum + Math.min(block, text.length + 1), 0)
    return { tokensPerSecond: tokens / seconds }
  },

  /** From the start of the process to the end of the first step, in milliseconds. */
  async start(setup, name, preset) {
    const engine = await create(setup, name, preset)
    for (const _step of engine.train({ steps: 1 })) continue
    return { ms: setup.now() }
  },

  /** One of the larger models; `rest` is its name. */
  async size(setup, _name, size) {
    return (await import('./sizes.js')).measureSize(setup, size as Size)
  },

  async batches(setup, _name, preset) {
    return (await import('./scaling/batches.js')).measureBatches(setup, preset)
  },

  /** The cost of a process that only loads the core. */
  async bare({ peakBytes }) {
    await Promise.all([import('../gpt/microgpt.js'), import('../reference/typed.js')])
    return { peakBytes: peakBytes() }
  },

  /** `rest` is the preset's name and the number of documents. */
  async documents(setup, _name, rest) {
    const [preset, count] = rest.split(' ') as [string, string]
    const { measureDocuments } = await import('./scaling/documents.js')
    return measureDocuments(setup, preset, Number(count))
  },

  /** `rest` is n_embd. */
  async parameters(setup, _name, n) {
    return (await import('./scaling/parameters.js')).measureParameters(setup, Number(n))
  },

  async threads(setup, _name, size) {
    return (await import('./scaling/threads.js')).measureThreads(setup, size as Size)
  },
}
