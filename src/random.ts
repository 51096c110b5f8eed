/**
 * CPython's `random` module, number for number: the Mersenne Twister MT19937 of Matsumoto and
 * Nishimura (1998), seeded and read like CPython 3.11's Lib/random.py and Modules/_randommodule.c.
 */
import { show } from './config/checks.js'
import { term } from './config/terms.js'
import { ConfigError } from './errors.js'

/**
 * The functions that gauss needs. The core's give the same bits on every machine; Math's do not.
 */
export interface GaussMath {
  /** Natural logarithm. */
  log(x: number): number
  /** Square root. */
  sqrt(x: number): number
  /** Sine of x radians. */
  sin(x: number): number
  /** Cosine of x radians. */
  cos(x: number): number
}

/** Everything that the next draw depends on, as plain data that can be stored. */
export interface RandomState {
  /** The 624 unsigned 32-bit words of the twister. */
  words: number[]
  /** The next word to read, 0 to 624. */
  index: number
  /** The second of a pair of normal variates, stored for the next call of gauss. */
  gaussNext: number | null
}

/** A whole number below 2^32768; a bigint beyond 2^53. Its absolute value counts, as in CPython. */
export type Seed = number | bigint

const N = 624
const M = 397
const TWO_PI = 2 * Math.PI
const TWO_32 = 2 ** 32
/** CPython accepts larger seeds; here one would be a mistake, and seeding would take very long. */
const MAX_SEED_BITS = 32768n

/** A random generator with the draws of CPython's `random.Random`. */
export class Random {
  static readonly name = 'Random'
  private readonly words = new Uint32Array(N)
  private index = N
  private gaussNext: number | null = null
  private readonly math: GaussMath

  /**
   * @param seed a whole number; its absolute value counts, as in CPython
   * @param math functions for gauss: pass a core for the same bits on every machine
   * @throws {ConfigError} if the seed is not a whole number below 2^32768, or is a number beyond
   *   2^53 (a double has lost digits there; pass a bigint)
   */
  constructor(seed: Seed, math: GaussMath = Math) {
    this.math = math
    this.seed(seed)
  }

  /** Starts over, like `random.seed(seed)`. @throws {ConfigError} for a seed that cannot be used */
  seed(seed: Seed): void {
    const whole = typeof seed === 'bigint' || Number.isSafeInteger(seed)
    let rest = whole ? BigInt(seed) : 0n
    if (rest < 0n) rest = -rest
    if (!whole || rest >> MAX_SEED_BITS) {
      const want = 'a whole number below 2^32768 (a bigint beyond 2^53)'
      throw new ConfigError(
        'seed',
        seed,
        `${term('seed')} must be ${want}, got ${show(seed)}; try 42`,
      )
    }
    const key: number[] = []
    do {
      key.push(Number(rest & 0xffffffffn))
      rest >>= 32n
    } while (rest > 0n)
    initByArray(this.words, key)
    this.index = N
    this.gaussNext = null
  }

  /** A float in [0, 1) with 53 random bits. */
  random(): number {
    const high = this.word() >>> 5
    const low = this.word() >>> 6
    return (high * 67108864 + low) / 9007199254740992
  }

  /**
   * A normal variate, like `random.gauss`: Box-Muller in pairs, the second stored for the next
   * call.
   */
  gauss(mu = 0, sigma = 1): number {
    let z = this.gaussNext
    this.gaussNext = null
    if (z === null) {
      const { log, sqrt, sin, cos } = this.math
      const angle = this.random() * TWO_PI
      const radius = sqrt(-2 * log(1 - this.random()))
      z = cos(angle) * radius
      this.gaussNext = sin(angle) * radius
    }
    return mu + z * sigma
  }

  /** Shuffles in place, like `random.shuffle`: Fisher-Yates from the end. */
  shuffle<T>(list: T[]): void {
    for (let i = list.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      const last = list[i]!
      list[i] = list[j]!
      list[j] = last
    }
  }

  /** A whole number of k random bits, k from 0 to 53. @throws {ConfigError} for another k */
  getrandbits(k: number): number {
    if (!Number.isInteger(k) || k < 0 || k > 53) {
      throw new ConfigError('k', k, `getrandbits takes 0 to 53 bits, got ${show(k)}`)
    }
    return k === 0 ? 0 : this.bits(k)
  }

  /** A whole number in [0, n), n at most 2^53, by rejection, like `_randbelow_with_getrandbits`. */
  below(n: number): number {
    const k = n < TWO_32 ? 32 - Math.clz32(n) : 64 - Math.clz32(Math.floor(n / TWO_32))
    let r = this.bits(k)
    while (r >= n) r = this.bits(k)
    return r
  }

