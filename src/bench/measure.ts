/**
 * One measurement in a process of its own, so that no engine runs in another's heap or warmed-up
 * code. Run by main.ts: `node measure.js ENGINE WHAT PRESET`; prints one JSON line.
 */
import type { ConfigInput } from '../config/config.js'
import { NAMES } from '../data/names.js'
import { parseDocs } from '../data/text.js'
import type { StepResult } from '../gpt/microgpt.js'
import type { Size } from './shapes.js'
import { losses, median, time } from './time.js'

export type EngineName = 'wasm' | 'typed' | 'value'
type Scale = 'batches' | 'bare' | 'documents' | 'parameters' | 'threads'
export type What = 'losses' | 'step' | 'sample' | 'start' | 'size' | Scale

interface Engine {
  readonly numParams: number
  train(options: { steps: number }): Generator<StepResult, void, undefined>
  sample(options: { count: number }): string[]
}

/** Steps whose losses are compared before anything is timed. */
export const COMPARED = 30

/** Warm-up and timed work; the scalar engine is a thousand times slower, so it gets less. */
const WORK: Record<EngineName, { warm: number; batches: number; steps: number; samples: number }> =
  {
    wasm: { warm: 3000, batches: 21, steps: 500, samples: 20_000 },
    typed: { warm: 3000, batches: 21, steps: 200, samples: 5_000 },
    value: { warm: 20, batches: 21, steps: 2, samples: 20 },
  }

/** @param config num_steps far off, so that every timed step really moves the parameters */
async function create(
  engine: EngineName,
  preset: string,
  config: ConfigInput = { num_steps: 1_000_000 },
): Promise<Engine> {
  const options = { docs: parseDocs(NAMES), preset, config }
  switch (engine) {
    case 'wasm':
      return (await import('../gpt/microgpt.js')).MicroGPT.create(options)
    case 'typed':
      return new (await import('../reference/typed.js')).TypedGPT(options)
    case 'value':
      return new (await import('../reference/model.js')).ValueGPT(options)
  }
}

const MEASURES: Record<What, (name: EngineName, preset: string) => Promise<object>> = {
  async losses(name, preset) {
    const engine = await create(name, preset, {})
    return { losses: losses(engine, COMPARED), numParams: engine.numParams }
  },

  /** Median over batches of the mean time of a step, in microseconds. */
  async step(name, preset) {
    const engine = await create(name, preset)
    const { warm, batches, steps } = WORK[name]
    time(engine, warm)
    return { us: 1000 * median(Array.from({ length: batches }, () => time(engine, steps))) }
  },

  /** Tokens that go through the model in a second; a document of n characters takes n + 1. */
  async sample(name, preset) {
    const engine = await create(name, preset)
    for (const _step of engine.train({ steps: name === 'value' ? 5 : 500 })) continue
    const { samples } = WORK[name]
    engine.sample({ count: samples >> 1 })
    const start = performance.now()
    const texts = engine.sample({ count: samples })
    const seconds = (performance.now() - start) / 1000
    const block = preset === 'gist' ? 16 : 8
    const tokens = texts.reduce((sum, text) => sum + Math.min(block, text.length + 1), 0)
    return { tokensPerSecond: tokens / seconds }
  },

  /** One of the larger models; `preset` is its name. */
  async size(_name, size) {
    return (await import('./sizes.js')).measureSize(size as Size)
  },

  async batches(_name, preset) {
    return (await import('./scaling/batches.js')).measureBatches(preset)
  },

  /** What a process takes that does nothing but load this program. */
  async bare() {
    return { peakBytes: (await import('./scaling/documents.js')).peakBytes() }
  },

  /** `preset` is the preset's name and the count of documents. */
  async documents(_name, preset) {
    const [name, count] = preset.split(' ') as [string, string]
    return (await import('./scaling/documents.js')).measureDocuments(name, Number(count))
  },

  /** `preset` is n_embd. */
  async parameters(_name, n) {
    return (await import('./scaling/parameters.js')).measureParameters(Number(n))
  },

  async threads(_name, size) {
    return (await import('./scaling/threads.js')).measureThreads(size as Size)
  },

  /** From the start of the process until the first step is made, in milliseconds. */
  async start(name, preset) {
    const engine = await create(name, preset)
    engine.train({ steps: 1 }).next()
    return { ms: performance.now() }
  },
}

const [engine, what, preset] = process.argv.slice(2) as [EngineName, What, string]
console.log(JSON.stringify(await MEASURES[what](engine, preset)))
