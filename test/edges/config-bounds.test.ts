/** Each hyperparameter at its bounds and just outside them, from both sides. */
import { describe, expect, test } from 'vitest'
import type { ConfigInput } from '../../src/index.js'
import { ConfigError, FIELDS, MicroGPT, PRESETS, learningRate } from '../../src/index.js'
import { loadCore, resolveConfig } from '../../src/index.js'

type Name = keyof typeof FIELDS

const bits = new DataView(new ArrayBuffer(8))
/** The number next to a finite one: above it, or below. */
function next(x: number, up: boolean): number {
  if (x === 0) return up ? 5e-324 : -5e-324
  bits.setFloat64(0, x)
  bits.setBigInt64(0, bits.getBigInt64(0) + (x > 0 === up ? 1n : -1n))
  return bits.getFloat64(0)
}

/** Written down once more, not read off FIELDS. Open ends are those that are not taken. */
const WHOLE: Partial<Record<Name, [min: number, max: number]>> = {
  n_embd: [1, 65536],
  n_head: [1, 65536],
  n_layer: [1, 1024],
  block_size: [1, 65536],
  num_steps: [1, 1e12],
  batch_size: [1, 1e6],
  warmup_steps: [0, 1e12],
}
const REAL: Partial<Record<Name, [min: number, max: number, open?: 'above' | 'below']>> = {
  init_std: [0, 1e3],
  learning_rate: [0, 1e3],
  beta1: [0, 1, 'below'],
  beta2: [0, 1, 'below'],
  eps_adam: [1e-120, 1],
  temperature: [0, 1e6],
  weight_decay: [0, 1e3],
  grad_clip: [0, 1e300, 'above'],
}
const CHOICES: Partial<Record<Name, string[]>> = {
  activation: ['relu2', 'relu', 'gelu'],
  lr_schedule: ['cosine', 'linear', 'constant'],
}
const names = <T extends object>(table: T) => Object.keys(table) as Name[]

/** n_embd and n_head must fit each other. */
const beside = (name: Name, value: unknown): ConfigInput =>
  name === 'n_embd' ? { n_head: 1 } : name === 'n_head' ? { n_embd: value as number } : {}

function taken(name: Name, value: unknown): void {
  for (const preset of names(PRESETS)) {
    const config = resolveConfig(preset, { ...beside(name, value), [name]: value } as ConfigInput)
    expect(config[name]).toBe(value)
  }
}

function refused(name: Name, value: unknown): void {
  const call = () => resolveConfig('tutorial', { ...beside('n_embd', 1), [name]: value })
  expect(call, `${name} ${String(value)}`).toThrow(ConfigError)
  expect(call).toThrow(new RegExp(`^${name} must be `))
}

test('every field is in one of these tables', () => {
  const all = [WHOLE, REAL, CHOICES].flatMap(names)
  expect([...all, 'zero_init_projections'].sort()).toEqual(Object.keys(FIELDS).sort())
})

test.each(names(FIELDS))('%s takes nothing of another kind', (name) => {
  const words = ['', ' ', '1', '0.5', '1e3', 'NaN', 'true', 'null', 'RELU', 'relu ', 'relu3', '0x1']
  const others: unknown[] = [
    NaN,
    Infinity,
    -Infinity,
    1n,
    [],
    [1],
    {},
    { valueOf: () => 1 },
    new Date(1),
  ]
  for (const value of [...words, ...others]) refused(name, value)
  if (name !== 'grad_clip') refused(name, null)
  if (name !== 'zero_init_projections') for (const value of [true, false]) refused(name, value)
  expect(resolveConfig('gist', { [name]: undefined })[name]).toBe(PRESETS.gist[name])
})

describe.each(names(WHOLE))('%s, a whole number,', (name) => {
  const [min, max] = WHOLE[name]!

  test('is accepted at both bounds and just inside them', () => {
    for (const value of [min, min + 1, max - 1, max]) taken(name, value)
  })

  test('is rejected outside, and between two whole numbers', () => {
    const outside = [min - 1, max + 1, -min, -max, 2 * max, 2 ** 53, 1e300]
    const fractions = [next(min, true), next(max, false), min + 0.5, max - 0.5, 1 - 2 ** -53]
    const isTaken = (value: number) => Number.isInteger(value) && value >= min && value <= max
    for (const value of [0, -0, ...outside, ...fractions]) if (!isTaken(value)) refused(name, value)
  })

  test('suggests the nearest bound', () => {
    const hint = (value: number) => {
      const call = () => resolveConfig('tutorial', { [name]: value })
      expect(call).toThrow(ConfigError)
      try {
        call()
      } catch (error) {
        return (error as Error).message.replace(/.*; try /, '')
      }
      return ''
    }
    expect([hint(min - 1), hint(max + 1), hint(-5), hint(max + 0.4)]).toEqual(
      [min, max, min, max].map(String),
    )
  })
})

