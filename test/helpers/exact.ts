/**
 * exp, log, sin, cos and tanh by series in whole numbers of 320 binary places, and how far a
 * float64 is from them. Floating-point arithmetic only in the last step, the ratio to an ulp.
 */

/** n 2^e. */
export interface Exact {
  n: bigint
  e: number
}

/** Binary places. */
const P = 320
const ONE = 1n << BigInt(P)

const times = (a: bigint, b: bigint) => (a * b) >> BigInt(P)
const shift = (n: bigint, by: number) => (by < 0 ? n >> BigInt(-by) : n << BigInt(by))
/** a / b to the nearest whole number, b > 0. */
const nearest = (a: bigint, b: bigint) => {
  const twice = 2n * a + b
  const down = twice / (2n * b)
  return twice < 0n && twice % (2n * b) !== 0n ? down - 1n : down
}

const view = new DataView(new ArrayBuffer(8))

/** The value of a finite float64. */
export function exactly(x: number): Exact {
  view.setFloat64(0, x)
  const bits = view.getBigUint64(0)
  const exponent = Number((bits >> 52n) & 0x7ffn)
  const fraction = bits & ((1n << 52n) - 1n)
  const n = exponent === 0 ? fraction : fraction | (1n << 52n)
  return { n: bits >> 63n ? -n : n, e: Math.max(exponent, 1) - 1075 }
}

const fixed = (x: number) => {
  const { n, e } = exactly(x)
  return shift(n, e + P)
}

/** The sum of a series until its terms are 0; next gives the term after the j-th. */
function series(first: bigint, next: (term: bigint, j: bigint) => bigint): bigint {
  let sum = 0n
  let term = first
  for (let j = 1n; term !== 0n && term !== -1n; j++) {
    sum += term
    term = next(term, j)
  }
  return sum
}

/** atanh(t), |t| < 1/2: t + t^3 / 3 + t^5 / 5 ... */
function atanh(t: bigint): bigint {
  const square = times(t, t)
  let power = t
  return series(t, (_, j) => {
    power = times(power, square)
    return power / (2n * j + 1n)
  })
}

/** atan(1 / n) = 1 / n - 1 / (3 n^3) + ... */
function atanOfInverse(n: bigint): bigint {
  let power = ONE / n
  return series(power, (_, j) => {
    power = -power / (n * n)
    return power / (2n * j + 1n)
  })
}

const LN2 = 2n * atanh(ONE / 3n)
/** Machin 1706: pi / 4 = 4 atan(1/5) - atan(1/239). */
const HALF_PI = 2n * (4n * atanOfInverse(5n) - atanOfInverse(239n))

/** e^r, r in P binary places. */
const expOf = (r: bigint) => series(ONE, (term, j) => times(term, r) / j)

export function exp(x: number): Exact {
  const r = fixed(x)
  const k = nearest(r, LN2)
  return { n: expOf(r - k * LN2), e: Number(k) - P }
}

export function log(x: number): Exact {
  const { n, e } = exactly(x)
  // z = n 2^-k from 0.7 to 1.4, so that the logarithm of a number near 1 keeps its places.
  let k = n.toString(2).length - 1
  if (n * n > shift(1n, 2 * k + 1)) k++
  const z = shift(n, P - k)
  return { n: 2n * atanh(shift(z - ONE, P) / (z + ONE)) + BigInt(e + k) * LN2, e: -P }
}

/** Below this sin(x) and tanh(x) are x, to 160 places and more. */
const TINY = 2 ** -80

export function tanh(x: number): Exact {
  if (Math.abs(x) < TINY) return exactly(x)
  const { n, e } = exp(2 * Math.abs(x))
  const power = shift(n, e + P)
  const y = shift(power - ONE, P) / (power + ONE)
  return { n: x < 0 ? -y : y, e: -P }
}

/** sin(x + quarters pi / 2). */
function circle(x: number, quarters: bigint): Exact {
  const r = fixed(x)
  const k = nearest(r, HALF_PI)
  const rest = r - k * HALF_PI
  const turn = (((k + quarters) % 4n) + 4n) % 4n
  const square = times(rest, rest)
  const odd = turn % 2n === 0n
  const y = series(odd ? rest : ONE, (term, j) => {
    const divisor = odd ? 2n * j * (2n * j + 1n) : 2n * j * (2n * j - 1n)
    return -times(term, square) / divisor
  })
  return { n: turn > 1n ? -y : y, e: -P }
}

export const sin = (x: number) => (Math.abs(x) < TINY ? exactly(x) : circle(x, 0n))
export const cos = (x: number) => circle(x, 1n)

/** |got - want| in units of the distance between neighbors at want. */
export function ulpsFrom(got: number, want: Exact): number {
  const size = (want.n < 0n ? -want.n : want.n).toString(2).length
  const ulp = Math.max(size - 1 + want.e, -1022) - 52
  // Both in units of 2^-60 ulp.
  const { n, e } = exactly(got)
  const apart = shift(n, e - ulp + 60) - shift(want.n, want.e - ulp + 60)
  return Math.abs(Number(apart)) / 2 ** 60
}
