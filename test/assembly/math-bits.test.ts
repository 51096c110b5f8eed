/** The core's transcendental functions bit by bit, and how far they are from the truth. */
import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Core } from '../../src/index.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as exact from '../helpers/exact.js'
import { about, even, floats, fromBits, negative, toBits } from '../helpers/points.js'

const MAX = Number.MAX_VALUE
const MIN = Number.MIN_VALUE
/** The smallest number that is not subnormal. */
const NORMAL = 2 ** -1022
const MANY = 16_384
/** Arguments of each range that are compared with exact ones. */
const SOME = 1024

const both = (xs: number[]) => [...xs, ...negative(xs)]
const aboutAll = (...xs: number[]) => xs.flatMap((x) => about(x))
const endless = [0, -0, NaN, Infinity, -Infinity, MAX, -MAX]

/**
 * The last number before exp overflows, the last whose power is normal, the first whose power is 0.
 */
const EXP_MAX = 709.782712893384
const EXP_SUBNORMAL = -708.3964185322641
const EXP_ZERO = -745.1332191019412
/** Between these log is a polynomial in x - 1. */
const NEAR = 1 - 2 ** -4
const FAR = 1 + 2 ** -4 + 2 ** -8 + 2 ** -12
/** Odd and even multiples of pi / 4, where sin and cos turn into each other or vanish. */
const quarters = Array.from({ length: 2000 }, (_, i) => about((i + 1) * (Math.PI / 4), 2)).flat()

type Row = [
  name: 'exp' | 'log' | 'sin' | 'cos' | 'tanh',
  range: string,
  xs: number[],
  /** As assembly/math.ts states it. */
  ulps: number,
  /** The first digits of the SHA-256 of the results, little-endian. */
  hash: string,
]

// Another hash means another bit somewhere in what the package computes. CPython gives the same
// hashes for exp and log where glibc runs without fused multiply-add (glibc 2.36 under
// GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX2,-FMA,-FMA4), except for the subnormal results of exp.
// prettier-ignore
const rows: Row[] = [
  ['exp', 'near 0', even(-1, 1, MANY), 0.52, 'd4c125f8aafe3318'],
  ['exp', 'tiny numbers', both(floats(MIN, 1, MANY)), 0.52, '19f0b41df7798cf8'],
  ['exp', 'where no power over- or underflows', even(-512, 512, MANY), 0.52, 'aca8bbb739162d7c'],
  ['exp', 'large numbers', even(512, 710, MANY), 0.52, '496805720171055e'],
  ['exp', 'small results', even(EXP_SUBNORMAL, -512, MANY), 0.52, 'c783d812c51854cf'],
  ['exp', 'subnormal results', even(-746, EXP_SUBNORMAL, MANY), 1, 'e071bf515616c9f8'],
  ['exp', 'edges', [...aboutAll(0, -0, 1, -1, 512, -512, EXP_MAX, EXP_SUBNORMAL, EXP_ZERO), ...endless], 1, '46ceb9aba4e1544d'],
  ['log', 'near 1', even(NEAR, FAR, MANY), 0.52, 'ec1624f6d396e778'],
  ['log', 'next to 1', even(1 - 2 ** -20, 1 + 2 ** -20, MANY), 0.52, 'aa9474d08f4242a1'],
  ['log', 'one power of two', even(0.6875, 1.375, MANY), 0.52, 'f59edd1fbcfd96e0'],
  ['log', 'all numbers', floats(MIN, MAX, MANY), 0.52, '63ec200b267d2d38'],
  ['log', 'subnormal numbers', floats(MIN, NORMAL, MANY), 0.52, '41158a10af865399'],
  ['log', 'edges', [...aboutAll(1, NEAR, FAR, NORMAL, MAX, MIN, 0.6875, 1.375, 2, 2.75), ...endless, -1, -MIN], 0.52, 'bbbce27075578841'],
  ['sin', 'an eighth of a turn', even(-Math.PI / 4, Math.PI / 4, MANY), 1, 'c0b5c70a48ff0465'],
  ['sin', 'tiny numbers', both(floats(MIN, 1, MANY)), 1, '9364e3d4085d6012'],
  ['sin', 'a few turns', even(-32, 32, MANY), 1, 'd63045ef5c802477'],
  ['sin', 'large angles', even(-1e6, 1e6, MANY), 1, '464484491ae9f442'],
  ['sin', 'multiples of an eighth', both(quarters), 1, '095fe60ede200c8b'],
  ['sin', 'edges', [...both(about(1e6)), ...endless], 1, '1ae90319fb1be156'],
  ['cos', 'an eighth of a turn', even(-Math.PI / 4, Math.PI / 4, MANY), 1, '5f0f400e315b96a6'],
  ['cos', 'tiny numbers', both(floats(MIN, 1, MANY)), 1, '244c7219d147cb93'],
  ['cos', 'a few turns', even(-32, 32, MANY), 1, '781740d52158dd23'],
  ['cos', 'large angles', even(-1e6, 1e6, MANY), 1, 'f9f0185e16a5c201'],
  ['cos', 'multiples of an eighth', both(quarters), 1, 'b49876bcf2bc40bc'],
  ['cos', 'edges', [...both(about(1e6)), ...endless], 1, '1de995933554c573'],
  ['tanh', 'the rational function', even(-0.625, 0.625, MANY), 2, '5a9bdba4ae563b02'],
  ['tanh', 'tiny numbers', both(floats(MIN, 1, MANY)), 2, 'b82336489d7118b1'],
  ['tanh', 'by exp', even(-20, 20, MANY), 2, '4a898b05b6ce05c3'],
  ['tanh', 'edges', [...both(aboutAll(0.625, 19, 22, 256, 355)), ...endless], 2, 'a229dff8df5ebeb8'],
]

