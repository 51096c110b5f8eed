/** The host's side of Adam: the step count, and one call of the core per step. */
import type { Arena } from './arena.js'
import type { Update } from './executor.js'

/** Options of Adam; a Config can be passed. */
export interface AdamOptions {
  /** Decay of the first moment, from 0, below 1. */
  beta1: number
  /** Decay of the second moment, from 0, below 1. */
  beta2: number
  /** Added to the square root of the second moment. */
  eps_adam: number
  /** Decoupled weight decay (AdamW); default 0. */
  weight_decay?: number
  /** Largest Euclidean norm of the gradient; default null: off. */
  grad_clip?: number | null
}

/** Adam (Kingma and Ba, 2015) over all parameters of an arena; the moments are in the arena. */
export class Adam {
  static readonly name = 'Adam'
  /** Number of updates so far. */
  t = 0
  private readonly arena: Arena
  private readonly options: AdamOptions

  /** @param arena its parameters are updated; the moments are in it, and start as zeros */
  constructor(arena: Arena, options: AdamOptions) {
    this.arena = arena
    this.options = options
  }

  /**
   * Updates all parameters from their gradients, which grad_clip may scale down first.
   * @param lr learning rate of this update
   * @param update the core's unless given; a thread pool has its own
   */
  update(lr: number, update: Update = this.arena.core.adam): void {
    const { beta1, beta2, eps_adam, weight_decay = 0, grad_clip = null } = this.options
    const { core } = this.arena
    if (grad_clip !== null) {
      const norm = Math.sqrt(core.gradSquared())
      if (norm > grad_clip) core.scaleGrad(grad_clip / norm)
    }
    this.t++
    const root = Math.sqrt(1 - power(beta2, this.t))
    const rate = (lr * root) / (1 - power(beta1, this.t))
    update(rate, eps_adam * root, beta1, beta2, 1 - lr * weight_decay)
  }
}

/**
 * x^n for whole n, by squaring. Products alone give the same bits everywhere; Math.pow does not.
 */
export function power(x: number, n: number): number {
  let result = 1
  for (let square = x, rest = n; rest > 0; square *= square, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
  }
  return result
}
