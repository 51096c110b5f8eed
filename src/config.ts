/** Hyperparameters: what each one is, the two presets, validation, and the learning-rate schedule. */
import { ConfigError } from './errors.js'

/** The names are microgpt.py's own. */
export interface Config {
  /** Embedding dimension. */
  n_embd: number
  /** Attention heads; divides n_embd. */
  n_head: number
  /** Transformer layers. */
  n_layer: number
  /** Longest sequence, in tokens. */
  block_size: number
  /** n_embd / n_head; derived, never set. */
  head_dim: number
  /** Standard deviation of the initial weights. */
  init_std: number
  /** Whether attn_wo and mlp_fc2 start as zeros, so that each layer starts as the identity. */
  zero_init_projections: boolean
  /** The MLP's nonlinearity: max(0, x), or its square. */
  activation: Activation
  learning_rate: number
  beta1: number
  beta2: number
  eps_adam: number
  /** The curve that the learning rate follows from learning_rate over num_steps. */
  lr_schedule: Schedule
  /** Steps of a whole run; the schedule's length. */
  num_steps: number
  /** Documents a step; microgpt.py has one. */
  batch_size: number
  /** Sampling temperature; 0 takes the likeliest token. */
  temperature: number
  /** Decoupled weight decay (AdamW): each step also subtracts lr * weight_decay * p. */
  weight_decay: number
  /** The gradient is scaled down to this Euclidean norm when it is longer; null is off. */
  grad_clip: number | null
}

export type Activation = 'relu' | 'relu2'
export type Schedule = 'cosine' | 'linear' | 'constant'
export type PresetName = 'tutorial' | 'gist'
/** What a caller may give: any of the fields. */
export type ConfigInput = Partial<Config>

const tutorial: Config = {
  n_embd: 16,
  n_head: 4,
  n_layer: 1,
  block_size: 8,
  head_dim: 4,
  init_std: 0.02,
  zero_init_projections: true,
  activation: 'relu2',
  learning_rate: 1e-2,
  beta1: 0.9,
  beta2: 0.95,
  eps_adam: 1e-8,
  lr_schedule: 'cosine',
  num_steps: 500,
  batch_size: 1,
  temperature: 0.5,
  weight_decay: 0,
  grad_clip: null,
}

/** Two published revisions of microgpt.py: the first form and the form of today. */
export const PRESETS: Readonly<Record<PresetName, Readonly<Config>>> = Object.freeze({
  tutorial: Object.freeze(tutorial),
  gist: Object.freeze({
    ...tutorial,
    block_size: 16,
    init_std: 0.08,
    zero_init_projections: false,
    activation: 'relu',
    beta1: 0.85,
    beta2: 0.99,
    lr_schedule: 'linear',
    num_steps: 1000,
  }),
})

/** What a field may hold. `above` and `below` exclude the bound; `off` also allows null. */
export type Field =
  | { kind: 'integer'; min: number; max: number; about: string }
  | {
      kind: 'number'
      min: number
      max: number
      above?: true
      below?: true
      off?: true
      about: string
    }
  | { kind: 'choice'; choices: readonly string[]; about: string }
  | { kind: 'boolean'; about: string }

const integer = (min: number, max: number, about: string): Field => ({
  kind: 'integer',
  min,
  max,
  about,
})

/** One row a field; validation, the command line's flags and its help are all read off this table. */
export const FIELDS: Readonly<Record<Exclude<keyof Config, 'head_dim'>, Field>> = {
  n_embd: integer(1, 65536, 'embedding dimension'),
  n_head: integer(1, 65536, 'attention heads; divides n_embd'),
  n_layer: integer(1, 1024, 'transformer layers'),
  block_size: integer(1, 65536, 'longest sequence, in tokens'),
  init_std: {
    kind: 'number',
    min: 0,
    max: 1e3,
    about: 'standard deviation of the initial weights',
  },
  zero_init_projections: { kind: 'boolean', about: 'start attn_wo and mlp_fc2 as zeros' },
  activation: { kind: 'choice', choices: ['relu', 'relu2'], about: "the MLP's nonlinearity" },
  learning_rate: { kind: 'number', min: 0, max: 1e3, about: 'learning rate of the first step' },
  beta1: { kind: 'number', min: 0, max: 1, below: true, about: "decay of Adam's first moment" },
  beta2: { kind: 'number', min: 0, max: 1, below: true, about: "decay of Adam's second moment" },
  eps_adam: { kind: 'number', min: 1e-300, max: 1, about: "Adam's epsilon" },
  lr_schedule: {
    kind: 'choice',
    choices: ['cosine', 'linear', 'constant'],
    about: 'how the learning rate falls over num_steps',
  },
  num_steps: integer(1, 1e12, 'training steps of the whole run'),
  batch_size: integer(1, 1e6, 'documents a step'),
  temperature: { kind: 'number', min: 0, max: 1e6, about: 'sampling temperature; 0 is greedy' },
  weight_decay: { kind: 'number', min: 0, max: 1e3, about: 'decoupled weight decay' },
  grad_clip: {
    kind: 'number',
    min: 0,
    max: 1e300,
    above: true,
    off: true,
    about: 'largest norm of the gradient; null is off',
  },
}

