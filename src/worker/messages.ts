/** What the page and the worker of createWorkerModel say to each other. */
import type { Config } from '../config.js'
import { ConfigError, MicroGPTError } from '../errors.js'
import * as errors from '../errors.js'
import type { CreateOptions, GenerateOptions, Generated, SampleOptions } from '../microgpt.js'

/** A matrix of the state_dict as it crosses over: copies, not views. */
export interface ParameterCopy {
  name: string
  shape: readonly [number, number]
  purpose: string
  data: Float64Array
  grad: Float64Array
}

/** Each call: what it takes, and what it answers. */
export interface Calls {
  create: [CreateOptions, { config: Readonly<Config>; chars: readonly string[]; docs: string[] }]
  train: [{ steps?: number }, { status: 'completed' | 'aborted'; step: number }]
  sample: [SampleOptions, string[]]
  generate: [GenerateOptions, Generated[]]
  loss: [readonly string[], number]
  params: [null, Float64Array]
  stateDict: [null, ParameterCopy[]]
}
export type Call = keyof Calls

export type Request =
  | { [C in Call]: { id: number; call: C; argument: Calls[C][0] } }[Call]
  | { call: 'stop'; id: number }

/** Steps of a run that were made since the last message. */
export interface Batch {
  id: number
  /** Steps finished when the last of them was. */
  step: number
  losses: Float64Array
  lrs: Float64Array
}

export type Reply =
  Batch | { id: number; result: Calls[Call][1] } | { id: number; error: PackedError }

/** An error as it crosses over: its class would be lost. */
export interface PackedError {
  name: string
  message: string
  field?: string
  value?: string
}

export function packError(error: unknown): PackedError {
  const { name, message } = error instanceof Error ? error : new Error(String(error))
  if (!(error instanceof ConfigError)) return { name, message }
  return { name, message, field: error.field, value: String(error.value) }
}

/** The error again, in its class; a ConfigError's value has become text. */
export function unpackError({ name, message, field, value }: PackedError): Error {
  if (name === 'ConfigError') return new ConfigError(field ?? '', value, message)
  const known = (errors as unknown as Record<string, typeof MicroGPTError | undefined>)[name]
  return known ? new known(message) : new MicroGPTError(`${name}: ${message}`)
}
