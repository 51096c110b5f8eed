/** The three engines as the program sees them; each is loaded when it is asked for. */
import type { Config, ConfigInput } from '../config.js'

export interface EngineOptions {
  docs: readonly string[]
  preset: string
  config: ConfigInput
  seed: bigint
}

export interface Step {
  step: number
  loss: number
  lr: number
}

export interface Engine {
  readonly config: Readonly<Config>
  readonly tokenizer: { readonly vocabSize: number; encode(text: string): number[] }
  readonly numParams: number
  /** Finished steps. */
  readonly step: number
  /** The steps that are left of config.num_steps, each made when it is asked for. */
  train(): Iterable<Step>
  sample(options: { count: number }): string[]
  /** A text that goes on from a prompt; only the core has it. */
  generate?(options: { prompt: string; topK?: number }): Iterable<{ char: string }>
  /** The model and its run as a checkpoint; likewise. */
  save?(options: { optimizer: boolean }): Uint8Array
}

export type EngineName = 'wasm' | 'value' | 'typed'

export const ENGINES: Readonly<Record<EngineName, (options: EngineOptions) => Promise<Engine>>> = {
  wasm: async (options) => (await import('../microgpt.js')).MicroGPT.create(options),
  value: async (options) => new (await import('../reference/model.js')).ValueGPT(options),
  typed: async (options) => new (await import('../reference/typed.js')).TypedGPT(options),
}

export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[]
