/** A benchmark of known figures: time passes only where a fake engine works. */
import { loadCore } from '../../src/engine/core.js'
import type { Setup, TimedCore } from '../../src/bench/setup.js'
import { type Config, resolveConfig } from '../../src/config/config.js'
import { learningRate } from '../../src/config/schedule.js'
import { ConfigError } from '../../src/errors.js'

/** A step that an engine makes. */
export interface Step {
  engine: 'wasm' | 'typed' | 'value'
  /** Counted from 0. */
  step: number
  batch: number
  /** Documents taken before it. */
  seen: number
  n_embd: number
  threads: number
}

/** The figures of a setup; what a test does not give is cheap and right. */
export interface Figures {
  /** Milliseconds of a step. A quarter of it is Adam's. */
  ms(step: Step): number
  /** What an engine's loss is off by. */
  off(step: Step): number
  /** Milliseconds of the n-th document that is sampled, from 0. */
  sampleMs(n: number): number
  /** Documents that are sampled, in turn. */
  texts: string[]
  /** Documents of every model, in place of those that it is given. */
  docs: string[] | null
  numParams: number
  /** The clock when the measurement begins. */
  begin: number
  createMs: number
  /** Milliseconds of a million turns of the peak's loop, run by run. */
  spinMs: number[]
  maxThreads: number
  /** What create throws when it is asked for threads. */
  noThreads: Error | null
}

const DEFAULTS: Figures = {
  ms: () => 1,
  off: () => 0,
  sampleMs: () => 1,
  texts: ['ab'],
  docs: null,
  numParams: 4064,
  begin: 0,
  createMs: 40,
  spinMs: [1],
  maxThreads: 2,
  noThreads: null,
}

export const noThreads = new ConfigError('threads', 2, 'create has no option "threads"')

/** Exact in float64, so that means over documents are too. */
const lossOf = (docs: readonly string[]) =>
  docs.reduce((sum, doc) => sum + 2 + doc.length / 8, 0) / docs.length

interface Options {
  docs?: readonly string[]
  preset?: string
  config?: object
  threads?: unknown
}

/** @returns the setup, every step that was made in it, and counts of models */
export function fakeSetup(given: Partial<Figures> = {}) {
  const figures = { ...DEFAULTS, ...given }
  let ms = figures.begin
  let adamMs = 0
  const counts = { made: 0, freed: 0, watches: 0, readings: 0 }
  const steps: (Step & { lr: number })[] = []

  function make(engine: Step['engine'], options: Options): TimedCore {
    if (options.threads !== undefined && figures.noThreads) throw figures.noThreads
    ms += figures.createMs
    counts.made++
    const config = resolveConfig(options.preset ?? 'tutorial', options.config as Partial<Config>)
    const docs = figures.docs ?? options.docs!
    const threads = Number(options.threads ?? 1)
    const { n_embd, batch_size: batch } = config
    let [step, sampled] = [0, 0]
    const model = {
      ...{ config, docs, numParams: figures.numParams, docsSeen: 0 },
      *train(work: { steps: number }) {
        for (let i = 0; i < work.steps; i++) {
          const seen = model.docsSeen
          const made = { engine, step, batch, seen, n_embd, threads }
          const lr = learningRate(config, step, Math.cos)
          steps.push({ ...made, lr })
          const takes = figures.ms(made)
          ms += takes
          adamMs += takes / 4
          step++
          model.docsSeen += batch
          const taken = Array.from({ length: batch }, (_, j) => docs[(seen + j) % docs.length]!)
          yield { step, lr, loss: lossOf(taken) + figures.off(made) }
        }
      },
      sample({ count }: { count: number }) {
        return Array.from({ length: count }, () => {
          ms += figures.sampleMs(sampled)
          return figures.texts[sampled++ % figures.texts.length]!
        })
      },
      loss: lossOf,
      free: () => void counts.freed++,
    }
    return model as unknown as TimedCore
  }

  const setup: Setup = {
    now() {
      counts.readings++
      return ms
    },
    peakBytes: () => 1e6 * counts.made,
    maxThreads: figures.maxThreads,
    wasm: async (options) => make('wasm', options),
    typed: async (options) => make('typed', options),
    value: async (options) => make('value', options),
    countingCore: () => loadCore(),
    async peak() {
      let run = 0
      const spin = (turns: number) => {
        ms += (turns / 1e6) * figures.spinMs[run++ % figures.spinMs.length]!
      }
      return { spin, flops: 16 }
    },
    async watchAdam() {
      const from = adamMs
      counts.watches++
      return { ms: () => adamMs - from, stop: () => void counts.watches-- }
    },
  }
  return { setup, steps, counts }
}
