/** What every model of this package offers, whichever engine computes it and wherever it runs. */
import type { Config } from '../config/config.js'
import type { Tokenizer } from '../data/tokenizer.js'

/** What a step of training reports. */
export interface TrainStep {
  /** Steps made so far, this one included. */
  step: number
  /** Mean loss in nats, before the step's update. */
  loss: number
  /** Learning rate of the update. */
  lr: number
  /** validate() after the update, where it ran. */
  valLoss?: number
}

/** What is known of a model without asking its engine. */
export interface Described {
  /** All hyperparameters, those that were not given included. */
  readonly config: Readonly<Config>
  /** Text to token ids, and back. */
  readonly tokenizer: Tokenizer
  /** In the order of training. */
  readonly docs: readonly string[]
  /** Number of parameters in all matrices. */
  readonly numParams: number
  /** Finished steps. */
  readonly step: number
}

/** Implemented by MicroGPT and by the reference engines. */
export interface Trainable extends Described {
  /** All parameters, flat, in state_dict order. */
  readonly params: Float64Array
  /** A step each time the caller asks. `steps` is the rest of config.num_steps unless given. */
  train(options?: { steps?: number }): Iterator<TrainStep> & Iterable<TrainStep>
  /** `count` new documents, at a `temperature`: the lower, the likelier each token. */
  sample(options?: { count?: number; temperature?: number }): string[]
  /** Mean loss over documents; nothing is trained. */
  loss(docs: readonly string[]): number
}

/** The same from a distance: implemented by the model in a worker. */
export interface AsyncTrainable extends Described {
  /** A copy of all parameters, flat, in state_dict order. */
  params(): Promise<Float64Array>
  /** The steps as they come. `steps` is the rest of config.num_steps unless given. */
  train(options?: { steps?: number }): AsyncIterable<TrainStep>
  /** `count` new documents, at a `temperature`: the lower, the likelier each token. */
  sample(options?: { count?: number; temperature?: number }): Promise<string[]>
  /** Mean loss over documents; nothing is trained. */
  loss(docs: readonly string[]): Promise<number>
}
