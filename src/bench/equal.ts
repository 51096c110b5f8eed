/** The checks before every measurement: all engines must compute the same. */

/** Steps whose losses are compared before the engines are timed. */
export const COMPARED = 30

/**
 * The difference of two losses.
 * @throws {Error} if it is larger than `tolerance`, or one of them is not a number
 */
export function checkLoss(what: string, got: number, want: number, tolerance: number): number {
  const far = Math.abs(got - want)
  if (!(far <= tolerance)) {
    const most = tolerance === 0 ? 'the same' : `within ${tolerance}`
    throw new Error(`${what}: the loss is ${got}, expected ${want}, ${most}; nothing timed`)
  }
  return far
}

/**
 * The largest difference of two runs' losses.
 * @throws {Error} as checkLoss does, or if the counts differ
 */
export function checkLosses(
  what: string,
  got: readonly number[],
  want: readonly number[],
  tolerance: number,
): number {
  if (got.length !== want.length || got.length === 0) {
    throw new Error(`${what}: ${got.length} losses, expected ${want.length}; nothing timed`)
  }
  const far = got.map((loss, i) => checkLoss(`${what}, step ${i + 1}`, loss, want[i]!, tolerance))
  return Math.max(...far)
}
