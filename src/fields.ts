/** What each hyperparameter is and may hold, for command lines, forms and whoever else shows them. */
import type { Range } from './checks.js'
import { RANGES } from './ranges.js'

/** A range, and what the value is about. */
export type Field = Range & { about: string }

const ABOUT: Readonly<Record<keyof typeof RANGES, string>> = {
  n_embd: 'embedding dimension',
  n_head: 'attention heads; divides n_embd',
  n_layer: 'transformer layers',
  block_size: 'longest sequence, in tokens',
  init_std: 'standard deviation of the initial weights',
  zero_init_projections: 'start attn_wo and mlp_fc2 as zeros',
  activation: "the MLP's nonlinearity",
  learning_rate: 'learning rate of the first step',
  beta1: "decay of Adam's first moment",
  beta2: "decay of Adam's second moment",
  eps_adam: "Adam's epsilon",
  lr_schedule: 'how the learning rate falls over num_steps',
  num_steps: 'training steps of the whole run',
  batch_size: 'documents a step',
  temperature: 'sampling temperature; 0 is greedy',
  weight_decay: 'decoupled weight decay',
  grad_clip: 'largest norm of the gradient; null is off',
}

/** One row a field; the command line's flags and its help, and the page's form are read off this. */
export const FIELDS = /* @__PURE__ */ withAbout()

function withAbout(): Readonly<Record<keyof typeof RANGES, Field>> {
  const rows = Object.entries(ABOUT).map(([name, about]) => {
    return [name, { ...RANGES[name as keyof typeof RANGES], about }]
  })
  return Object.fromEntries(rows)
}
