import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { ConfigInput } from '../../src/config/config.js'
import { NAMES } from '../../src/data/names.js'
import { parseDocs } from '../../src/data/text.js'
import { ValueGPT } from '../../src/reference/model.js'
import { TypedGPT } from '../../src/reference/typed.js'

/** The long form follows the runs of ValueGPT, a scalar at a time, to their ends. */
const LONG = process.env['LONG'] === '1'

type TwinClass = typeof ValueGPT | typeof TypedGPT

/**
 * What test/golden/make.py writes. Long runs keep only the head and the sum of their parameters.
 */
interface Golden {
  config: ConfigInput & { preset?: string; seed?: number; data?: string }
  seed?: string
  docs?: string[]
  losses: number[]
  samples: string[]
  num_docs: number
  vocab_size: number
  num_params: number
  grad_step0: number[]
  init_params?: number[]
  init_head?: number[]
  init_sum: number
  final_params?: number[]
  final_head?: number[]
  final_sum?: number
}

const twins: [string, TwinClass][] = [
  ['ValueGPT', ValueGPT],
  ['TypedGPT', TypedGPT],
]
const words = 'to toe note neon onto ten tot none'.split(' ')
const readGolden = (url: URL): Golden => JSON.parse(readFileSync(url, 'utf8'))
const golden = (name: string) => readGolden(new URL(`../golden/${name}.json`, import.meta.url))

/** The largest difference of two lists, relative to the length of the second. */
function distance(got: ArrayLike<number>, want: readonly number[]): number {
  let worst = 0
  for (let i = 0; i < want.length; i++) worst = Math.max(worst, Math.abs(got[i]! - want[i]!))
  return Number.isNaN(worst) || got.length < want.length ? Infinity : worst
}

const sumOf = (list: Float64Array) => list.reduce((a, b) => a + b, 0)

/** Takes `steps` of a golden's run and compares everything that it reports. */
function follow(Twin: TwinClass, want: Golden, docs: string[], steps = want.losses.length): void {
  const { preset = 'tutorial', seed = 0, data: _, ...config } = want.config
  const model = new Twin({ docs, preset, config, seed: BigInt(want.seed ?? seed) })
  expect(docs.length).toBe(want.num_docs)
  expect(model.tokenizer.vocabSize).toBe(want.vocab_size)
  expect(model.numParams).toBe(want.num_params)
  const init = model.params
  expect(distance(init, want.init_params ?? want.init_head!)).toBeLessThan(1e-15)
  expect(Math.abs(sumOf(init) - want.init_sum)).toBeLessThan(1e-12)

  const losses: number[] = []
  for (const { step, loss } of model.train({ steps })) {
    if (step === 1) expect(distance(model.grad, want.grad_step0)).toBeLessThan(1e-14)
    losses.push(loss)
  }
  expect(distance(losses, want.losses.slice(0, steps))).toBeLessThan(1e-11)
  if (steps < want.losses.length) return
  expect(distance(model.params, want.final_params ?? want.final_head!)).toBeLessThan(1e-9)
  if (want.final_sum !== undefined) {
    expect(Math.abs(sumOf(model.params) - want.final_sum)).toBeLessThan(1e-9)
  }
  expect(model.sample({ count: want.samples.length })).toEqual(want.samples)
}

describe.each(twins)('%s agrees with CPython', (_, Twin) => {
  test.each(['unicode-2x3', 'odd-3x1'])('%s', (name) => {
    const want = golden(name)
    follow(Twin, want, want.docs!, Twin === ValueGPT && !LONG ? 10 : undefined)
  })

  test.each(['names-tutorial-500', 'names-gist-1000'])('%s', (name) => {
    follow(Twin, golden(name), parseDocs(NAMES), Twin === ValueGPT ? 10 : undefined)
  })
})

// The dataset of the original is not part of this repository; it is used where available.
const shared = new URL('../../../shared/', import.meta.url)
describe.skipIf(!existsSync(new URL('golden/', shared)))('the original dataset', () => {
  const runs: [string, string, TwinClass, number | undefined][] = [
    ['ValueGPT', 'tutorial-500', ValueGPT, 10],
    ['TypedGPT', 'tutorial-500', TypedGPT, undefined],
    ['TypedGPT', 'gist-1000', TypedGPT, undefined],
  ]
  test.each(runs)('%s %s', (_, name, Twin, steps) => {
    const docs = parseDocs(readFileSync(new URL('data/names.txt', shared), 'utf8'))
    follow(Twin, readGolden(new URL(`golden/${name}.json`, shared)), docs, steps)
  })
})

describe('the two reference engines agree', () => {
  const configs: ConfigInput[] = [
    { n_embd: 1, n_head: 1, block_size: 1 },
    { n_embd: 2, n_head: 1, block_size: 2 },
    { n_embd: 3, n_head: 3, block_size: 3, n_layer: 2 },
    { n_embd: 7, n_head: 1, block_size: 7 },
    { n_embd: 10, n_head: 2, block_size: 4, n_layer: 2 },
    { weight_decay: 0.3 },
    { grad_clip: 0.5 },
    { grad_clip: 1e-3, weight_decay: 0.1, activation: 'relu2', zero_init_projections: true },
    { grad_clip: 1e9 },
  ]
  test.each(configs)('%j', (config) => {
    const options = { docs: words, preset: 'gist', config: { ...config, num_steps: 8 }, seed: 7 }
    const value = new ValueGPT(options)
    const typed = new TypedGPT(options)
    const steps = typed.train()
    for (const { loss } of value.train()) {
      expect(Math.abs(steps.next().value!.loss - loss)).toBeLessThan(1e-12)
      expect(distance(typed.grad, [...value.grad])).toBeLessThan(1e-12)
    }
    expect(distance(typed.params, [...value.params])).toBeLessThan(1e-10)
    expect(typed.sample()).toEqual(value.sample())
  })

  test('numbers that have overflowed are not sampled from', () => {
    const typed = new TypedGPT({ docs: ['ab'] })
    typed.params.fill(NaN)
    expect(() => typed.sample()).toThrow(/^the weights must have a positive sum, got NaN/)
  })

  test('one character and no document longer than that', () => {
    const options = { docs: ['a'], config: { num_steps: 3 } }
    const losses = [new ValueGPT(options), new TypedGPT(options)].map((twin) =>
      Array.from(twin.train(), ({ loss }) => loss),
    )
    expect(distance(losses[0]!, losses[1]!)).toBeLessThan(1e-15)
  })
})
