import { describe, expect, test } from 'vitest'
import type { Config, ConfigInput } from '../src/index.js'
import {
  ConfigError,
  FIELDS,
  MicroGPT,
  PRESETS,
  learningRate,
  resolveConfig,
} from '../src/index.js'

type Settable = keyof typeof FIELDS

/** The error of a call, which must be a ConfigError. */
function refusal(call: () => unknown): ConfigError {
  try {
    call()
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    return error as ConfigError
  }
  throw new Error('nothing was thrown')
}

describe('the presets', () => {
  const size = { n_embd: 16, n_head: 4, n_layer: 1, head_dim: 4, block_size: 8 }
  const init = { init_std: 0.02, zero_init_projections: true, activation: 'relu2' }
  const optimizer = { learning_rate: 1e-2, beta1: 0.9, beta2: 0.95, eps_adam: 1e-8 }
  const run = { lr_schedule: 'cosine', num_steps: 500, batch_size: 1, temperature: 0.5 }
  const warmup_steps = 0
  const tutorial = {
    ...size,
    ...init,
    ...optimizer,
    ...run,
    weight_decay: 0,
    grad_clip: null,
    warmup_steps,
  }
  const gist = {
    ...tutorial,
    block_size: 16,
    init_std: 0.08,
    zero_init_projections: false,
    activation: 'relu',
    beta1: 0.85,
    beta2: 0.99,
    lr_schedule: 'linear',
    num_steps: 1000,
  }

  test('are the two published revisions', () => {
    expect(PRESETS).toMatchObject({ tutorial, gist })
    expect([resolveConfig(), resolveConfig('gist')]).toEqual([PRESETS.tutorial, PRESETS.gist])
  })

  test('cannot be written to', () => {
    for (const config of [PRESETS, ...Object.values(PRESETS), resolveConfig()]) {
      expect(Object.isFrozen(config)).toBe(true)
    }
  })

  test.each(['Tutorial', 'gpt2', '', 'toString', null, 0, {}])('%s is none', (preset: any) => {
    const error = refusal(() => resolveConfig(preset))
    expect(error.message).toContain('preset must be one of tutorial, gist, small, medium, got ')
    expect(error).toMatchObject({ field: 'preset', value: preset })
  })
})

