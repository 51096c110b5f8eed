/** The learning rate over a run. */
import type { Config } from './config.js'

/**
 * The learning rate of the next step: the schedule's, times min(1, (step + 1) / warmup_steps). From
 * num_steps on, the cosine and linear schedules are 0.
 * @param step number of finished steps
 * @param cos the cosine to use: the core's, if the bits must agree on every machine
 */
export function learningRate(config: Config, step: number, cos: (x: number) => number): number {
  const { warmup_steps } = config
  const rate = scheduled(config, step, cos)
  return step + 1 < warmup_steps ? rate * ((step + 1) / warmup_steps) : rate
}

function scheduled(config: Config, step: number, cos: (x: number) => number): number {
  const { learning_rate, lr_schedule, num_steps } = config
  if (lr_schedule === 'constant') return learning_rate
  if (step >= num_steps) return 0
  if (lr_schedule === 'linear') return learning_rate * (1 - step / num_steps)
  return learning_rate * 0.5 * (1 + cos((Math.PI * step) / num_steps))
}
