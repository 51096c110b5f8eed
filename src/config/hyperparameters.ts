/**
 * The one table of hyperparameters: range, default and meaning of each field. The presets, the
 * flags and help of the command line, and the form of the page are made from it.
 */
import type { Range } from './checks.js'

/** The range of a hyperparameter, its `default`, and its meaning in one line (`about`). */
export type Field = Range & { default: number | string | boolean | null; about: string }

const integer = (about: string, value: number, min: number, max: number) =>
  ({ kind: 'integer', min, max, default: value, about }) as const
const number = (
  about: string,
  value: number | null,
  min: number,
  max: number,
  more = {},
): Field => {
  return { kind: 'number', min, max, ...more, default: value, about }
}
const choice = (about: string, value: string, ...choices: string[]): Field => {
  return { kind: 'choice', choices, default: value, about }
}
const BELOW = { below: true }

const TABLE = {
  n_embd: integer('embedding dimension', 16, 1, 65536),
  n_head: integer('attention heads; must divide n_embd', 4, 1, 65536),
  n_layer: integer('transformer layers', 1, 1, 1024),
  block_size: integer('longest sequence, in tokens', 8, 1, 65536),
  init_std: number('standard deviation of the initial weights', 0.02, 0, 1e3),
  zero_init_projections: {
    kind: 'boolean',
    default: true,
    about: 'initialize attn_wo and mlp_fc2 with zeros',
  },
  activation: choice('nonlinearity of the MLP', 'relu2', 'relu', 'relu2', 'gelu'),
  learning_rate: number('learning rate where the schedule begins', 1e-2, 0, 1e3),
  beta1: number("decay of Adam's first moment", 0.9, 0, 1, BELOW),
  beta2: number("decay of Adam's second moment", 0.95, 0, 1, BELOW),
  eps_adam: number("Adam's epsilon", 1e-8, 1e-120, 1),
  lr_schedule: choice(
    'how the learning rate falls over num_steps',
    'cosine',
    'cosine',
    'linear',
    'constant',
  ),
  warmup_steps: integer(
    'first steps, in which the learning rate rises to its schedule; 0 is none',
    0,
    0,
    1e12,
  ),
  num_steps: integer('training steps of the whole run', 500, 1, 1e12),
  batch_size: integer('documents per step', 1, 1, 1e6),
  temperature: number('sampling temperature; 0 is greedy', 0.5, 0, 1e6),
  weight_decay: number('decoupled weight decay (AdamW)', 0, 0, 1e3),
  grad_clip: number('largest norm of the gradient; null is off', null, 0, 1e300, {
    above: true,
    off: true,
  }),
} satisfies Record<string, Field>

/** The name of a hyperparameter. */
export type FieldName = keyof typeof TABLE

/** All hyperparameters by name, in the order of the help and the form. */
export const FIELDS: Readonly<Record<FieldName, Field>> = TABLE
