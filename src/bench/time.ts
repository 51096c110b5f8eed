/** Clocks of the measurements. */
import type { Clock, TimedModel } from './setup.js'

/** What trains: the core, or a twin. */
type Trained = Pick<TimedModel, 'train'>

/** The middle of some numbers; of an even count, the upper one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Milliseconds that one of `steps` steps takes. */
export function time(now: Clock, gpt: Trained, steps: number): number {
  const start = now()
  for (const _step of gpt.train({ steps })) continue
  return (now() - start) / steps
}

/** Steps whose losses are wanted. */
export const losses = (gpt: Trained, steps: number): number[] =>
  Array.from(gpt.train({ steps }), ({ loss }) => loss)
