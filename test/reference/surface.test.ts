import { describe, expect, test } from 'vitest'
import { ConfigError, DatasetError, TokenizerError } from '../../src/errors.js'
import { ValueGPT } from '../../src/reference/model.js'
import type { TwinOptions } from '../../src/reference/twin.js'
import { TypedGPT } from '../../src/reference/typed.js'

type TwinModel = ValueGPT | TypedGPT

const twins: [string, typeof ValueGPT | typeof TypedGPT][] = [
  ['ValueGPT', ValueGPT],
  ['TypedGPT', TypedGPT],
]
const words = 'to toe note neon onto ten tot none'.split(' ')

describe.each(twins)('%s', (_, Twin) => {
  const make = (options: Partial<TwinOptions> = {}) => new Twin({ docs: words, ...options })
  const run = (model: TwinModel, steps: number) =>
    Array.from(model.train({ steps }), ({ loss }) => loss)
  const norm = (model: TwinModel) => Math.hypot(...model.grad)
  const largest = (list: Float64Array) => Math.max(...list.map(Math.abs))

  test('an interrupted run gives the bits of an uninterrupted one', () => {
    const whole = make({ config: { num_steps: 12 } })
    const parts = make({ config: { num_steps: 12 } })
    const losses = run(whole, 12)
    const resumed: number[] = []
    for (const { step, loss } of parts.train()) {
      resumed.push(loss)
      if (step === 5) break
    }
    resumed.push(...run(parts, 0), ...run(parts, 3), ...Array.from(parts.train(), (s) => s.loss))
    expect(resumed).toEqual(losses)
    expect(parts.params).toEqual(whole.params)
    expect(parts.step).toBe(12)
    expect(parts.sample()).toEqual(whole.sample())
  })

  test('a step reports its number, its loss and its learning rate', () => {
    const model = make({ config: { num_steps: 4, lr_schedule: 'linear', learning_rate: 0.5 } })
    const first = model.loss([model.docs[0]!])
    const steps = [...model.train()]
    expect(steps.map(({ step }) => step)).toEqual([1, 2, 3, 4])
    expect(steps.map(({ lr }) => lr)).toEqual([0.5, 0.375, 0.25, 0.125])
    expect(steps[0]!.loss).toBe(first)
    expect([...model.train()]).toEqual([])
  })

  test('loss is the mean over documents and changes nothing', () => {
    const model = make()
    run(model, 3)
    const { params, grad } = { params: model.params.slice(), grad: model.grad.slice() }
    const [a, b] = [model.loss(['to']), model.loss(['tententententen'])]
    expect(model.loss(['to', 'tententententen'])).toBe((a + b) / 2)
    expect([model.params, model.grad]).toEqual([params, grad])
  })

  test('temperature 0 takes the most likely token, without a draw', () => {
    const [model, other] = [make(), make()]
    run(model, 20)
    run(other, 20)
    const greedy = model.sample({ count: 2, temperature: 0 })
    expect(greedy[0]).toBe(greedy[1])
    expect(model.sample({ count: 3 })).toEqual(other.sample({ count: 3 }))
    expect(model.sample({ count: 3 })).not.toEqual(make().sample({ count: 3 }))
  })

  test("the caller's documents stay in their order", () => {
    const docs = [...words]
    const model = make({ docs })
    expect(docs).toEqual(words)
    expect(model.docs).not.toEqual(words)
    expect([...model.docs].sort()).toEqual([...words].sort())
  })

  test('invalid values are rejected', () => {
    const model = make()
    expect(() => make({ config: { n_embd: 10 } })).toThrow(ConfigError)
    expect(() => make({ seed: 0.5 })).toThrow(ConfigError)
    expect(() => make({ docs: [] })).toThrow(DatasetError)
    expect(() => model.train({ steps: 1.5 }).next()).toThrow(ConfigError)
    expect(() => model.sample({ count: -1 })).toThrow(ConfigError)
    expect(() => model.sample({ temperature: NaN })).toThrow(ConfigError)
    expect(() => model.loss([])).toThrow(ConfigError)
    expect(() => model.loss(['xyz'])).toThrow(TokenizerError)
  })

  test('grad_clip shortens the gradient to its norm and keeps its direction', () => {
    const free = make({ preset: 'gist' })
    const clipped = make({ preset: 'gist', config: { grad_clip: 0.25 } })
    free.train().next()
    clipped.train().next()
    expect(norm(free)).toBeGreaterThan(0.25)
    expect(norm(clipped)).toBeCloseTo(0.25, 14)
    const scale = 0.25 / norm(free)
    const off = clipped.grad.map((g, i) => g - free.grad[i]! * scale)
    expect(largest(off)).toBeLessThan(1e-15)
  })

  test('weight_decay takes lr * weight_decay of each parameter before Adam', () => {
    const free = make({ preset: 'gist' })
    const decayed = make({ preset: 'gist', config: { weight_decay: 0.5 } })
    const init = free.params.slice()
    free.train().next()
    decayed.train().next()
    const off = free.params.map((p, i) => p - 0.01 * 0.5 * init[i]! - decayed.params[i]!)
    expect(largest(off)).toBeLessThan(1e-16)
  })
})
