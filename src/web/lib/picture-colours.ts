/**
 * The colors of the picture: blue below zero, orange above, and gray for exact zeros. The two hues
 * can be told apart with all common kinds of color blindness, and lightness shows strength as well.
 */

export interface PictureTheme {
  ground: string
  ink: string
  soft: string
  line: string
  /** The frame of the cell that is followed. */
  accent: string
  /** The background of frames around layers. */
  panel: string
  /** Exact zeros. */
  zero: string
  /** From near zero to full scale. */
  below: readonly string[]
  above: readonly string[]
}

export const LIGHT: PictureTheme = {
  ground: '#fffefb',
  ink: '#1c1e22',
  soft: '#5a5f69',
  line: '#8d8f93',
  accent: '#0b6e69',
  panel: '#f6f5f1',
  zero: '#d3d2cd',
  below: ['#eef3f8', '#8fbbe4', '#2f74b8', '#123f75'],
  above: ['#fbf1e7', '#f4b27a', '#d2601a', '#7f2f05'],
}

export const DARK: PictureTheme = {
  ground: '#1a1d22',
  ink: '#ecebe6',
  soft: '#a4a9b3',
  line: '#737983',
  accent: '#56c5b8',
  panel: '#20242a',
  zero: '#3a3e45',
  below: ['#20262f', '#255184', '#4f94dc', '#b5dcff'],
  above: ['#2c2520', '#854012', '#ee8136', '#ffd9b0'],
}

/** Number of color steps on each side of zero. */
const STEPS = 255

export interface ColourScale {
  /** One color per step, as the little-endian bytes of ImageData: below, zero, above. */
  readonly table: Uint32Array
  readonly zero: number
  /** The color of a value; `largest` gets the full color. */
  of(value: number, largest: number): number
}

export function colourScale(theme: PictureTheme): ColourScale {
  const table = new Uint32Array(2 * STEPS + 1)
  for (let i = 1; i <= STEPS; i++) {
    const t = (i - 1) / (STEPS - 1)
    table[STEPS + i] = pack(mix(theme.above, t))
    table[STEPS - i] = pack(mix(theme.below, t))
  }
  const zero = pack(parse(theme.zero))
  table[STEPS] = zero
  return { table, zero, of: (value, largest) => table[STEPS + level(value, largest)]! }
}

/** The color step of a value, -255 to 255; 0 only for an exact zero. Infinity and NaN get 255. */
export function level(value: number, largest: number): number {
  if (value === 0) return 0
  // The square root keeps small numbers visible next to large ones.
  const share = Math.sqrt(Math.abs(value) / largest)
  const steps = share < 1 ? Math.max(1, Math.round(share * STEPS)) : STEPS
  return value < 0 ? -steps : steps
}

/**
 * The value that gets the full color: three times the root mean square of the nonzero numbers,
 * rounded up to 1, 2 or 5 times a power of ten, so that it rarely changes during training.
 * @param base subtracted from the values, to show the change since the start
 */
export function fullScale(values: ArrayLike<number>, base?: ArrayLike<number>): number {
  let sum = 0
  let count = 0
  // About 100,000 numbers are enough to measure a model of millions.
  const stride = Math.max(1, Math.floor(values.length / 100_000))
  for (let i = 0; i < values.length; i += stride) {
    const x = values[i]! - (base ? base[i]! : 0)
    if (x === 0 || !Number.isFinite(x)) continue
    sum += x * x
    count++
  }
  const spread = count > 0 ? 3 * Math.sqrt(sum / count) : 0
  return spread > 0 && spread < Infinity ? roundUp(spread) : 1
}

/** Rounds up to 1, 2 or 5 times a power of ten. */
function roundUp(x: number): number {
  const power = 10 ** Math.floor(Math.log10(x))
  const factor = [1, 2, 5, 10].find((f) => f * power >= x * (1 - 1e-12)) ?? 10
  return Number((factor * power).toPrecision(1))
}

type Rgb = readonly [number, number, number]

export const parse = (hex: string): Rgb =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Rgb

export const pack = ([r, g, b]: Rgb): number => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0

/** Interpolates between evenly spaced colors, t from 0 to 1. */
function mix(stops: readonly string[], t: number): Rgb {
  const place = t * (stops.length - 1)
  const i = Math.min(stops.length - 2, Math.floor(place))
  const [a, b] = [parse(stops[i]!), parse(stops[i + 1]!)]
  return [0, 1, 2].map((c) => Math.round(a[c]! + (place - i) * (b[c]! - a[c]!))) as unknown as Rgb
}
