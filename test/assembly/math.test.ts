/** The core's transcendental functions: within their error bounds, and correct at the edges. */
import { describe, expect, test } from 'vitest'
import { Random, loadCore } from '../../src/index.js'
import { BUILDS, moduleOf } from '../helpers/cores.js'

/** Distance between neighboring doubles at x. */
const ulp = (x: number) => 2 ** (Math.max(-1022, Math.floor(Math.log2(Math.abs(x)))) - 52)

describe.each(BUILDS)('%s build', async (build) => {
  const core = await loadCore(moduleOf(build))
  const random = new Random(1)
  const uniform = (low: number, high: number) => low + (high - low) * random.random()

  // V8's own functions are within one ulp of the truth, so they differ by at most two.
  test.each([
    ['exp', core.exp, Math.exp, () => uniform(-700, 700), 1],
    ['exp near 0', core.exp, Math.exp, () => uniform(-1, 1), 1],
    ['log', core.log, Math.log, () => uniform(0, 1e3), 1],
    ['log near 1', core.log, Math.log, () => uniform(0.9, 1.1), 1],
    ['sin', core.sin, Math.sin, () => uniform(-10, 10), 1],
    ['cos', core.cos, Math.cos, () => uniform(-10, 10), 1],
    ['sin of large angles', core.sin, Math.sin, () => uniform(-1e6, 1e6), 1],
    ['cos of large angles', core.cos, Math.cos, () => uniform(-1e6, 1e6), 1],
    ['tanh', core.tanhOf, Math.tanh, () => uniform(-20, 20), 2],
    ['sqrt', core.sqrt, Math.sqrt, () => uniform(0, 1e9), 0],
  ] as const)('%s', (_name, ours, theirs, draw, bound) => {
    let worst = 0
    for (let i = 0; i < 20_000; i++) {
      const x = draw()
      const want = theirs(x)
      worst = Math.max(worst, Math.abs(ours(x) - want) / ulp(want))
    }
    expect(worst).toBeLessThanOrEqual(bound)
  })

  test.each([
    [
      'exp',
      core.exp,
      [0, 1, -Infinity, Infinity, 710, -746],
      [1, Math.E, 0, Infinity, Infinity, 0],
    ],
    ['log', core.log, [1, 0, Infinity, -1], [0, -Infinity, Infinity, NaN]],
    ['sin', core.sin, [0, Math.PI / 2, Infinity, 1e7], [0, 1, NaN, NaN]],
    ['cos', core.cos, [0, Math.PI, -Infinity, 1e7], [1, -1, NaN, NaN]],
    ['tanh', core.tanhOf, [0, 100, -100], [0, 1, -1]],
  ] as const)('%s at the edges', (_name, f, xs, want) => {
    expect(xs.map((x) => f(x))).toEqual(want)
  })

  test('exp and log have the bits of glibc (the sum is from CPython)', () => {
    // A sum over many arguments moves when a single bit of one result does.
    let sum = 0
    for (let i = 1; i <= 10_000; i++) sum += core.exp(-i / 997) + core.log(i / 991)
    expect(sum).toBe(14118.23867710247)
  })
})
