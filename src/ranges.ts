/** What each hyperparameter may hold. */
import type { Range } from './checks.js'

const integer = (min: number, max: number) => ({ kind: 'integer', min, max }) as const
const number = (min: number, max: number, more = {}): Range => ({
  kind: 'number',
  min,
  max,
  ...more,
})
const choice = (...choices: string[]): Range => ({ kind: 'choice', choices })
const boolean: Range = { kind: 'boolean' }

export const RANGES = {
  n_embd: integer(1, 65536),
  n_head: integer(1, 65536),
  n_layer: integer(1, 1024),
  block_size: integer(1, 65536),
  init_std: number(0, 1e3),
  zero_init_projections: boolean,
  activation: choice('relu', 'relu2'),
  learning_rate: number(0, 1e3),
  beta1: number(0, 1, { below: true }),
  beta2: number(0, 1, { below: true }),
  eps_adam: number(1e-300, 1),
  lr_schedule: choice('cosine', 'linear', 'constant'),
  num_steps: integer(1, 1e12),
  batch_size: integer(1, 1e6),
  temperature: number(0, 1e6),
  weight_decay: number(0, 1e3),
  grad_clip: number(0, 1e300, { above: true, off: true }),
}
