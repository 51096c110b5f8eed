/** The part of the optimizer's state that is not in the arena, and one call per step. */
import type { Arena } from './arena.js'
import type { Update } from './executor.js'

/** As in a model's config. */
export interface AdamOptions {
  beta1: number
  beta2: number
  eps_adam: number
  /** Decoupled weight decay (AdamW); 0 unless given. */
  weight_decay?: number
  /** Largest Euclidean norm of the gradient; null, the default, is off. */
  grad_clip?: number | null
}

/** Adam (Kingma and Ba, 2015) over all parameters of an arena; the moments are in the arena. */
export class Adam {
  /** Updates made so far. */
  t = 0
  private readonly arena: Arena
  private readonly options: AdamOptions

  constructor(arena: Arena, options: AdamOptions) {
    this.arena = arena
    this.options = options
  }

  /**
   * Updates the parameters from their gradients, which grad_clip may scale down first.
   * @param update the core's by default; a thread pool has its own
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

/** x^n by squaring, for whole n: only products, so the same bits everywhere, unlike Math.pow. */
export function power(x: number, n: number): number {
  let result = 1
  for (let square = x, rest = n; rest > 0; square *= square, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
  }
  return result
}