const functionOf = (core: Core, name: Row[0]) => (name === 'tanh' ? core.tanhOf : core[name])

/** The bits of the results; a NaN has one form. */
function hashOf(results: number[]): string {
  const data = new DataView(new ArrayBuffer(8 * results.length))
  results.forEach((y, i) => data.setBigUint64(8 * i, toBits(y === y ? y : NaN), true))
  return createHash('sha256').update(new Uint8Array(data.buffer)).digest('hex').slice(0, 16)
}

describe.each(BUILDS)('%s build', async (build) => {
  const arena = await arenaOn(build, { values: 40_000 })
  const { core } = arena
  const input = arena.alloc([8])
  const free = core.mark()

  test.each(rows)('the bits of %s: %s', (name, _range, xs, _ulps, hash) => {
    expect(hashOf(xs.map((x) => functionOf(core, name)(x)))).toBe(hash)
  })

  test.each(rows)('the error of %s: %s', (name, _range, xs, ulps) => {
    const step = Math.max(1, Math.floor(xs.length / SOME))
    let worst = { ulps: 0, x: NaN }
    for (let i = 0; i < xs.length; i += step) {
      const x = xs[i]!
      const y = functionOf(core, name)(x)
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue
      // The series is for numbers of a moderate size; beyond, tanh is 1 and the others end.
      if (name !== 'log' && Math.abs(x) > 1e6) continue
      const far = exact.ulpsFrom(y, exact[name](x))
      if (!(far <= worst.ulps)) worst = { ulps: far, x }
    }
    expect(worst.ulps, `at ${worst.x}`).toBeLessThanOrEqual(ulps)
  })

  test('where the functions end', () => {
    const next = (x: number) => fromBits(toBits(x) + 1n)
    expect([EXP_MAX, next(EXP_MAX)].map(core.exp)).toEqual([1.7976931348622732e308, Infinity])
    expect([EXP_ZERO + 2 ** -43, EXP_ZERO].map(core.exp)).toEqual([MIN, 0])
    expect([Infinity, -Infinity, NaN, MAX, -MAX].map(core.exp)).toEqual([
      Infinity,
      0,
      NaN,
      Infinity,
      0,
    ])
    expect([0, -0, -MIN, -1, NaN].map(core.log)).toEqual([-Infinity, -Infinity, NaN, NaN, NaN])
    expect([1, Infinity, -Infinity].map(core.log)).toEqual([0, Infinity, NaN])
    for (const f of [core.sin, core.cos]) {
      expect([1e6, -1e6].map(f).every(Number.isFinite)).toBe(true)
      const outside = [next(1e6), next(-1e6), Infinity, -Infinity, NaN, MAX]
      expect(outside.map(f).every(Number.isNaN)).toBe(true)
    }
    expect([Infinity, -Infinity, NaN, MAX].map(core.tanhOf)).toEqual([1, -1, NaN, 1])
  })

  // Softmax takes two numbers at a time, and the last of an odd count alone. It subtracts the
  // largest number first, so the arguments of exp are 0 or less.
  const ranges = rows.filter(([name, _range, xs]) => name === 'exp' && xs.some((x) => x <= 0))
  test.each(ranges)('the vector %s has the bits of the scalar one: %s', (_name, _range, xs) => {
    const below = xs.filter((x) => x <= 0)
    for (const cols of [7, 8]) {
      // 0 comes first in one row and last in the next: each number goes through both lanes.
      const turns = below.length / (cols - 1)
      for (let i = 0; i < turns; i++) {
        const few = below.slice(i * (cols - 1), (i + 1) * (cols - 1))
        expectSoftmax([0, ...few])
        expectSoftmax([...few, 0])
      }
    }
  })

  // Elementwise, the arguments may be positive, too. Starting at 0 and at 1 puts each number in both
  // lanes.
  const all = rows.filter(([name]) => name === 'exp')
  test.each(all)('the elementwise %s has the bits of the scalar one: %s', (_name, _range, xs) => {
    for (const first of [0, 1]) {
      for (let i = first; i < xs.length; i += 6) {
        const few = xs.slice(i, i + 6)
        input.data.set(few)
        core.truncate(0)
        core.release(free)
        const y = core.elementwiseExp(input.address, few.length)
        core.forward(0, 1)
        const got = [...arena.view(y, few.length)]
        expect(hashOf(got) === hashOf(few.map((x) => core.exp(x))), `exp of ${few}`).toBe(true)
      }
    }
  })

  test('the vector exp where the weights add up to 1: every bit matters', () => {
    for (const x of [...even(-746, -40, MANY), ...aboutAll(-512, EXP_SUBNORMAL, EXP_ZERO)]) {
      expectSoftmax([0, x])
      expectSoftmax([x, 0])
    }
  })

  function expectSoftmax(x: number[]): void {
    input.data.set(x)
    core.truncate(0)
    core.release(free)
    const y = core.softmax(input.address, 1, x.length)
    core.forward(0, 1)
    const e = x.map((v) => core.exp(v))
    const inverse = 1 / e.reduce((sum, v) => sum + v, 0)
    const got = arena.view(y, x.length)
    const i = e.findIndex((v, j) => got[j] !== v * inverse)
    if (i >= 0) expect.fail(`exp(${x[i]}) in row ${x}: got ${got[i]}, want ${e[i]! * inverse}`)
  }
})
