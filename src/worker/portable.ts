/** Errors and values as a message can carry them. */
import { CheckpointError, ConfigError, MicroGPTError } from '../errors.js'
import type { CheckpointCode } from '../errors.js'
import * as errors from '../errors.js'

/** An error's fields: a message would lose its class. */
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
  const { field, value } = error
  const shown = isPortable(value) ? value : Object.prototype.toString.call(value)
  return { ...packed, field, value: shown }
}

/** The error again, in its class. */
export function unpackError({ name, message, field, value, code }: PackedError): Error {
  if (name === 'ConfigError') return new ConfigError(field!, value, message)
  if (name === 'CheckpointError') return new CheckpointError(code!, message)
  const known = (errors as unknown as Record<string, typeof MicroGPTError | undefined>)[name]
  if (known) return new known(message)
  return new MicroGPTError(name === 'Error' ? message : `${name}: ${message}`)
}

/** Whether a message can carry a copy of a value. */
export function isPortable(value: unknown): boolean {
  try {
    structuredClone(value)
    return true
  } catch {
    return false
  }
}