  /**
   * A whole number of range(start, stop, step), like `random.randrange`; with one argument, of
   * range(start).
   * @throws {ConfigError} if the range is empty
   */
  randrange(start: number, stop?: number, step = 1): number {
    const [from, to] = stop === undefined ? [0, start] : [start, stop]
    const count = Math.ceil((to - from) / step)
    if (![from, to, step, count].every(Number.isSafeInteger) || count <= 0) {
      const range = `range(${from}, ${to}, ${step})`
      throw new ConfigError('randrange', to, `${range} is empty: there is nothing to draw`)
    }
    return from + step * this.below(count)
  }

  /**
   * An index drawn with probability proportional to its weight, like
   * `random.choices(range(n), weights=weights[:n])[0]`.
   * @param n number of weights to use; all unless given
   * @throws {ConfigError} if the sum of the weights is not positive, or is infinite
   */
  choice(weights: ArrayLike<number>, n = weights.length): number {
    let total = 0
    for (let i = 0; i < n; i++) total += weights[i]!
    if (!(total > 0 && total < Infinity)) {
      throw new ConfigError('weights', total, `the weights must have a positive sum, got ${total}`)
    }
    const x = this.random() * total
    let sum = 0
    for (let i = 0; i < n - 1; i++) {
      sum += weights[i]!
      if (x < sum) return i
    }
    return n - 1
  }

  /** Like `random.choices(population, weights, k=k)`. @throws {ConfigError} as choice does */
  choices<T>(population: readonly T[], weights: ArrayLike<number>, k = 1): T[] {
    if (weights.length !== population.length) {
      const got = `${weights.length} weights for ${population.length} items`
      throw new ConfigError(
        'weights',
        weights.length,
        `choices needs one weight per item, got ${got}`,
      )
    }
    return Array.from({ length: k }, () => population[this.choice(weights)]!)
  }

  /** A copy of the state; restore() repeats every draw from here on. */
  save(): RandomState {
    return { words: Array.from(this.words), index: this.index, gaussNext: this.gaussNext }
  }

  /** Continues from a state of save(). @throws {ConfigError} if it is not a valid state */
  restore(state: RandomState): void {
    checkState(state)
    this.words.set(state.words)
    this.index = state.index
    this.gaussNext = state.gaussNext
  }

  /** A whole number of k random bits, 1 to 53. */
  private bits(k: number): number {
    if (k <= 32) return this.word() >>> (32 - k)
    const low = this.word()
    return (this.word() >>> (64 - k)) * TWO_32 + low
  }

  /** The next 32 bits. */
  private word(): number {
    if (this.index >= N) {
      twist(this.words)
      this.index = 0
    }
    let y = this.words[this.index++]!
    y ^= y >>> 11
    y ^= (y << 7) & 0x9d2c5680
    y ^= (y << 15) & 0xefc60000
    return (y ^ (y >>> 18)) >>> 0
  }
}

function checkState(state: RandomState): void {
  const { words, index, gaussNext } = state
  const whole = (x: unknown, max: number) => Number.isInteger(x) && +x! >= 0 && +x! <= max
  const fits =
    Array.isArray(words) &&
    words.length === N &&
    words.every((word) => whole(word, 0xffffffff)) &&
    whole(index, N) &&
    (gaussNext === null || Number.isFinite(gaussNext))
  if (fits) return
  const want = '{ words: 624 unsigned 32-bit numbers, index: 0 to 624, gaussNext }'
  throw new ConfigError('state', state, `the state of a generator is ${want}`)
}

/** `init_by_array`, on top of `init_genrand(19650218)`. */
function initByArray(w: Uint32Array, key: readonly number[]): void {
  w[0] = 19650218
  for (let i = 1; i < N; i++) {
    const prev = w[i - 1]! ^ (w[i - 1]! >>> 30)
    w[i] = Math.imul(1812433253, prev) + i
  }
  let i = 1
  const next = () => {
    if (++i >= N) {
      w[0] = w[N - 1]!
      i = 1
    }
  }
  const mixed = (factor: number) => w[i]! ^ Math.imul(w[i - 1]! ^ (w[i - 1]! >>> 30), factor)
  for (let k = 0, j = 0; k < Math.max(N, key.length); k++) {
    w[i] = mixed(1664525) + key[j]! + j
    j = (j + 1) % key.length
    next()
  }
  for (let k = 1; k < N; k++) {
    w[i] = mixed(1566083941) - i
    next()
  }
  w[0] = 0x80000000
}

/** The next 624 words. */
function twist(w: Uint32Array): void {
  for (let i = 0; i < N; i++) {
    const y = (w[i]! & 0x80000000) | (w[(i + 1) % N]! & 0x7fffffff)
    w[i] = w[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0)
  }
}
