/** Clocks of the measurements. */
import type { Clock, TimedModel } from './setup.js'

/** Anything that trains: the core, or a reference engine. */
type Trained = Pick<TimedModel, 'train'>

/** The median; for an even count, the upper of the two middle numbers. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Mean milliseconds per step over `steps` steps. */
export function time(now: Clock, gpt: Trained, steps: number): number {
  const start = now()
  for (const _step of gpt.train({ steps })) continue
  return (now() - start) / steps
}

/** The losses of some steps. */
export const losses = (gpt: Trained, steps: number): number[] =>
  Array.from(gpt.train({ steps }), ({ loss }) => loss)
