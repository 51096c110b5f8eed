/** Options and results of MicroGPT's methods. */
import type { ReadOptions } from '../checkpoint/metadata.js'
import type { ConfigInput, PresetName } from '../config/config.js'
import type { Data, DataOptions } from '../data/corpus.js'
import type { EngineOptions } from './runtime.js'
import type { Seed } from '../random.js'

/** Options of MicroGPT.create: the data, and how to make the model. */
export type CreateOptions = Data & MakeOptions

/** How to make a model, whatever its data. */
interface MakeOptions extends EngineOptions {
  /** A name in PRESETS: 'tutorial' (the default), 'gist', 'small' or 'medium'. */
  preset?: PresetName | (string & {})
  /** Fields that differ from the preset. */
  config?: ConfigInput
  /** Seed of all random draws; default 42. The same seed gives the same run. */
  seed?: Seed
}

/**
 * Options of MicroGPT.load. Pass the `docs` or `text` that the model was trained on to continue
 * training; without data it only samples. A resumed run keeps its `valFraction`.
 */
export interface LoadOptions extends ReadOptions, DataOptions, EngineOptions {
  /**
   * Resume the file's run if it has one (default true); false starts a new run from its parameters.
   */
  optimizer?: boolean
  /** Seeds the generator anew; otherwise the file's generator continues. */
  seed?: Seed
}

/** The result of one training step. */
export interface StepResult {
  /** Number of the step, from 1. */
  step: number
  /**
   * Mean over the step's documents of the mean of -log p(next token), in nats, before the update.
   */
  loss: number
  /** Learning rate of the step's update. */
  lr: number
  /** validate() after the update, at the steps of evalEvery. */
  valLoss?: number
}

/** Options of MicroGPT.train. */
export interface TrainOptions {
  /** Number of steps; default: the rest of config.num_steps. */
  steps?: number
  /** Documents, or blocks of the text, per step; default config.batch_size. */
  batch_size?: number
  /** Validates every this many steps, and after the last step of the call; default: never. */
  evalEvery?: number
}

/** Options of MicroGPT.sample. */
export interface SampleOptions {
  /** Number of samples; default 20, or 1 for a text. */
  count?: number
  /** Characters of each sample, for a text only; default 200. */
  length?: number
  /** 0 is greedy; default config.temperature. */
  temperature?: number
  /**
   * Sample up to 64 documents at the same time, which is several times as fast. Random numbers are
   * then drawn in another order than in microgpt.py, so the samples differ, with the same
   * distribution. Default: true from 1,000 documents on. Not for a text.
   */
  sideBySide?: boolean
}

/** Options of MicroGPT.generate. */
export interface GenerateOptions {
  /** The beginning of the text; default ''. */
  prompt?: string
  /** Characters to generate, for a text only; default 200. A document ends by itself. */
  length?: number
  /** 0 is greedy; default config.temperature. */
  temperature?: number
  /** Draw only among the k most likely tokens; default: all. */
  topK?: number
  /**
   * Seed of a separate generator for this call; default: the model's generator, which then
   * advances.
   */
  seed?: Seed
}

/** A possible next token. */
export interface Candidate {
  /** '' for BOS, which ends a document. */
  char: string
  /** Its id. */
  tokenId: number
  /** Its probability, 0 to 1, among the tokens that could be drawn. */
  probability: number
}

/** One generated character. */
export interface Generated extends Candidate {
  /** The most likely candidates, in order: topK of them, or 10. The drawn one may be missing. */
  top: Candidate[]
}

export type { ReadOptions } from '../checkpoint/metadata.js'

/**
 * A copy of a list or a plain object; other values are returned unchanged, to be rejected later.
 */
function copy(x: any): any {
  if (Array.isArray(x)) return [...x]
  const isPlain =
    typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype
  return isPlain ? { ...x } : x
}

/**
 * A copy of the options: changes that the caller makes while a model is being created have no
 * effect.
 */
export function snapshot<O extends CreateOptions | LoadOptions>(options: O): O {
  if (typeof options !== 'object' || options === null) return options
  const { docs, config } = options
  return {
    ...options,
    ...(docs === undefined ? {} : { docs: copy(docs) }),
    ...(config === undefined ? {} : { config: copy(config) }),
  }
}
