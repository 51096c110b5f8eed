/** The optimizer's state that is not in the arena, and one call a step. */
import type { Arena } from './arena.js'

export interface AdamOptions {
  beta1: number
  beta2: number
  eps_adam: number
  weight_decay?: number
  grad_clip?: number | null
}

/** What makes the update from the numbers that it depends on. */
export type Update = Arena['core']['adam']

/** Adam over all parameters of an arena, whose moments lie there beside them. */
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
   * Updates the parameters from their gradients (which grad_clip scales down when it is passed).
   * @param update the core's, or that of several threads
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

/** x^n by squaring, for whole n: products alone, so the same bits everywhere, unlike Math.pow. */
export function power(x: number, n: number): number {
  let result = 1
  for (let square = x, rest = n; rest > 0; square *= square, rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square
  }
  return result
}
