/** CPython's `random` module: more of its calls than a model needs. */
import { show } from '../config.js'
import { ConfigError } from '../errors.js'
import { Random as ModelRandom, type RandomState } from '../random.js'
import { checkState } from '../random-state.js'

export type { GaussMath, RandomState, Seed } from '../random.js'

const TWO_32 = 2 ** 32

export class Random extends ModelRandom {
  /** A whole number of k random bits, 0 <= k <= 53. */
  getrandbits(k: number): number {
    if (!Number.isInteger(k) || k < 0 || k > 53) {
      throw new ConfigError('k', k, `getrandbits takes 0 to 53 bits, got ${show(k)}`)
    }
    return k === 0 ? 0 : this.bits(k)
  }

  /** A whole number in [0, n), n at most 2^53, by rejection, as `_randbelow_with_getrandbits`. */
  override below(n: number): number {
    if (n < TWO_32) return super.below(n)
    const k = 64 - Math.clz32(Math.floor(n / TWO_32))
    let r = this.bits(k)
    while (r >= n) r = this.bits(k)
    return r
  }

  /**
   * `random.choices(range(n), weights=weights[:n])[0]`: an index drawn in proportion to its weight.
   * @throws {ConfigError} when the weights' sum is not positive, or is infinite
   */
  override choice(weights: ArrayLike<number>, n = weights.length): number {
    let total = 0
    for (let i = 0; i < n; i++) total += weights[i]!
    if (!(total > 0 && total < Infinity)) {
      throw new ConfigError('weights', total, `the weights must have a positive sum, got ${total}`)
    }
    return super.choice(weights, n)
  }

  /** A whole number of range(start, stop, step); with one argument, of range(stop). */
  randrange(start: number, stop?: number, step = 1): number {
    const [from, to] = stop === undefined ? [0, start] : [start, stop]
    const count = Math.ceil((to - from) / step)
    if (![from, to, step, count].every(Number.isSafeInteger) || count <= 0) {
      const range = `range(${from}, ${to}, ${step})`
      throw new ConfigError('randrange', to, `${range} holds no whole number to draw`)
    }
    return from + step * this.below(count)
  }

  /** `random.choices(population, weights, k=k)`. */
  choices<T>(population: readonly T[], weights: ArrayLike<number>, k = 1): T[] {
    if (weights.length !== population.length) {
      const got = `${weights.length} weights for ${population.length} items`
      throw new ConfigError('weights', weights.length, `choices needs a weight an item, got ${got}`)
    }
    return Array.from({ length: k }, () => population[this.choice(weights)]!)
  }

  /** Goes on from a state of save(). @throws {ConfigError} when the state is not one */
  restore(state: RandomState): void {
    checkState(state)
    this.set(state)
  }

  /** A whole number of k random bits, 1 to 53. */
  private bits(k: number): number {
    if (k <= 32) return this.word() >>> (32 - k)
    const low = this.word()
    return (this.word() >>> (64 - k)) * TWO_32 + low
  }
}