describe.each(names(REAL))('%s, a number,', (name) => {
  const [min, max, open] = REAL[name]!

  test('is accepted at its bounds and just inside them', () => {
    const ends = [open === 'above' ? null : min, open === 'below' ? null : max]
    const within = [next(min, true), next(max, false), (min + max) / 2]
    for (const value of [...ends, ...within]) if (value !== null) taken(name, value)
  })

  test('is rejected outside, from the next double on', () => {
    const outside = [next(min, false), next(max, true), -max, -1, 1e308, -5e-324]
    for (const value of outside) refused(name, value)
    if (open === 'above') for (const value of [0, -0]) refused(name, value)
    if (open === 'below') refused(name, 1)
  })

  test('does not keep the sign of a zero', () => {
    if (min === 0 && open !== 'above') {
      expect(Object.is(resolveConfig('tutorial', { [name]: -0 })[name], 0)).toBe(true)
    }
  })
})

test.each(names(CHOICES))('%s takes each of its choices', (name) => {
  for (const value of CHOICES[name]!) taken(name, value)
})

test('true and false, and null for off', () => {
  for (const value of [true, false]) taken('zero_init_projections', value)
  for (const value of [0, 1, 'true']) refused('zero_init_projections', value)
  taken('grad_clip', null)
})

test.each(Object.entries(PRESETS))('what %s has is suggested for a word', (preset, own) => {
  for (const name of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const call = () => resolveConfig(preset, { [name]: 'a word' } as never)
    expect(call).toThrow(`; try ${own[name]}`)
  }
})

describe('a learning rate at the ends of its schedule', async () => {
  const { cos } = await loadCore()
  const docs = ['ab', 'cab', 'dd']
  const rates = async (lr_schedule: 'cosine' | 'linear' | 'constant', num_steps: number) => {
    const config = { lr_schedule, num_steps, learning_rate: 0.25, weight_decay: 0.5 }
    const gpt = await MicroGPT.create({ docs, config })
    const lrs = Array.from(gpt.train(), ({ lr }) => lr)
    expect(lrs).toHaveLength(num_steps)
    const before = gpt.params.slice()
    const [after] = Array.from(gpt.train({ steps: 2 }), ({ lr }) => lr)
    return {
      first: lrs[0],
      last: lrs.at(-1),
      after,
      moved: !before.every((p, i) => p === gpt.params[i]),
    }
  }

  test.each([1, 2, 3, 7])('%i steps', async (n) => {
    const cosine = 0.25 * 0.5 * (1 + cos((Math.PI * (n - 1)) / n))
    const linear = 0.25 * (1 - (n - 1) / n)
    expect(await rates('cosine', n)).toEqual({ first: 0.25, last: cosine, after: 0, moved: false })
    expect(await rates('linear', n)).toEqual({ first: 0.25, last: linear, after: 0, moved: false })
    expect(await rates('constant', n)).toEqual({
      first: 0.25,
      last: 0.25,
      after: 0.25,
      moved: true,
    })
  })

  test('of the longest run there can be', () => {
    const num_steps = 1e12
    for (const lr_schedule of ['cosine', 'linear'] as const) {
      const config = resolveConfig('tutorial', { num_steps, lr_schedule, learning_rate: 1 })
      const at = (step: number) => learningRate(config, step, cos)
      expect([at(0), at(num_steps), at(num_steps + 1), at(2 ** 53)]).toEqual([1, 0, 0, 0])
      expect(at(num_steps / 2)).toBeCloseTo(0.5, 12)
      expect(at(num_steps - 1)).toBeGreaterThanOrEqual(0)
      expect(at(num_steps - 1)).toBeLessThan(1e-11)
    }
  })
})
