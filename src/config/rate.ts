/** Learning rates that are too high: before training, and when it shows. */
import { TrainingError } from '../errors.js'
import type { Config } from './config.js'
import { term } from './terms.js'

/**
 * n_embd * learning_rate from which on the loss rises above that of guessing before it falls: at 0.01
 * a width of 64 is the first (docs/presets.md has the measurements). A warm-up prevents it.
 */
const MAX_PRODUCT = 0.64

/** What to say of a config whose loss will rise first, or null. */
export function rateWarning(config: Readonly<Config>): string | null {
  const { n_embd, learning_rate, warmup_steps } = config
  if (warmup_steps > 0 || n_embd * learning_rate < MAX_PRODUCT) return null
  const [rate, width] = [term('learning_rate'), term('n_embd')]
  const what = `${rate} ${learning_rate} is high for ${width} ${n_embd} without a warm-up`
  return `${what}; try ${rate} ${tidy(MAX_PRODUCT / 2 / n_embd)}, or ${term('warmup_steps')} 50`
}

/** What a step whose loss is not finite throws. @param step from 1 */
export function diverged(config: Readonly<Config>, step: number, loss: number): TrainingError {
  return new TrainingError(
    `the loss of step ${step} is ${loss}; the parameters stay as before it; ` +
      `try a smaller ${term('learning_rate')} than ${config.learning_rate}, ` +
      `or ${term('grad_clip')} 1`,
  )
}

/** One significant digit. */
const tidy = (x: number) => Number(x.toPrecision(1))
