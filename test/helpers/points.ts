/**
 * Arguments of functions of one number: spread over a range, or float64 by float64 about a place.
 */

const view = new DataView(new ArrayBuffer(8))

export function toBits(x: number): bigint {
  view.setFloat64(0, x)
  return view.getBigUint64(0)
}

export function fromBits(bits: bigint): number {
  view.setBigUint64(0, bits)
  return view.getFloat64(0)
}

/** 0 to 1, evenly and never twice: the multiples of the golden ratio, in whole numbers. */
const spread = (i: number) => ((i * 2654435769) % 2 ** 32) / 2 ** 32

/** Numbers from low to high, uniformly distributed. */
export const even = (low: number, high: number, count: number) =>
  Array.from({ length: count }, (_, i) => low + (high - low) * spread(i + 1))

/** Numbers from low to high of one sign, every float64 equally likely. */
export const floats = (low: number, high: number, count: number) => {
  const from = toBits(low)
  const span = Number(toBits(high) - from)
  return Array.from({ length: count }, (_, i) =>
    fromBits(from + BigInt(Math.floor(span * spread(i + 1)))),
  )
}

/** Each float64 from `reach` before x to `reach` after it, as long as they are of x's sign. */
export const about = (x: number, reach = 64) => {
  const middle = toBits(x)
  return Array.from({ length: 2 * reach + 1 }, (_, i) => middle + BigInt(i - reach))
    .filter((bits) => bits >> 63n === middle >> 63n)
    .map(fromBits)
}

export const negative = (xs: readonly number[]) => xs.map((x) => -x)
