/** The three engines as the program sees them; each is loaded when it is asked for. */
import type { PiecewiseFile } from '../checkpoint/safetensors/write.js'
import type { ConfigInput } from '../config/config.js'
import type { Data, Mode } from '../data/corpus.js'
import type { TrainStep, Trainable } from '../gpt/trainable.js'

/** The twins take documents alone, and hold none out. */
export type CliModelOptions = Data & {
  preset: string
  config: ConfigInput
  seed: bigint
  fast: boolean
  threads: number | 'auto'
}

/** A Trainable, with what only the core has. */
export interface CliModel extends Omit<Trainable, 'train' | 'sample'> {
  /** Those that train, where there can be several. */
  readonly threads?: number
  /** Documents unless it says otherwise. */
  readonly mode?: Mode
  /** Documents, or characters of the text, that it trains on and holds out; only the core has it. */
  readonly counts?: { train: number; val: number }
  /** The steps that are left of config.num_steps, each made when it is asked for. */
  train(options?: { steps?: number; evalEvery?: number }): Iterable<TrainStep>
  sample(options: { count: number; length?: number }): string[]
  /** A text that goes on from a prompt; only the core has it. */
  generate?(options: PromptOptions): Iterable<{ char: string }>
  /** The model and its run as a checkpoint; likewise. */
  saveInPieces?(options: { optimizer: boolean }): PiecewiseFile
}

export interface PromptOptions {
  prompt: string
  length?: number
  topK?: number
}

export type CliEngineName = 'wasm' | 'value' | 'typed'

export const ENGINES: Readonly<
  Record<CliEngineName, (options: CliModelOptions) => Promise<CliModel>>
> = {
  wasm: async (options) => (await import('../gpt/microgpt.js')).MicroGPT.create(options),
  value: async (options) => new (await import('../reference/model.js')).ValueGPT(forTwin(options)),
  typed: async (options) => new (await import('../reference/typed.js')).TypedGPT(forTwin(options)),
}

const forTwin = ({ docs = [], preset, config, seed }: CliModelOptions) => {
  return { docs, preset, config, seed }
}

export const ENGINE_NAMES = Object.keys(ENGINES) as CliEngineName[]
