/** The three engines as the program sees them; each is loaded when it is asked for. */
import type { PiecewiseFile } from '../checkpoint/safetensors/write.js'
import type { Config, ConfigInput } from '../config/config.js'
import type { Data, Mode } from '../data/corpus.js'

/** The twins take documents alone, and hold none out. */
export type EngineOptions = Data & {
  preset: string
  config: ConfigInput
  seed: bigint
  fast: boolean
  threads: number | 'auto'
}

export interface Step {
  step: number
  loss: number
  lr: number
  valLoss?: number
}

export interface Engine {
  readonly config: Readonly<Config>
  readonly tokenizer: { readonly vocabSize: number; encode(text: string): number[] }
  readonly numParams: number
  /** Those that train, where there can be several. */
  readonly threads?: number
  /** Documents unless it says otherwise. */
  readonly mode?: Mode
  /** Documents, or characters of the text, that it trains on and holds out; only the core has it. */
  readonly counts?: { train: number; val: number }
  /** Finished steps. */
  readonly step: number
  /** The steps that are left of config.num_steps, each made when it is asked for. */
  train(options?: { steps?: number; evalEvery?: number }): Iterable<Step>
  sample(options: { count: number; length?: number }): string[]
  /** A text that goes on from a prompt; only the core has it. */
  generate?(options: Continuation): Iterable<{ char: string }>
  /** The model and its run as a checkpoint; likewise. */
  saveInPieces?(options: { optimizer: boolean }): PiecewiseFile
}

export interface Continuation {
  prompt: string
  length?: number
  topK?: number
}

export type EngineName = 'wasm' | 'value' | 'typed'

export const ENGINES: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Engine>>> = {
  wasm: async (options) => (await import('../gpt/microgpt.js')).MicroGPT.create(options),
  value: async (options) => new (await import('../reference/model.js')).ValueGPT(forTwin(options)),
  typed: async (options) => new (await import('../reference/typed.js')).TypedGPT(forTwin(options)),
}

const forTwin = ({ docs = [], preset, config, seed }: EngineOptions) => {
  return { docs, preset, config, seed }
}

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[]
