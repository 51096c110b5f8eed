/** A model's configuration: presets, and the caller's fields checked against the table. */
import { ConfigError } from '../errors.js'
import { checkField, checkObject, show } from './checks.js'
import { FIELDS, type FieldName } from './hyperparameters.js'
import { term } from './terms.js'

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
  /** The MLP's nonlinearity: max(0, x), its square, or GELU in its tanh form. */
  activation: Activation
  learning_rate: number
  beta1: number
  beta2: number
  eps_adam: number
  /** The curve that the learning rate follows from learning_rate over num_steps. */
  lr_schedule: Schedule
  /** The learning rate is multiplied by min(1, (step + 1) / warmup_steps); 0 is no warm-up. */
  warmup_steps: number
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

export type Activation = 'relu' | 'relu2' | 'gelu'
export type Schedule = 'cosine' | 'linear' | 'constant'
export type PresetName = 'tutorial' | 'gist' | 'small' | 'medium'
/** What a caller may give: any of the fields. */
export type ConfigInput = Partial<Config>

const defaults = Object.fromEntries(
  Object.entries(FIELDS).map(([name, field]) => [name, field.default]),
)
const tutorial = { ...defaults, head_dim: 4 } as unknown as Config

/** Larger than microgpt.py's models, for batches and long texts. docs/presets.md says how they learn. */
const larger: Config = {
  ...tutorial,
  block_size: 32,
  init_std: 0.08,
  zero_init_projections: false,
  activation: 'gelu',
  num_steps: 1000,
  batch_size: 16,
  temperature: 0.8,
  weight_decay: 0.01,
  grad_clip: 1,
}

/**
 * `tutorial` and `gist` are the two published revisions of microgpt.py: the first form and the form
 * of today. `small` and `medium` are larger models, with a learning rate that suits their width.
 */
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
  small: Object.freeze({
    ...larger,
    n_embd: 64,
    n_layer: 2,
    head_dim: 16,
    warmup_steps: 20,
  }),
  medium: Object.freeze({
    ...larger,
    n_embd: 128,
    n_layer: 4,
    block_size: 64,
    head_dim: 32,
    init_std: 0.05,
    learning_rate: 5e-3,
    warmup_steps: 50,
  }),
})

/**
 * A preset with the caller's values over it, checked field by field and frozen.
 * @throws {ConfigError} for an unknown preset or field, a value out of range, or an n_embd that
 *   n_head does not divide
 */
export function resolveConfig(
  preset: string = 'tutorial',
  input: ConfigInput = {},
): Readonly<Config> {
  checkObject('config', input)
  if (typeof preset !== 'string' || !Object.hasOwn(PRESETS, preset)) {
    const names = Object.keys(PRESETS).join(', ')
    throw new ConfigError(
      'preset',
      preset,
      `${term('preset')} must be one of ${names}, got ${show(preset)}`,
    )
  }
  const base = PRESETS[preset as PresetName]
  const config: Config = { ...base }
  for (const [name, value] of Object.entries(input)) {
    if (name === 'head_dim' || value === undefined) continue
    if (!Object.hasOwn(FIELDS, name)) {
      const known = Object.keys(FIELDS).join(', ')
      throw new ConfigError(name, value, `there is no field ${show(name)}; the fields are ${known}`)
    }
    const key = name as FieldName
    checkField(name, value, FIELDS[key], base[key])
    // A zero has no sign: JSON keeps none.
    Object.assign(config, { [name]: value === 0 ? 0 : value })
  }
  const { n_embd, n_head } = config
  if (n_embd % n_head !== 0) {
    const low = n_embd - (n_embd % n_head)
    const fits = (FIELDS.n_embd as { max: number }).max
    const near = [low, low + n_head].filter((n) => n > 0 && n <= fits).join(' or ')
    const [embd, head] = [`${term('n_embd')} (${n_embd})`, `${term('n_head')} (${n_head})`]
    const message = `${embd} must be divisible by ${head}; try ${near}`
    throw new ConfigError('n_embd', n_embd, message)
  }
  config.head_dim = n_embd / n_head
  if (input.head_dim !== undefined && input.head_dim !== config.head_dim) {
    const message = `head_dim is n_embd / n_head = ${config.head_dim}, got ${show(input.head_dim)}; leave it out`
    throw new ConfigError('head_dim', input.head_dim, message)
  }
  return Object.freeze(config)
}
