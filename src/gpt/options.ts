/** What the calls of the front door take and give. */
import type { ReadOptions } from '../checkpoint/metadata.js'
import type { ConfigInput } from '../config/config.js'
import type { Data, DataOptions } from '../data/corpus.js'
import type { EngineOptions } from './engine.js'
import type { Seed } from '../random.js'

/** What to learn from, and how to make the model. */
export type CreateOptions = Data & MakeOptions

interface MakeOptions extends EngineOptions {
  /** 'tutorial' (the default) or 'gist'. */
  preset?: string
  /** Fields that differ from the preset. */
  config?: ConfigInput
  /** 42 unless given. */
  seed?: Seed
}

/**
 * With `docs` or `text`, whichever it was: what to go on learning from; without, the model only
 * samples. A run goes on with its own `valFraction`; a new one has that which is given.
 */
export interface LoadOptions extends ReadOptions, DataOptions, EngineOptions {
  /** Whether to take up the file's run where it has one (the default), or to begin a new one. */
  optimizer?: boolean
  /** Starts the generator over; the file's goes on unless given. */
  seed?: Seed
}

export interface StepResult {
  /** Steps made so far, this one included. */
  step: number
  /** Mean over the step's documents of the mean of -log p(next token), before its update. */
  loss: number
  /** Learning rate of the update. */
  lr: number
  /** validate() after the update, on the steps that evalEvery says. */
  valLoss?: number
}

export interface TrainOptions {
  /** The rest of config.num_steps unless given. */
  steps?: number
  /** Documents, or blocks of the text, a step; config.batch_size unless given. */
  batch_size?: number
  /**
   * Validates after each step whose number this divides, and after the last one of the call; never
   * unless given. It takes time in proportion to what is held out, and changes no bit of the run.
   */
  evalEvery?: number
}

export interface SampleOptions {
  /** 20 unless given; of a text, 1. */
  count?: number
  /** Characters of each, of a text only; 200 unless given. */
  length?: number
  /** config.temperature unless given; 0 is greedy. */
  temperature?: number
  /**
   * Whether to invent documents side by side, some times as fast. Their random numbers are then
   * drawn in another order than microgpt.py's, so they are others, though as likely. From 1,000 on
   * it is so unless this is false; below only where it is true.
   */
  sideBySide?: boolean
}

export interface GenerateOptions {
  /** How the text begins; '' unless given. */
  prompt?: string
  /** Characters to go on for, of a text only; 200 unless given. A document ends by itself. */
  length?: number
  /** config.temperature unless given; 0 is greedy. */
  temperature?: number
  /** Draw among the k likeliest only. */
  topK?: number
  /** A generator of its own for this text; without it the model's own goes on. */
  seed?: Seed
}

/** A token that might come next. */
export interface Candidate {
  /** '' for BOS, which ends the text. */
  char: string
  tokenId: number
  probability: number
}

export interface Generated extends Candidate {
  /** The likeliest candidates, this one among them or not: topK of them, or 10. */
  top: Candidate[]
}

export type { ReadOptions } from '../checkpoint/metadata.js'

/** A list or a plain object of the caller's, copied; anything else is left for the checks. */
function copy(x: any): any {
  if (Array.isArray(x)) return [...x]
  const isPlain =
    typeof x === 'object' && x !== null && Object.getPrototypeOf(x) === Object.prototype
  return isPlain ? { ...x } : x
}

/** The options as they are now: what the caller changes while a model is being made has no effect. */
export function snapshot<O extends CreateOptions | LoadOptions>(options: O): O {
  if (typeof options !== 'object' || options === null) return options
  const { docs, config } = options
  return {
    ...options,
    ...(docs === undefined ? {} : { docs: copy(docs) }),
    ...(config === undefined ? {} : { config: copy(config) }),
  }
}
