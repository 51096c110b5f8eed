/** The strings of a checkpoint's metadata, as what they stand for. */
import { checkObject, show } from '../config/checks.js'
import { type ConfigInput, type PresetName, resolveConfig } from '../config/config.js'
import { advice } from '../config/terms.js'
import { type CheckpointCode, CheckpointError, MicroGPTError } from '../errors.js'
import { type Safetensors, byteLengthOf } from './safetensors/read.js'
import { fail } from './safetensors/header.js'
import { Tokenizer } from '../data/tokenizer.js'

/** How a file is read that has less metadata than the ones written here. */
export interface ReadOptions {
  /** The preset of a file that names none. */
  preset?: string
  /** Fields that differ from the file's config; all of it for a file without one. */
  config?: ConfigInput
  /** The characters of a file that has none. */
  alphabet?: readonly string[]
  /** Read F32, F16 and BF16 too, widened exactly. */
  widen?: boolean
  /** Bytes that the file's header may have: 16 MiB unless given. */
  maxHeader?: number
}

/** The file's config under the caller's; a file of another program may have none. */
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

/** The file's alphabet, or else the caller's. */
export function tokenizerOf(
  metadata: Safetensors['metadata'],
  tensors: Safetensors['tensors'],
  { alphabet }: ReadOptions,
): Tokenizer {
  const stored = metadata.get('alphabet')
  // At most "\ud83d\ude00", for each row: what is parsed is not larger than what the file holds.
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

/** The strings of a file's metadata as what they stand for. */
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

/** Does what may throw, and says what it was for. */
export function attempt<T>(code: CheckpointCode, what: string, make: () => T): T {
  try {
    return make()
  } catch (cause) {
    const why = cause instanceof MicroGPTError ? `: ${cause.message}` : ''
    throw new CheckpointError(code, what + why, { cause })
  }
}
