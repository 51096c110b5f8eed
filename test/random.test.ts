import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { ConfigError, type GaussMath, Random, type Seed, loadCore } from '../src/index.js'

type Call = [method: string, ...args: any[]]
interface Golden {
  sequences: Record<string, Call[]>
  seeds: Record<string, Record<string, unknown[]>>
}
const goldenUrl = new URL('golden/random.json', import.meta.url)
const golden: Golden = JSON.parse(readFileSync(goldenUrl, 'utf8'))
const sharedUrl = new URL('../../shared/golden/cpython-random.json', import.meta.url)

const SEEDS: Record<string, Seed[]> = {
  '0': [0, 0n, -0],
  '1': [1, -1n],
  '42': [42, 42n],
  '-42': [-42, 42],
  '2**31': [2 ** 31, -(2n ** 31n)],
  '2**32-1': [2 ** 32 - 1],
  '2**32': [2 ** 32, 2n ** 32n],
  '-2**32': [-(2 ** 32)],
  '2**53-1': [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
  '2**64+12345': [2n ** 64n + 12345n],
  '2**20000+1': [2n ** 20000n + 1n],
}
const MATHS: Record<string, GaussMath> = { Math, core: await loadCore() }

function draw(random: Random, [method, ...args]: Call): unknown {
  if (method === 'skip') return void Array.from({ length: args[0] }, () => random.random())
  if (method === 'shuffle') {
    const list = Array.from({ length: args[0] }, (_, i) => i)
    random.shuffle(list)
    return list
  }
  if (method === 'choices') return random.choices([...args[0].keys()], args[0], args[1])
  return (random as any)[method](...args)
}

/** Doubles between a and b. */
function ulps(a: number, b: number): number {
  const [i, j] = new BigInt64Array(new Float64Array([a, b]).buffer)
  const order = (bits: bigint) => (bits < 0n ? -(bits & 0x7fffffffffffffffn) : bits)
  return Number(order(i!) - order(j!))
}

function compare(random: Random, calls: Call[], wanted: unknown[]): void {
  expect(calls.length).toBe(wanted.length)
  for (const [i, call] of calls.entries()) {
    const got = draw(random, call)
    if (call[0] !== 'gauss') expect(got).toEqual(wanted[i] ?? undefined)
    else expect(Math.abs(ulps(got as number, wanted[i] as number))).toBeLessThanOrEqual(3)
  }
}

test('ulps counts doubles', () => {
  expect([ulps(1, 1), ulps(0, -0), ulps(1 + 2 ** -50, 1)]).toEqual([0, 0, 4])
  expect([ulps(-1, -1 - 2 ** -52), ulps(5e-324, -5e-324)]).toEqual([1, 2])
})

test('the golden file holds every seed', () => {
  expect(Object.keys(golden.seeds).sort()).toEqual(Object.keys(SEEDS).sort())
})

describe.each(Object.keys(MATHS))('as CPython, with the functions of %s', (math) => {
  describe.each(Object.keys(SEEDS))('seed %s', (name) => {
    test.each(Object.entries(golden.sequences))('%s', (sequence, calls) => {
      for (const seed of SEEDS[name]!) {
        compare(new Random(seed, MATHS[math]), calls, golden.seeds[name]![sequence]!)
      }
    })
  })
})

describe.runIf(existsSync(sharedUrl))('as the list of draws that all ports share', () => {
  const shared = existsSync(sharedUrl)
    ? JSON.parse(readFileSync(sharedUrl, 'utf8'))
    : { weights: [], seeds: {} }
  const repeat = (n: number, call: Call): Call[] => Array.from({ length: n }, () => call)
  const calls: Record<string, Call[]> = {
    random: repeat(20, ['random']),
    getrandbits32: repeat(10, ['getrandbits', 32]),
    gauss_0_1: repeat(21, ['gauss', 0, 1]),
    'gauss_0_0.02': repeat(10, ['gauss', 0, 0.02]),
    randrange_10: repeat(10, ['randrange', 10]),
    gauss_random_gauss: [['gauss'], ['random'], ['gauss'], ['random'], ['gauss']],
  }
  const whole: Record<string, Call> = {
    shuffle_100: ['shuffle', 100],
    shuffle_1000: ['shuffle', 1000],
    choices_50: ['choices', shared.weights, 50],
  }

  test.each(Object.keys(shared.seeds))('seed %s', (seed) => {
    const lists: Record<string, unknown[]> = shared.seeds[seed]
    expect(Object.keys(lists).sort()).toEqual([...Object.keys(calls), ...Object.keys(whole)].sort())
    for (const math of Object.values(MATHS)) {
      const fresh = () => new Random(BigInt(seed), math)
      for (const name in calls) compare(fresh(), calls[name]!, lists[name]!)
      for (const name in whole) compare(fresh(), [whole[name]!], [lists[name]])
    }
  })
})

describe('the state', () => {
  const next = (random: Random) =>
    Array.from({ length: 700 }, () => [random.gauss(), random.random(), random.getrandbits(53)])

  test.each([0, 1, 623, 624, 1000])('after %i words goes through JSON and back', (words) => {
    const random = new Random(7)
    for (let i = 0; i < words; i++) random.getrandbits(32)
    const text = JSON.stringify(random.save())
    const wanted = next(random)
    const other = new Random(1)
    other.gauss()
    other.restore(JSON.parse(text))
    expect(next(other)).toEqual(wanted)
  })

  test('holds the second of a pair', () => {
    const random = new Random(7)
    random.gauss()
    const state = random.save()
    expect(state.gaussNext).not.toBe(null)
    const other = new Random(8)
    other.restore(JSON.parse(JSON.stringify(state)))
    expect(other.gauss()).toBe(random.gauss())
    expect(random.save().gaussNext).toBe(null)
  })

  test('is a copy', () => {
    const random = new Random(7)
    const state = random.save()
    const wanted = random.random()
    const other = new Random(1)
    other.restore(state)
    state.words.fill(0)
    expect(other.random()).toBe(wanted)
  })

  test.each([
    ['too few words', { words: [1, 2, 3] }],
    ['a word of 33 bits', { words: Array(624).fill(2 ** 32) }],
    ['a fraction', { words: Array(624).fill(0.5) }],
    ['words as text', { words: Array(624).fill('1') }],
    ['an index past the end', { index: 625 }],
    ['no index', { index: undefined }],
    ['a second variate that is not a number', { gaussNext: NaN }],
  ])('with %s is rejected, and nothing changes', (_, part) => {
    const random = new Random(7)
    const before = random.save()
    expect(() => random.restore({ ...before, ...part } as any)).toThrow(ConfigError)
    expect(random.save()).toEqual(before)
  })

  test('seed() starts over and forgets the second of a pair', () => {
    const random = new Random(7)
    random.gauss()
    random.seed(8)
    expect(random.gauss()).toBe(new Random(8).gauss())
  })
})

describe('invalid values are rejected', () => {
  const random = new Random(1) as any

  test.each([0.5, NaN, Infinity, 2 ** 53, '42', null, undefined])('seed %s', (seed: any) => {
    expect(() => new Random(seed)).toThrow(ConfigError)
    expect(() => new Random(seed)).toThrow(/seed must be a whole number.*got .*try 42/)
  })

  test.each<[string, any[]]>([
    ['getrandbits', [-1]],
    ['getrandbits', [54]],
    ['getrandbits', [1.5]],
    ['getrandbits', [NaN]],
    ['getrandbits', ['8']],
    ['randrange', [0]],
    ['randrange', [-1]],
    ['randrange', [NaN]],
    ['randrange', [Infinity]],
    ['randrange', [2.5]],
    ['randrange', [0.5, 3]],
    ['randrange', [0, 2.5]],
    ['randrange', [5, 5]],
    ['randrange', [5, 3]],
    ['randrange', [3, 5, -1]],
    ['randrange', [0, 5, 0]],
    ['randrange', [0, 5, 0.5]],
    ['choice', [[]]],
    ['choice', [[0, 0]]],
    ['choice', [[NaN, 1]]],
    ['choice', [[Infinity]]],
    ['choice', [[-1]]],
    ['choices', [['a', 'b'], [1]]],
    [
      'choices',
      [
        ['a', 'b'],
        [1, 2, 3],
      ],
    ],
  ])('%s(%s)', (method, args) => {
    expect(() => random[method](...args)).toThrow(ConfigError)
  })
})

test('choices draws k items of the population', () => {
  const random = new Random(1)
  expect(random.choices(['a', 'b', 'c'], [0, 1, 0], 4)).toEqual(['b', 'b', 'b', 'b'])
  expect(random.choices(['a'], [1])).toEqual(['a'])
  expect(random.choices(['a'], [1], 0)).toEqual([])
})

test('choice does not read weights past n, and never draws one that is 0', () => {
  const random = new Random(1)
  expect(random.choice([0, 1, 0, 1e9], 3)).toBe(1)
  random.random = () => 0
  expect(random.choice([0, 0, 1])).toBe(2)
})

test('shuffle keeps every item and is the same for the same seed', () => {
  const [a, b] = [[...'abcdefgh'], [...'abcdefgh']]
  new Random(3).shuffle(a)
  new Random(3).shuffle(b)
  expect(a).toEqual(b)
  expect(a).not.toEqual([...'abcdefgh'])
  expect([...a].sort()).toEqual([...'abcdefgh'])
})
