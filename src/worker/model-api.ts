/** The methods of the worker behind createWorkerModel. */
import type { Bytes } from '../checkpoint/safetensors/write.js'
import type { CreateOptions, GenerateOptions, Generated, LoadOptions } from '../gpt/microgpt.js'
import type { MicroGPT, SampleOptions, TrainOptions } from '../gpt/microgpt.js'

/** A matrix of the state_dict, copied from the worker. */
export interface ParameterCopy {
  /** Name in the state_dict, such as layer0.attn_wq. */
  name: string
  /** [nout, nin]. */
  shape: readonly [number, number]
  /** What the matrix is for, in one line. */
  purpose: string
  /** A copy of the values, [nout * nin], row-major. */
  data: Float64Array
  /** A copy of the gradients of the latest step, [nout * nin], row-major. */
  grad: Float64Array
}

/** Properties of a model that its remote side repeats; step and docsSeen follow the training. */
export const INFO_FIELDS = [
  ...(['mode', 'preset', 'config', 'valFraction', 'seed', 'counts'] as const),
  ...(['numParams', 'threads', 'step', 'docsSeen'] as const),
] as const
/** What the page knows of a model in a worker, as the worker last said. */
export type ModelInfo = Pick<MicroGPT, (typeof INFO_FIELDS)[number]>

/** A model that has been created, without its documents, which the caller has already. */
export interface Created {
  info: ModelInfo
  chars: readonly string[]
  /** Index of each document in the list that was given: in training order, held-out ones last. */
  places: Uint32Array
}

/** Steps made since the last message. */
export interface Steps {
  /** The model's steps and documents after the last of them. */
  step: number
  docsSeen: number
  losses: Float64Array
  lrs: Float64Array
  /** By step, where validation ran. */
  valLosses: ReadonlyMap<number, number>
}

/** Whether a streaming call ran to its end. */
export type Ending = 'completed' | 'aborted'

export interface ModelApi {
  create: { argument: CreateOptions; result: Created }
  load: { argument: { bytes: unknown; options: LoadOptions }; result: Created }
  save: { argument: { optimizer?: boolean }; result: Bytes }
  train: { argument: TrainOptions; result: { status: Ending; step: number }; part: Steps }
  validate: { argument: null; result: number }
  sample: { argument: SampleOptions; result: string[] }
  generate: { argument: GenerateOptions; result: Ending; part: Generated[] }
  loss: { argument: readonly string[]; result: number }
  params: { argument: null; result: Float64Array }
  stateDict: { argument: null; result: ParameterCopy[] }
}
