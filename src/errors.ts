/**
 * Every error class that the package throws. A message says what is wrong, what was expected, what
 * was given, and what to do.
 */

/** Sets a class's name before any error is made: for stack traces, and after minifying too. */
function keepName(errorClass: { prototype: Error }, name: string): void {
  Object.defineProperty(errorClass, 'name', { value: name, configurable: true })
  const property = { value: name, configurable: true, writable: true }
  Object.defineProperty(errorClass.prototype, 'name', property)
}

/** The base class of all errors of this package. */
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
  /** The name of the field or option, such as `n_embd`. */
  readonly field: string
  /** The value that was rejected. */
  readonly value: unknown

  /** @param message what is wrong, what is allowed, and what was given */
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

/** A character is not in the alphabet, or a token id is not in the vocabulary. */
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

/** The arena has no room left, or there is not enough memory for it. */
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

/**
 * Training cannot continue: the loss is not finite, the model has been freed, or a thread has died.
 */
export class TrainingError extends MicroGPTError {
  static {
    keepName(this, 'TrainingError')
  }
}

/**
 * What is wrong with a checkpoint. The codes do not change between versions:
 *
 * - `truncated`, `header`, `alignment`, `json`, `key`, `duplicate`, `dtype`, `shape`, `offsets`,
 *   `trailing`: the file is not a complete safetensors file;
 * - `tensors`, `metadata`, `values`: the file is complete, but of another model or a broken one;
 * - `dataset`: the run was trained on other data than was given;
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

/** A checkpoint cannot be read, written or used; `code` says why. */
export class CheckpointError extends MicroGPTError {
  static {
    keepName(this, 'CheckpointError')
  }
  /** What is wrong; see CheckpointCode. */
  readonly code: CheckpointCode

  /** @param options the error that caused this one */
  constructor(code: CheckpointCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
