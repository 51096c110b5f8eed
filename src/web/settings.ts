/** Settings in a link: read with suspicion, written short. */
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../config/config.js'
import { FIELDS, type Field } from '../config/hyperparameters.js'
import { MAX_BYTES, formatBytes, planBytes } from '../engine/plan.js'
import type { Core } from '../engine/core.js'
import { planGPT } from '../gpt/memory.js'
import type { Settings } from './page-api.js'
import { short } from './text.js'

export const DEFAULTS: Settings = { preset: 'tutorial', config: {}, seed: '42' }

/** Memory that a model of the page may take. */
const PAGE_BYTES = MAX_BYTES / 4
const NUMBER = /^-?\d+(\.\d+)?(e[-+]?\d+)?$/i

/**
 * One value as text, in the kind of its field.
 * @throws {Error} with a sentence for what is none
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

/** @throws {Error} unless it is a whole number in digits */
export function checkSeed(text: string): string {
  if (/^-?\d{1,100}$/.test(text)) return text
  throw new Error(`seed must be a whole number, got ${JSON.stringify(short(text, 20))}; try 42`)
}

/** @throws {Error} with a sentence, for settings that cannot be used */
export function checkSettings({ preset, config, seed }: Settings): void {
  resolveConfig(preset, config)
  checkSeed(seed)
}

/**
 * The memory of a model with these settings; a counting core takes none for it.
 * @throws {Error} with a sentence, when it is more than a page should take
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
 * The settings of a link's hash. One without '=' is the name of a panel, and holds none.
 * @throws {Error} with a sentence, when any part of it is not understood: then none of it counts
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

/** What differs from the defaults, as a hash. */
export function toHash({ preset, config, seed }: Settings): string {
  const parts = new URLSearchParams({ preset, seed })
  for (const [name, value] of Object.entries(config)) {
    if (value !== PRESETS[preset][name as keyof ConfigInput])
      parts.set(name, String(value ?? 'off'))
  }
  return `#${parts.toString()}`
}
