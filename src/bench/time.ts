/** Clocks of the measurements. */

/** What trains: the core, or a twin. */
export interface Trained {
  train(options: { steps: number; batch_size?: number }): Iterable<{ loss: number }>
}

/** The middle of some numbers; of an even count, the upper one. */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!
}

/** Milliseconds that one of `steps` steps takes. */
export function time(gpt: Trained, steps: number, batchSize?: number): number {
  const start = performance.now()
  const options = batchSize === undefined ? { steps } : { steps, batch_size: batchSize }
  for (const _step of gpt.train(options)) continue
  return (performance.now() - start) / steps
}

/** Steps whose losses are wanted. */
export const losses = (gpt: Trained, steps: number): number[] =>
  Array.from(gpt.train({ steps }), ({ loss }) => loss)