describe('every field takes what it can use and names what it cannot', () => {
  const NUMBERS = [NaN, Infinity, -Infinity, -1, 0, -0, 0.5, 1, 4, 2 ** 53, 10n]
  const TEXTS = ['4', '', 'relu', 'linear']
  const VALUES = [...NUMBERS, ...TEXTS, null, true, false, [], [4], {}, Symbol('s'), () => 4]
  const TAKEN: Record<Settable, unknown[]> = {
    n_embd: [4],
    n_head: [1, 4],
    n_layer: [1, 4],
    block_size: [1, 4],
    init_std: [0, -0, 0.5, 1, 4],
    zero_init_projections: [true, false],
    activation: ['relu'],
    learning_rate: [0, -0, 0.5, 1, 4],
    beta1: [0, -0, 0.5],
    beta2: [0, -0, 0.5],
    eps_adam: [0.5, 1],
    lr_schedule: ['linear'],
    num_steps: [1, 4],
    warmup_steps: [0, -0, 1, 4],
    batch_size: [1, 4],
    temperature: [0, -0, 0.5, 1, 4],
    weight_decay: [0, -0, 0.5, 1, 4],
    grad_clip: [0.5, 1, 4, 2 ** 53, null],
  }

  test.each(Object.keys(FIELDS) as Settable[])('%s', async (name) => {
    const taken = TAKEN[name]
    // 1 cannot be n_embd here only because it does not divide into n_head 4.
    for (const value of VALUES.filter(
      (v) => !taken.includes(v) && !(name === 'n_embd' && v === 1),
    )) {
      const error = refusal(() => resolveConfig('tutorial', { [name]: value } as ConfigInput))
      expect(error).toMatchObject({ field: name })
      expect(error.value).toBe(value)
      const shown = typeof value === 'string' ? JSON.stringify(value) : String(value)
      expect(error.message).toMatch(new RegExp(`^${name} must be .+, got .*; try \\S+$`))
      expect(error.message).toContain(`got ${shown}; try `)
    }
    for (const value of taken) {
      const input = { [name]: value } as ConfigInput
      expect(resolveConfig('gist', input)).toEqual({
        ...PRESETS.gist,
        [name]: value === 0 ? 0 : value,
        head_dim: name === 'n_head' ? 16 / Number(value) : name === 'n_embd' ? 1 : 4,
      })
      const gpt = await MicroGPT.create({ docs: ['ab', 'cab'], config: input })
      const losses = Array.from(gpt.train({ steps: 2 }), ({ loss }) => loss)
      expect(losses.every((loss) => loss >= 0 && Number.isFinite(loss))).toBe(true)
      expect(gpt.params.every(Number.isFinite)).toBe(true)
      expect(gpt.sample({ count: 2 }).length).toBe(2)
    }
  })

  test.each<[Settable, number]>([
    ['init_std', 5e-324],
    ['learning_rate', 5e-324],
    ['beta1', 5e-324],
    ['beta1', 1 - 2 ** -53],
    ['beta2', 5e-324],
    ['beta2', 1 - 2 ** -53],
    ['eps_adam', 5e-324],
    ['eps_adam', 1e-300],
    ['temperature', 5e-324],
    ['temperature', 1e6],
    ['weight_decay', 5e-324],
    ['grad_clip', 5e-324],
    ['grad_clip', 1e300],
  ])('%s %d, close to the bound, is refused or works', async (name, value) => {
    const docs = ['ab', 'cab', 'dd']
    const creation = MicroGPT.create({ docs, config: { [name]: value } })
    const gpt = await creation.catch(
      (error) => void expect(error).toMatchObject({ field: name, value }),
    )
    if (!gpt) return
    expect([...gpt.train({ steps: 3 })].length).toBe(3)
    expect(gpt.params.every(Number.isFinite)).toBe(true)
    expect(gpt.sample({ count: 2 }).length).toBe(2)
  })

  test.each<[Settable, number]>([
    ['n_embd', 65536],
    ['n_head', 65536],
    ['n_layer', 1024],
    ['block_size', 65536],
    ['num_steps', 1e12],
  ])('%s up to %d', (name, most) => {
    const input = { n_embd: 65536, [name]: most }
    expect(resolveConfig('tutorial', input)[name]).toBe(most)
    const error = refusal(() => resolveConfig('tutorial', { ...input, [name]: most + 1 }))
    expect(error.message).toBe(
      `${name} must be a whole number from 1 to ${most}, got ${most + 1}; try ${most}`,
    )
  })

  test.each<[Settable, unknown, string]>([
    ['n_layer', 0, 'a whole number from 1 to 1024, got 0; try 1'],
    ['n_layer', 2.4, 'a whole number from 1 to 1024, got 2.4; try 2'],
    ['n_layer', NaN, 'a whole number from 1 to 1024, got NaN; try 1'],
    ['block_size', -8, 'a whole number from 1 to 65536, got -8; try 1'],
    ['activation', 'swish', 'one of relu, relu2, gelu, got "swish"; try relu2'],
    ['lr_schedule', 'Cosine', 'one of cosine, linear, constant, got "Cosine"; try cosine'],
    ['beta1', 1, 'a number from 0 below 1, got 1; try 0.9'],
    ['eps_adam', 0, 'a number from 1e-120 to 1, got 0; try 1e-8'],
    ['grad_clip', 0, 'a number above 0 to 1e+300, or null, got 0; try null'],
    ['zero_init_projections', 1, 'true or false, got 1; try true'],
    [
      'temperature',
      'x'.repeat(100),
      `a number from 0 to 1000000, got "${'x'.repeat(56)}...; try 0.5`,
    ],
  ])('%s %s has this sentence', (name, value, sentence) => {
    expect(refusal(() => resolveConfig('tutorial', { [name]: value })).message).toBe(
      `${name} must be ${sentence}`,
    )
  })
})

describe('n_embd and n_head', () => {
  test.each([
    [18, 4, '16 or 20'],
    [2, 4, '4'],
    [16, 5, '15 or 20'],
    [7, 2, '6 or 8'],
    [65536, 3, '65535'],
  ])('%i does not divide into %i', (n_embd, n_head, near) => {
    const error = refusal(() => resolveConfig('tutorial', { n_embd, n_head }))
    expect(error.message).toBe(
      `n_embd (${n_embd}) must be divisible by n_head (${n_head}); try ${near}`,
    )
    expect(error).toMatchObject({ field: 'n_embd', value: n_embd })
  })

  test('head_dim is derived, and may only be given with its value', () => {
    expect(resolveConfig('gist', { n_embd: 24, n_head: 3 }).head_dim).toBe(8)
    expect(resolveConfig('gist', { n_embd: 24, n_head: 3, head_dim: 8 }).head_dim).toBe(8)
    for (const value of [4, 0, NaN, '8', null] as any[]) {
      const call = () => resolveConfig('gist', { n_embd: 24, n_head: 3, head_dim: value })
      expect(refusal(call).message).toMatch(
        /^head_dim is n_embd \/ n_head = 8, got .*; leave it out$/,
      )
    }
  })
})

