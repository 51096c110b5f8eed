/** The metadata of a checkpoint: from strings to values. */
import { checkObject, show } from '../config/checks.js'
import { type ConfigInput, type PresetName, resolveConfig } from '../config/config.js'
import { advice } from '../config/terms.js'
import { type CheckpointCode, CheckpointError, MicroGPTError } from '../errors.js'
import { type Safetensors, byteLengthOf } from './safetensors/read.js'
import { fail } from './safetensors/header.js'
import { Tokenizer } from '../data/tokenizer.js'

/** Options for files of other programs, which have less metadata. */
export interface ReadOptions {
  /** The preset, if the file does not name one. */
  preset?: string
  /** Fields that replace those of the file's config; for a file without config, all of it. */
  config?: ConfigInput
  /** The characters, if the file has no alphabet. */
  alphabet?: readonly string[]
  /** Also accept F32, F16 and BF16, converted exactly to float64; default false. */
  widen?: boolean
  /** Largest accepted header, in bytes; default 16 MiB, at most 100,000,000. */
  maxHeader?: number
}

/** The file's config, with the caller's fields on top. A file of another program may have none. */
export function configOf(words: Metadata, options: ReadOptions) {
  const preset = (words.get('preset') ?? options.preset ?? 'tutorial') as PresetName
  if (options.config !== undefined) checkObject('config', options.config)
  const stored = words.get('config')
  if (stored === undefined && !options.config && !options.preset) {
    fail('metadata', `the file has no config in its metadata; ${advice('theConfig')}`)
  }
  const base = words.attempt('config', () => {
    const input: unknown = stored === undefined ? {} : JSON.parse(stored.slice(0, 10_000))
    if (typeof input !== 'object' || input === null || Array.isArray(input)) throw new TypeError()
    return resolveConfig(preset, input)
  })
  const { head_dim: _, ...fields } = base
  return { preset, config: resolveConfig(preset, { ...fields, ...options.config }) }
}

/** The tokenizer of the file's alphabet, or else of the caller's. */
export function tokenizerOf(
  metadata: Safetensors['metadata'],
  tensors: Safetensors['tensors'],
  { alphabet }: ReadOptions,
): Tokenizer {
  const stored = metadata.get('alphabet')
  // At most "\ud83d\ude00", per row: what is parsed is not larger than the tensors of the file.
  const wte = tensors.get('wte')
  const rows = wte ? Math.min(wte.shape[0] ?? 0, byteLengthOf(wte)) : 0
  if (stored !== undefined && stored.length > 15 * rows + 2) throw new RangeError()
  if (stored === undefined && !alphabet) {
    fail('metadata', `it is not in the file's metadata; ${advice('theAlphabet')}`)
  }
  const chars: unknown = stored === undefined ? alphabet : JSON.parse(stored)
  const isList = Array.isArray(chars) && chars.every((char) => typeof char === 'string')
  if (!isList) throw new TypeError('a list of strings is needed')
  return new Tokenizer(chars)
}

/** A file's metadata, with checked access. */
export class Metadata {
  private readonly words: ReadonlyMap<string, string>

  constructor(words: ReadonlyMap<string, string>) {
    this.words = words
  }

  get(name: string): string | undefined {
    return this.words.get(name)
  }

  matching(name: string, form: RegExp, fallback?: string): string {
    const text = this.words.get(name) ?? fallback
    if (text === undefined) fail('metadata', `the file's metadata lacks ${name}`)
    if (!form.test(text)) fail('metadata', `the file's ${name} cannot be used, got ${show(text)}`)
    return text
  }

  whole(name: string, fallback?: number): number {
    const value = Number(this.matching(name, /^\d{1,16}$/, fallback?.toString()))
    if (Number.isSafeInteger(value)) return value
    return fail('metadata', `the file's ${name} must be below 2^53, got ${value}`)
  }

  attempt<T>(name: string, make: () => T): T {
    return attempt('metadata', `the file's ${name} cannot be used`, make)
  }
}

/** Runs a function; an error in it becomes a CheckpointError that says what failed. */
export function attempt<T>(code: CheckpointCode, what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    const why = cause instanceof MicroGPTError ? `: ${cause.message}` : ''
    throw new CheckpointError(code, what + why, { cause })
  }
}
