/** A model's configuration: the presets, and the caller's fields checked against the table. */
import { ConfigError } from '../errors.js'
import { checkField, checkObject, show } from './checks.js'
import { FIELDS, type FieldName } from './hyperparameters.js'
import { term } from './terms.js'

/**
 * All hyperparameters of a model, by their names in microgpt.py. {@link FIELDS} has ranges and
 * defaults.
 */
export interface Config {
  /** Embedding dimension: how many numbers describe a token. 1 to 65,536; default 16. */
  n_embd: number
  /** Attention heads; must divide n_embd. Default 4. */
  n_head: number
  /** Transformer layers, 1 to 1,024; default 1. */
  n_layer: number
  /** Longest sequence, in tokens, 1 to 65,536; default 8 (gist: 16). */
  block_size: number
  /** n_embd / n_head; derived, cannot be set. */
  head_dim: number
  /** Standard deviation of the initial weights, 0 to 1,000; default 0.02 (gist: 0.08). */
  init_std: number
  /**
   * Start attn_wo and mlp_fc2 as zeros, so that each layer starts as the identity. Default true
   * (gist: false).
   */
  zero_init_projections: boolean
  /** Nonlinearity of the MLP. Default relu2 (gist: relu). */
  activation: Activation
  /** Learning rate of the first step, 0 to 1,000; default 0.01. */
  learning_rate: number
  /** Decay of Adam's first moment, from 0, below 1; default 0.9 (gist: 0.85). */
  beta1: number
  /** Decay of Adam's second moment, from 0, below 1; default 0.95 (gist: 0.99). */
  beta2: number
  /** Adam's epsilon, 1e-300 to 1; default 1e-8. */
  eps_adam: number
  /** How the learning rate falls over num_steps. Default cosine (gist: linear). */
  lr_schedule: Schedule
  /**
   * Steps over which the learning rate rises: it is multiplied by min(1, (step + 1) / warmup_steps).
   * 0 to 1e12; default 0, no warm-up.
   */
  warmup_steps: number
  /**
   * Training steps of the whole run: the length of the schedule. 1 to 1e12; default 500 (gist:
   * 1000).
   */
  num_steps: number
  /** Documents per step, or blocks of the text, 1 to 1e6; default 1, as in microgpt.py. */
  batch_size: number
  /** Sampling temperature, 0 to 1e6; 0 takes the most likely token. Default 0.5. */
  temperature: number
  /**
   * Decoupled weight decay (AdamW): each step also subtracts lr * weight_decay * p. 0 to 1,000;
   * default 0.
   */
  weight_decay: number
  /** Largest Euclidean norm of the gradient; a longer one is scaled down. Default null: off. */
  grad_clip: number | null
}

/** max(0, x), max(0, x)^2, or GELU in its tanh form (Hendrycks and Gimpel, 2016). */
export type Activation = 'relu' | 'relu2' | 'gelu'
/** Half a cosine to 0, a straight line to 0, or no change. */
export type Schedule = 'cosine' | 'linear' | 'constant'
/** A published version of microgpt.py, or one of two larger models. */
export type PresetName = 'tutorial' | 'gist' | 'small' | 'medium'
/** Any of the fields of a config; the others come from the preset. */
export type ConfigInput = Partial<Config>

// head_dim comes before init_std: the order of the fields is part of a checkpoint's bytes.
const defaults = Object.entries(FIELDS).flatMap(([name, field]) => {
  const entry = [name, field.default] as const
  return name === 'init_std' ? [['head_dim', 4] as const, entry] : [entry]
})
const tutorial = Object.fromEntries(defaults) as unknown as Config

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
 * A preset with the caller's fields, checked and frozen.
 * @param preset 'tutorial' unless given
 * @param input fields that differ from the preset
 * @throws {ConfigError} for an unknown preset or field, a value out of range, or an n_embd that is
 *   not divisible by n_head
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
    // JSON does not preserve the sign of -0.
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