describe('what is given', () => {
  test('may be a whole config of another preset', () => {
    expect(resolveConfig('gist', PRESETS.tutorial)).toEqual(PRESETS.tutorial)
  })

  test('may be undefined, and is then the preset', () => {
    expect(resolveConfig('gist', { n_embd: undefined } as any)).toEqual(PRESETS.gist)
  })

  test('is not kept or changed', () => {
    const input = { n_layer: 2 }
    resolveConfig('tutorial', input)
    expect([input, PRESETS.tutorial.n_layer]).toEqual([{ n_layer: 2 }, 1])
  })

  test.each(['nEmbd', 'n-embd', 'steps', 'toString', '__proto__', ''])('%j is no field', (name) => {
    const input = JSON.parse(`{ ${JSON.stringify(name)}: 1 }`)
    const error = refusal(() => resolveConfig('tutorial', input))
    expect(error.message).toBe(
      `there is no field "${name}"; the fields are ${Object.keys(FIELDS).join(', ')}`,
    )
    expect(error).toMatchObject({ field: name, value: 1 })
  })
})

test('the larger presets are what they say, and have a warm-up', () => {
  const { small, medium } = PRESETS
  const sizes = [small, medium].map((c) => [c.n_embd, c.n_head, c.n_layer, c.block_size])
  expect(sizes).toEqual([
    [64, 4, 2, 32],
    [128, 4, 4, 64],
  ])
  for (const name of ['small', 'medium'] as const) {
    expect(resolveConfig(name)).toEqual(PRESETS[name])
    expect(PRESETS[name].warmup_steps).toBeGreaterThan(0)
  }
})

test('warmup_steps multiplies the schedule by min(1, (step + 1) / warmup_steps)', () => {
  const base = { num_steps: 20, learning_rate: 0.5 }
  for (const lr_schedule of ['cosine', 'linear', 'constant'] as const) {
    const plain = resolveConfig('tutorial', { ...base, lr_schedule })
    for (const warmup_steps of [0, 1, 4, 20, 1e12]) {
      const config = resolveConfig('tutorial', { ...base, lr_schedule, warmup_steps })
      for (let step = 0; step < 25; step++) {
        const factor = warmup_steps === 0 ? 1 : Math.min(1, (step + 1) / warmup_steps)
        const want = learningRate(plain, step, Math.cos) * factor
        expect(learningRate(config, step, Math.cos)).toBe(want)
      }
    }
  }
})

describe('learningRate', () => {
  const config = (lr_schedule: Config['lr_schedule'], num_steps = 8) =>
    resolveConfig('tutorial', { lr_schedule, num_steps, learning_rate: 0.5 })

  test.each<[Config['lr_schedule'], number, number]>([
    ['cosine', 0, 0.5],
    ['cosine', 2, 0.25 * (1 + Math.SQRT1_2)],
    ['cosine', 4, 0.25],
    ['cosine', 6, 0.25 * (1 - Math.SQRT1_2)],
    ['cosine', 8, 0],
    ['cosine', 9, 0],
    ['cosine', 16, 0],
    ['linear', 0, 0.5],
    ['linear', 2, 0.375],
    ['linear', 4, 0.25],
    ['linear', 7, 0.0625],
    ['linear', 8, 0],
    ['linear', 100, 0],
    ['constant', 0, 0.5],
    ['constant', 4, 0.5],
    ['constant', 100, 0.5],
  ])('%s after %i of 8 steps is %d', (schedule, step, want) => {
    expect(learningRate(config(schedule), step, Math.cos)).toBeCloseTo(want, 15)
  })

  test.each(['cosine', 'linear'] as const)(
    '%s falls and stays positive up to the end',
    (schedule) => {
      const curve = Array.from({ length: 500 }, (_, i) =>
        learningRate(config(schedule, 500), i, Math.cos),
      )
      expect(curve.every((lr, i) => lr > 0 && (i === 0 || lr < curve[i - 1]!))).toBe(true)
    },
  )

  test('cosine uses the cosine that it is given', () => {
    expect(learningRate(config('cosine'), 3, (x) => x / Math.PI)).toBe(0.25 * (1 + 3 / 8))
  })
})
