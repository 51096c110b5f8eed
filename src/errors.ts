/**
 * Every error class that the package throws. A message is one sentence or two: what is wrong, what
 * was expected, what was given, and what to do.
 */

/** A class's name, in stack traces and after minifying too: it is set before any error is made. */
function keepName(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass, 'name', { value: name, configurable: true })
  const property = { value: name, configurable: true, writable: true }
  Object.defineProperty(errorClass.prototype, 'name', property)
}

/** The parent of all errors of this package: `catch (e) { if (e instanceof MicroGPTError) ... }`. */
export class MicroGPTError extends Error {
  static {
    keepName(this, 'MicroGPTError')
  }
}

/** A hyperparameter or an option has a value that cannot be used. */
export class ConfigError extends MicroGPTError {
  static {
    keepName(this, 'ConfigError')
  }
  /** The field as it is written in a config, such as `n_embd`. */
  readonly field: string
  /** The value that was refused. */
  readonly value: unknown

  constructor(field: string, value: unknown, message: string) {
    super(message)
    this.field = field
    this.value = value
  }
}

/** A text or a list of documents cannot be trained on. */
export class DatasetError extends MicroGPTError {
  static {
    keepName(this, 'DatasetError')
  }
}

/** A character or a token id lies outside the alphabet. */
export class TokenizerError extends MicroGPTError {
  static {
    keepName(this, 'TokenizerError')
  }
}

/** The WebAssembly core could not be loaded. */
export class CoreError extends MicroGPTError {
  static {
    keepName(this, 'CoreError')
  }
}

/** The arena is too small for what is asked of it, or memory for it cannot be had. */
export class ArenaError extends MicroGPTError {
  static {
    keepName(this, 'ArenaError')
  }
}

/** An operation was given tensors whose shapes do not fit, or a graph was used out of order. */
export class GraphError extends MicroGPTError {
  static {
    keepName(this, 'GraphError')
  }
}

/** A run cannot go on: its loss is not a number any more, or its model has been freed. */
export class TrainingError extends MicroGPTError {
  static {
    keepName(this, 'TrainingError')
  }
}

/**
 * What is wrong with a checkpoint. The codes stay as they are from version to version:
 *
 * - `truncated`, `header`, `alignment`, `json`, `key`, `duplicate`, `dtype`, `shape`, `offsets`,
 *   `trailing`: it is no safetensors file, or not all of one;
 * - `tensors`, `metadata`, `values`: it is one, but not of such a model, or of a broken one;
 * - `dataset`: it goes on with other documents only;
 * - `file`, `locked`: the file cannot be read or written, or another run writes to it.
 */
export type CheckpointCode =
  | 'truncated'
  | 'header'
  | 'alignment'
  | 'json'
  | 'key'
  | 'duplicate'
  | 'dtype'
  | 'shape'
  | 'offsets'
  | 'trailing'
  | 'tensors'
  | 'metadata'
  | 'values'
  | 'dataset'
  | 'file'
  | 'locked'

/** A checkpoint cannot be read, written or used. */
export class CheckpointError extends MicroGPTError {
  static {
    keepName(this, 'CheckpointError')
  }
  readonly code: CheckpointCode

  constructor(code: CheckpointCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
