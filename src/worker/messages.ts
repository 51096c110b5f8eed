/** What the page and the worker of createWorkerModel say to each other. */
import { CheckpointError, ConfigError, MicroGPTError } from '../errors.js'
import type { CheckpointCode } from '../errors.js'
import * as errors from '../errors.js'
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

/** What of a model is told as it is; step and docsSeen are how far it has come. */
export const TOLD = [
  ...(['mode', 'preset', 'config', 'valFraction', 'seed', 'counts'] as const),
  ...(['numParams', 'threads', 'step', 'docsSeen'] as const),
] as const
export type Told = Pick<MicroGPT, (typeof TOLD)[number]>

/** A model that has been made, but for its documents, which the page has already. */
export interface Made {
  told: Told
  chars: readonly string[]
  /** Where in the list that was given each document stands: in order, those held out at the end. */
  places: Uint32Array
}

/** Each call: what it takes, and what it answers. */
export interface Calls {
  create: [CreateOptions, Made]
  load: [{ bytes: Uint8Array; options: LoadOptions }, Made]
  save: [{ optimizer?: boolean }, Uint8Array]
  train: [TrainOptions, { status: 'completed' | 'aborted'; step: number }]
  validate: [null, number]
  sample: [SampleOptions, string[]]
  generate: [GenerateOptions, 'completed' | 'aborted']
  loss: [readonly string[], number]
  params: [null, Float64Array]
  stateDict: [null, ParameterCopy[]]
}
export type Call = keyof Calls

export type Request =
  | { [C in Call]: { id: number; call: C; argument: Calls[C][0] } }[Call]
  | { call: 'stop'; id: number }

/** Steps of a run that were made since the last message. */
export interface Steps {
  /** Steps of the model when the last of them was made, and documents that it has seen. */
  step: number
  docsSeen: number
  losses: Float64Array
  lrs: Float64Array
  /** By step: of those that were validated after. */
  valLosses: ReadonlyMap<number, number>
}

/** What a call gives bit by bit before it answers. */
export interface Parts {
  train: Steps
  generate: Generated[]
}

export type Reply =
  | { id: number; part: Parts[keyof Parts] }
  | { id: number; result: Calls[Call][1] }
  | { id: number; error: PackedError }

/** An error as it crosses over: its class would be lost. */
export interface PackedError {
  name: string
  message: string
  field?: string
  value?: unknown
  code?: CheckpointCode
}

export function packError(error: unknown): PackedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  const packed = { name, message }
  if (error instanceof CheckpointError) return { ...packed, code: error.code }
  if (!(error instanceof ConfigError)) return packed
  return { ...packed, field: error.field, value: portable(error.value) }
}

/** The error again, in its class. */
export function unpackError({ name, message, field, value, code }: PackedError): Error {
  if (name === 'ConfigError') return new ConfigError(field!, value, message)
  if (name === 'CheckpointError') return new CheckpointError(code!, message)
  const known = (errors as unknown as Record<string, typeof MicroGPTError | undefined>)[name]
  return known ? new known(message) : new MicroGPTError(`${name}: ${message}`)
}

/** A value, or what kind of thing it is where no message can carry it. */
function portable(value: unknown): unknown {
  try {
    return structuredClone(value)
  } catch {
    return Object.prototype.toString.call(value)
  }
}
