/** Settings in a link's hash: checked strictly when read, and written without the defaults. */
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../config/config.js'
import { FIELDS, type Field } from '../config/hyperparameters.js'
import { MAX_BYTES, formatBytes, planBytes } from '../engine/plan.js'
import type { Core } from '../engine/core.js'
import { planGPT } from '../gpt/memory.js'
import type { Settings } from './page-api.js'
import { short } from './text.js'

export const DEFAULTS: Settings = { preset: 'tutorial', config: {}, seed: '42' }

/** Maximum memory of a model on the page. */
const PAGE_BYTES = MAX_BYTES / 4
const NUMBER = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i

/**
 * Parses the text of a field by the kind of the field.
 * @throws {Error} for a text that is no value of this kind
 */
export function parseField(name: string, field: Field, text: string): unknown {
  if (field.kind === 'choice') return text
  if (field.kind === 'boolean') {
    if (text === 'true' || text === 'false') return text === 'true'
    throw new Error(`${name} must be true or false, got ${JSON.stringify(short(text, 20))}`)
  }
  if (field.kind === 'number' && field.off && (text === 'off' || text === '')) return null
  if (NUMBER.test(text)) return Number(text)
  throw new Error(`${name} must be a number, got ${JSON.stringify(short(text, 20))}`)
}

/** @throws {Error} unless the text is an integer of at most 100 digits */
export function checkSeed(text: string): string {
  if (/^-?\d{1,100}$/.test(text)) return text
  throw new Error(`seed must be a whole number, got ${JSON.stringify(short(text, 20))}; try 42`)
}

/** @throws {Error} for settings that cannot be used */
export function checkSettings({ preset, config, seed }: Settings): void {
  resolveConfig(preset, config)
  checkSeed(seed)
}

/**
 * The memory that a model with these settings needs; it is computed without allocating it.
 * @throws {Error} if it is more than the page allows
 */
export function memoryOf(core: Core, { preset, config }: Settings, vocabSize: number) {
  const memory = planBytes(planGPT(core, resolveConfig(preset, config), vocabSize))
  const { total } = memory
  if (!(total < PAGE_BYTES)) {
    const most = formatBytes(PAGE_BYTES)
    throw new Error(`this model needs ${formatBytes(total)} of memory, and the page allows ${most}`)
  }
  return memory
}

/**
 * Reads the settings from a link's hash; null for a hash without '=', which names a section.
 * @throws {Error} if any part is invalid; then no part is used
 */
export function readHash(hash: string): Settings | null {
  const text = hash.replace(/^#/, '')
  if (!text.includes('=')) return null
  const settings: Settings = { ...DEFAULTS, config: {} }
  const config = new Map<string, unknown>()
  const seen = new Set<string>()
  for (const [key, value] of new URLSearchParams(text)) {
    const name = JSON.stringify(short(key, 30))
    if (seen.has(key)) throw new Error(`it names ${name} twice`)
    seen.add(key)
    if (key === 'preset') {
      resolveConfig(value)
      settings.preset = value as PresetName
    } else if (key === 'seed') {
      settings.seed = checkSeed(value)
    } else if (Object.hasOwn(FIELDS, key)) {
      config.set(key, parseField(key, FIELDS[key as keyof typeof FIELDS], value))
    } else {
      throw new Error(`there is no setting ${name}`)
    }
  }
  settings.config = Object.fromEntries(config) as ConfigInput
  checkSettings(settings)
  return settings
}

/**
 * The preset, the seed, and the fields that differ from the preset, as a hash: the same for equal
 * settings, whatever the order of their fields.
 */
export function toHash({ preset, config, seed }: Settings): string {
  const parts = new URLSearchParams({ preset, seed })
  for (const name of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const value = config[name]
    if (value !== undefined && value !== PRESETS[preset][name])
      parts.set(name, String(value ?? 'off'))
  }
  return `#${parts.toString()}`
}
