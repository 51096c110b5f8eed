/** Warnings on stderr, each at most once per run. The run continues. */
import type { Config } from '../config/config.js'
import { rateWarning } from '../config/rate.js'
import type { TrainStep } from '../gpt/trainable.js'
import type { CliModel } from './engine.js'
import { complain } from './exit.js'
import { SmoothedLoss } from './smoothed.js'

/** Warns if the learning rate is too high for the width of the model. */
export function warnOfRate(config: Readonly<Config>): void {
  const warning = rateWarning(config)
  if (warning) complain(warning)
}

/** Warns if the smoothed loss rises above twice the loss of guessing. */
export class LossWatch {
  private readonly limit: number
  private readonly config: Readonly<Config>
  private readonly smoothed = new SmoothedLoss()
  private warned = false

  constructor({ config, tokenizer }: Pick<CliModel, 'config' | 'tokenizer'>) {
    this.config = config
    this.limit = 2 * Math.log(tokenizer.vocabSize)
  }

  step({ step, loss }: TrainStep): void {
    this.smoothed.add(loss)
    if (this.warned || !(this.smoothed.value > this.limit)) return
    this.warned = true
    const { learning_rate: rate } = this.config
    const what = `the smoothed loss of step ${step} is ${this.smoothed.value.toFixed(2)}`
    const hint = `try --learning-rate ${rate / 4}, or --warmup-steps 50, and --grad-clip 1`
    complain(`${what}, and guessing gives ${(this.limit / 2).toFixed(2)}; ${hint}`)
  }
}
