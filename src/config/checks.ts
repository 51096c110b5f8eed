/** Checks of values that a caller passes, and how error messages show them. */
import { ConfigError } from '../errors.js'
import { advice, term } from './terms.js'

/**
 * The `kind` of value, and which are allowed: from `min` to `max`, or one of `choices`. `above` and
 * `below` exclude the bound itself; `off` also allows null.
 */
export type Range =
  | { kind: 'integer'; min: number; max: number }
  | { kind: 'number'; min: number; max: number; above?: true; below?: true; off?: true }
  | { kind: 'choice'; choices: readonly string[] }
  | { kind: 'boolean' }

/** A value as text for an error message: strings in quotes, at most 60 characters. */
export function show(value: unknown): string {
  let text = '[object Object]'
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  } catch {
    // An object whose toString is not a function, or throws.
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/**
 * Checks one value against its range.
 * @throws {ConfigError} with the field, the value, the range and a valid value to try
 */
export function checkField(name: string, value: unknown, range: Range, fallback: unknown): void {
  const refuse = (want: string, hint: unknown): never => {
    throw new ConfigError(
      name,
      value,
      `${term(name)} must be ${want}, got ${show(value)}; try ${hint}`,
    )
  }
  if (range.kind === 'boolean') {
    if (typeof value !== 'boolean') refuse('true or false', fallback)
  } else if (range.kind === 'choice') {
    if (typeof value !== 'string' || !range.choices.includes(value)) {
      refuse(`one of ${range.choices.join(', ')}`, fallback)
    }
  } else if (range.kind === 'integer') {
    const { min, max } = range
    const near =
      typeof value === 'number' && !Number.isNaN(value)
        ? Math.min(max, Math.max(min, Math.round(value)))
        : fallback
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      refuse(`a whole number from ${min} to ${max}`, near)
    }
  } else {
    if (range.off && value === null) return
    const { min, max, above, below } = range
    const bad =
      typeof value !== 'number' ||
      !Number.isFinite(value) ||
      (above ? value <= min : value < min) ||
      (below ? value >= max : value > max)
    if (bad) {
      const low = above ? `above ${min}` : `from ${min}`
      const high = below ? `below ${max}` : `to ${max}`
      const off = advice('off')
      refuse(`a number ${low} ${high}${range.off ? `, or ${off}` : ''}`, fallback ?? off)
    }
  }
}

/** @throws {ConfigError} unless the value is a whole number, at least `least` */
export function checkWhole(name: string, value: unknown, least: number, fallback: number): void {
  if (Number.isInteger(value) && (value as number) >= least) return
  const want = `${term(name)} must be a whole number from ${least}, got ${show(value)}`
  throw new ConfigError(name, value, `${want}; try ${fallback}`)
}

/**
 * @throws {ConfigError} for anything but an object of named values: a list, a Map, a Date, a Promise
 */
export function checkObject(name: string, value: unknown): void {
  if (Object.prototype.toString.call(value) === '[object Object]') return
  const message = `${name} must be an object of fields, got ${show(value)}`
  throw new ConfigError(name, value, message)
}

/**
 * Rejects unknown options; a misspelled one would otherwise be ignored.
 * @throws {ConfigError} for an unknown name, or if the options are not an object
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (Object.prototype.toString.call(options) !== '[object Object]') {
    throw new ConfigError('options', options, `${call} takes options, got ${show(options)}`)
  }
  const odd = Object.keys(options as object).find((name) => !known.includes(name))
  if (odd !== undefined) {
    const names = known.join(', ')
    const message = `${call} has no option ${show(odd)}; its options are ${names}`
    throw new ConfigError(odd, (options as Record<string, unknown>)[odd], message)
  }
}

/**
 * Rejects valid options that would have no effect.
 * @param idle by option, why it would have none here, or false
 * @throws {ConfigError} for an option that is given, and is not false or 0
 */
export function checkEffect(options: object, idle: Readonly<Record<string, string | false>>): void {
  for (const [name, why] of Object.entries(idle)) {
    const value = (options as Record<string, unknown>)[name]
    if (why === false || value === undefined || value === false || value === 0) continue
    throw new ConfigError(name, value, `${term(name)} ${why}; leave it out`)
  }
}
