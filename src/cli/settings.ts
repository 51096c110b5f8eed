/** Converts flags to values. Errors name the flag, not the config field. */
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../config/config.js'
import { type Range, checkField, show } from '../config/checks.js'
import { FIELDS } from '../config/hyperparameters.js'
import { FRACTION, type Mode } from '../data/corpus.js'
import { ENCODINGS } from '../data/decode.js'
import type { DataSettings } from './data.js'
import { UsageError } from './exit.js'
import { flagOf } from './flags.js'
import type { Flags } from './parse.js'
import { isUrl } from './source.js'

/** Settings of a model and its data. */
export interface ModelSettings {
  preset: string
  config: ConfigInput
  seed: bigint
  /** Where the data is and how it is read. */
  data: Omit<DataSettings, 'mode'>
  /** undefined if not given; a checkpoint then decides. */
  mode: Mode | undefined
  /** undefined if not given; a checkpoint then decides. */
  valFraction: number | undefined
}

const ENCODING_ERRORS = ['strict', 'replace'] as const

const MODES: readonly Mode[] = ['docs', 'text']

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Converts a decimal number. Other text stays as it is, and checkField reports it. */
const toNumber = (text: string): number | string => (NUMBER.test(text) ? Number(text) : text)

/** @throws {ConfigError} naming the flag */
function check(flag: string, value: unknown, field: Range, fallback: unknown): void {
  checkField(`--${flag}`, value, field, fallback)
}

/** The flag's value as a whole number, or the fallback if not given. @throws {ConfigError} */
export function whole<T>(flags: Flags, name: string, min: number, fallback: T): number | T {
  const text = flags.get(name)
  if (text === undefined) return fallback
  const value = toNumber(String(text))
  const field: Range = { kind: 'integer', min, max: 1e12 }
  check(name, value, field, fallback ?? Math.max(min, 1))
  return value as number
}

/** The flag's value, one of `choices`; the first of them if not given. @throws {ConfigError} */
export function choice<T extends string>(flags: Flags, name: string, choices: readonly T[]): T {
  const value = flags.get(name) ?? choices[0]!
  check(name, value, { kind: 'choice', choices }, choices[0])
  return value as T
}

/** The flag's text; undefined if not given. */
export function textOf(flags: Flags, name: string): string | undefined {
  const value = flags.get(name)
  return typeof value === 'string' ? value : undefined
}

function seedOf(flags: Flags): bigint {
  const digits = textOf(flags, 'seed') ?? '42'
  if (!/^[+-]?\d+$/.test(digits)) {
    throw new UsageError(`--seed must be a whole number, got ${show(digits)}; try 42`)
  }
  return BigInt(digits)
}

/** @throws {ConfigError} if the value is neither 'auto' nor a whole number */
export function threadsOf(flags: Flags): number | 'auto' {
  return flags.get('threads') === 'auto' ? 'auto' : whole(flags, 'threads', 1, 'auto')
}

function fractionOf(flags: Flags): number | undefined {
  const text = textOf(flags, 'val-fraction')
  if (text === undefined) return undefined
  const value = toNumber(text)
  check('val-fraction', value, FRACTION, 0.1)
  return value as number
}

/**
 * The settings that the commands train, sample and inspect share.
 * @throws {ConfigError} for an invalid value, or values that cannot be combined
 */
export function modelSettings(flags: Flags): ModelSettings {
  const preset = choice(flags, 'preset', Object.keys(PRESETS) as PresetName[])
  const base = PRESETS[preset]
  const config: ConfigInput = {}
  for (const field of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const given = flags.get(flagOf(field))
    if (given === undefined) continue
    const spec = FIELDS[field]
    const numeric = spec.kind === 'integer' || spec.kind === 'number'
    const off = 'off' in spec && given === 'off'
    const value = off ? null : numeric ? toNumber(String(given)) : given
    check(flagOf(field), value, spec, base[field])
    Object.assign(config, { [field]: value })
  }
  resolveConfig(preset, config)
  const mode = flags.has('mode') ? choice(flags, 'mode', MODES) : undefined
  const valFraction = fractionOf(flags)
  return { preset, config, seed: seedOf(flags), data: dataSettings(flags), mode, valFraction }
}

/** Where the data is and how to read it. @throws {UsageError} for flags that cannot be combined */
export function dataSettings(flags: Flags): Omit<DataSettings, 'mode'> {
  const [column, field] = [textOf(flags, 'column'), textOf(flags, 'field')]
  if (column !== undefined && field !== undefined) {
    throw new UsageError('--column is for tables and --field for JSON Lines; give one of them')
  }
  const source = textOf(flags, 'data')
  const encoding = choice(flags, 'encoding', ENCODINGS)
  const errors = choice(flags, 'encoding-errors', ENCODING_ERRORS)
  const idle = ['column', 'field', 'encoding', 'encoding-errors'].find((flag) => flags.has(flag))
  if (source === undefined && idle) throw new UsageError(`--${idle} needs --data FILE; give both`)
  return {
    source,
    encoding,
    errors,
    ...(column === undefined ? {} : { column }),
    ...(field === undefined ? {} : { field }),
  }
}

/** The path of --data; undefined if it is not a file. */
export function pathOfData(flags: Flags): string | undefined {
  const data = textOf(flags, 'data')
  return data === undefined || data === '-' || isUrl(data) ? undefined : data
}
