/** The three engines behind one interface. An engine's code is loaded only when it is used. */
import type { PiecewiseFile } from '../checkpoint/safetensors/write.js'
import type { ConfigInput } from '../config/config.js'
import type { Data, Mode } from '../data/corpus.js'
import type { TrainStep, Trainable } from '../gpt/trainable.js'

/** The reference engines train only on documents, and hold none out. */
export type CliModelOptions = Data & {
  preset: string
  config: ConfigInput
  seed: bigint
  fast: boolean
  threads: number | 'auto'
}

/** A Trainable; the optional members exist only on the wasm engine. */
export interface CliModel extends Omit<Trainable, 'train' | 'sample'> {
  /** Number of training threads. */
  readonly threads?: number
  /** 'docs' if undefined. */
  readonly mode?: Mode
  /** Documents (or characters, in text mode) used for training and held out for validation. */
  readonly counts?: { train: number; val: number }
  /** Runs the remaining steps up to config.num_steps, each when the iterator asks for it. */
  train(options?: { steps?: number; evalEvery?: number }): Iterable<TrainStep>
  sample(options: { count: number; length?: number }): string[]
  /** Generates the continuation of a prompt, one character at a time. */
  generate?(options: PromptOptions): Iterable<{ char: string }>
  /** The checkpoint of the model and its run. */
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
  value: async (options) =>
    new (await import('../reference/model.js')).ValueGPT(forReference(options)),
  typed: async (options) =>
    new (await import('../reference/typed.js')).TypedGPT(forReference(options)),
}

const forReference = ({ docs = [], preset, config, seed }: CliModelOptions) => {
  return { docs, preset, config, seed }
}

export const ENGINE_NAMES = Object.keys(ENGINES) as CliEngineName[]
