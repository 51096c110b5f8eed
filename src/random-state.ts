/** What a stored state of the generator must be. */
import { ConfigError } from './errors.js'
import type { RandomState } from './random.js'

const WORDS = 624

/**
 * Whether a generator can be in a state.
 * @throws {ConfigError} when it is not one that `save` made
 */
export function checkState(state: RandomState): void {
  const { words, index, gaussNext } = state
  const whole = (x: unknown, max: number) => Number.isInteger(x) && +x! >= 0 && +x! <= max
  const fits =
    Array.isArray(words) &&
    words.length === WORDS &&
    words.every((word) => whole(word, 0xffffffff)) &&
    whole(index, WORDS) &&
    (gaussNext === null || Number.isFinite(gaussNext))
  if (fits) return
  const want = '{ words: 624 unsigned 32-bit numbers, index: 0 to 624, gaussNext }'
  throw new ConfigError('state', state, `a generator's state is ${want}`)
}
