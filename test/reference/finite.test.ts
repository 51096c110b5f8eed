/** Numbers that leave the range of float64: every engine stops before its update. */
import { describe, expect, test } from 'vitest'
import { MicroGPT, TrainingError } from '../../src/index.js'
import { TypedGPT, ValueGPT } from '../../src/reference/index.js'

const docs = ['anna', 'otto', 'ina']
const config = { n_embd: 4, n_head: 2, num_steps: 60 }
const wild = {
  ...config,
  learning_rate: 1000,
  weight_decay: 1000,
  lr_schedule: 'constant' as const,
}

describe.each([
  ['wasm', (input: object) => MicroGPT.create({ docs, config: input })],
  ['typed', (input: object) => new TypedGPT({ docs, config: input })],
  ['value', (input: object) => new ValueGPT({ docs, config: input })],
])('%s', (_, make) => {
  test('a loss that is not finite is a TrainingError; the parameters stay as before', async () => {
    const gpt = await make(wild)
    let before = Float64Array.from(gpt.params)
    let error: unknown
    try {
      for (const { loss } of gpt.train()) {
        expect(Number.isFinite(loss)).toBe(true)
        before = Float64Array.from(gpt.params)
      }
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(TrainingError)
    expect((error as Error).message).toMatch(
      /^the loss of step \d+ is (NaN|-?Infinity); .*grad_clip 1$/,
    )
    expect(Float64Array.from(gpt.params)).toEqual(before)
    expect(gpt.step).toBeGreaterThan(0)
  })

  test('attention scores beyond what exp can take are no trouble', async () => {
    const large = { ...config, init_std: 30, num_steps: 1 }
    const gpt = await make(large)
    const [first] = gpt.train()
    const [want] = (await MicroGPT.create({ docs, config: large })).train()
    expect(Math.abs(first!.loss - want!.loss)).toBeLessThan(1e-9 * want!.loss)
  })

  test.each([
    [1e-120, 1e-130],
    [1e-120, 1e-300],
    [1e-120, 1e300],
    [1e-8, 1e-300],
    [1, 1e-300],
  ])('eps_adam %d and grad_clip %d stay finite', async (eps_adam, grad_clip) => {
    const gpt = await make({ ...config, eps_adam, grad_clip })
    for (const { loss } of gpt.train()) expect(Number.isFinite(loss)).toBe(true)
    expect(gpt.params.every(Number.isFinite)).toBe(true)
  })

  test('any temperature samples', async () => {
    const gpt = await make(config)
    for (const temperature of [5e-324, 1e-320, 1e-200, 1e-5, 1e6]) {
      expect(gpt.sample({ count: 2, temperature })).toHaveLength(2)
    }
  })
})

test.each([
  ['typed', new TypedGPT({ docs, config: wild })],
  ['value', new ValueGPT({ docs, config: wild })],
])('%s: the gradient stays that of the step before', (_, gpt) => {
  let before = gpt.grad.slice()
  const train = () => {
    for (const _step of gpt.train()) before = gpt.grad.slice()
  }
  expect(train).toThrow(TrainingError)
  expect(gpt.step).toBeGreaterThan(0)
  expect(gpt.grad).toEqual(before)
})

test('a text model never gives NaN, whatever BOS has of the probability', async () => {
  const text = 'to be or not to be, that is the question'
  for (let seed = 0; seed < 150; seed++) {
    const gpt = await MicroGPT.create({ text, seed, config })
    for (const _step of gpt.train({ steps: 2 })) continue
    for (const temperature of [1e-5, 1e-300]) {
      for (const { probability, tokenId, top } of gpt.generate({ temperature, length: 4 })) {
        expect(probability).toBeGreaterThan(0)
        expect(top[0]!.probability).toBeGreaterThanOrEqual(probability)
        expect(tokenId).not.toBe(gpt.tokenizer.BOS)
      }
    }
    gpt.free()
  }
}, 60_000)
