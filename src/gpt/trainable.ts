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
  readonly config: Readonly<Config>
  readonly tokenizer: Tokenizer
  /** In the order of training. */
  readonly docs: readonly string[]
  readonly numParams: number
  /** Finished steps. */
  readonly step: number
}

/** Implemented by MicroGPT and by the reference engines. */
export interface Trainable extends Described {
  /** All parameters, flat, in state_dict order. */
  readonly params: Float64Array
  /** A step each time the caller asks; the rest of config.num_steps unless given. */
  train(options?: { steps?: number }): Iterator<TrainStep> & Iterable<TrainStep>
  sample(options?: { count?: number; temperature?: number }): string[]
  /** Mean loss over documents; nothing is trained. */
  loss(docs: readonly string[]): number
}

/** The same from a distance: implemented by the model in a worker. */
export interface AsyncTrainable extends Described {
  params(): Promise<Float64Array>
  train(options?: { steps?: number }): AsyncIterable<TrainStep>
  sample(options?: { count?: number; temperature?: number }): Promise<string[]>
  loss(docs: readonly string[]): Promise<number>
}