/** A value as an error message shows it: strings in quotes, long ones cut. */
export function show(value: unknown): string {
  let text = '[object Object]'
  try {
    text = typeof value === 'string' ? JSON.stringify(value) : String(value)
  } catch {
    // An object whose own toString is none.
  }
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}

/**
 * Checks one value against its field.
 * @throws {ConfigError} with the field, the value, the range and the nearest value that would do
 */
export function checkField(name: string, value: unknown, field: Field, fallback: unknown): void {
  const refuse = (want: string, hint: unknown): never => {
    throw new ConfigError(name, value, `${name} must be ${want}, got ${show(value)}; try ${hint}`)
  }
  if (field.kind === 'boolean') {
    if (typeof value !== 'boolean') refuse('true or false', fallback)
  } else if (field.kind === 'choice') {
    if (typeof value !== 'string' || !field.choices.includes(value)) {
      refuse(`one of ${field.choices.join(', ')}`, fallback)
    }
  } else if (field.kind === 'integer') {
    const { min, max } = field
    const near =
      typeof value === 'number' && !Number.isNaN(value)
        ? Math.min(max, Math.max(min, Math.round(value)))
        : fallback
    if (!Number.isInteger(value) || (value as number) < min || (value as number) > max) {
      refuse(`a whole number from ${min} to ${max}`, near)
    }
  } else {
    if (field.off && value === null) return
    const { min, max, above, below } = field
    const bad =
      typeof value !== 'number' ||
      !Number.isFinite(value) ||
      (above ? value <= min : value < min) ||
      (below ? value >= max : value > max)
    if (bad) {
      const low = above ? `above ${min}` : `from ${min}`
      const high = below ? `below ${max}` : `to ${max}`
      refuse(`a number ${low} ${high}${field.off ? ', or null for off' : ''}`, fallback)
    }
  }
}

/**
 * Refuses options that a call does not have: a misspelt one would be passed over in silence.
 * @throws {ConfigError} for an unknown name, or options that are no object
 */
export function checkOptions(call: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError('options', options, `${call} takes options, got ${show(options)}`)
  }
  const odd = Object.keys(options).find((name) => !known.includes(name))
  if (odd !== undefined) {
    const names = known.join(', ')
    const message = `${call} has no option ${show(odd)}; its options are ${names}`
    throw new ConfigError(odd, (options as Record<string, unknown>)[odd], message)
  }
}

/**
 * A preset with the caller's values over it, checked field by field and frozen.
 * @throws {ConfigError} for an unknown preset or field, a value out of range, or an n_embd that
 *   n_head does not divide
 */
export function resolveConfig(
  preset: string = 'tutorial',
  input: ConfigInput = {},
): Readonly<Config> {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) {
    throw new ConfigError('config', input, `config must be an object of fields, got ${show(input)}`)
  }
  if (typeof preset !== 'string' || !Object.hasOwn(PRESETS, preset)) {
    const names = Object.keys(PRESETS).join(' or ')
    throw new ConfigError('preset', preset, `preset must be ${names}, got ${show(preset)}`)
  }
  const base = PRESETS[preset as PresetName]
  const config: Config = { ...base }
  for (const [name, value] of Object.entries(input)) {
    if (name === 'head_dim' || value === undefined) continue
    if (!Object.hasOwn(FIELDS, name)) {
      const known = Object.keys(FIELDS).join(', ')
      throw new ConfigError(name, value, `there is no field ${show(name)}; the fields are ${known}`)
    }
    const key = name as keyof typeof FIELDS
    checkField(name, value, FIELDS[key], base[key])
    Object.assign(config, { [name]: value })
  }
  const { n_embd, n_head } = config
  if (n_embd % n_head !== 0) {
    const low = n_embd - (n_embd % n_head)
    const fits = (FIELDS.n_embd as { max: number }).max
    const near = [low, low + n_head].filter((n) => n > 0 && n <= fits).join(' or ')
    const message = `n_embd ${n_embd} does not divide into n_head ${n_head}; try ${near}`
    throw new ConfigError('n_embd', n_embd, message)
  }
  config.head_dim = n_embd / n_head
  if (input.head_dim !== undefined && input.head_dim !== config.head_dim) {
    const message = `head_dim is n_embd / n_head = ${config.head_dim}, got ${show(input.head_dim)}; leave it out`
    throw new ConfigError('head_dim', input.head_dim, message)
  }
  return Object.freeze(config)
}

/**
 * The learning rate of the step that follows `step` finished ones. From num_steps on, the cosine
 * and linear schedules stay at the 0 that they have reached.
 * @param cos the cosine to use: the core's where bits must agree everywhere
 */
export function learningRate(config: Config, step: number, cos: (x: number) => number): number {
  const { learning_rate, lr_schedule, num_steps } = config
  if (lr_schedule === 'constant') return learning_rate
  if (step >= num_steps) return 0
  if (lr_schedule === 'linear') return learning_rate * (1 - step / num_steps)
  return learning_rate * 0.5 * (1 + cos((Math.PI * step) / num_steps))
}
