/**
 * Any JSON as a config, and any value in each of its fields: a ConfigError, or it works. LONG=1 tries
 * more of them.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as api from '../src/index.js'
import { moduleOf } from './helpers/cores.js'

const { ArenaError, ConfigError, FIELDS, MicroGPT, PRESETS, resolveConfig } = api
const LONG = process.env['LONG'] === '1'
const RUNS = LONG ? 2000 : 700
const ODD = [NaN, Infinity, -Infinity, -1, -0, 0, 0.5, 2 ** 53, 1e-323, '', '1', null, true, [], {}]

/** A config, or undefined for one that is correctly rejected. */
function resolved(preset: unknown, input: unknown): Readonly<api.Config> | undefined {
  try {
    return resolveConfig(preset as string, input as api.ConfigInput)
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error
    expect(error.message).toMatch(/^[^\n]{10,400}$/)
    return undefined
  }
}

/** Trains and samples with a config, if memory allows it. */
async function works(config: Readonly<api.Config>): Promise<void> {
  const fits = { n_embd: 64, n_layer: 4, block_size: 64, batch_size: 8 }
  const small = Object.entries(fits).every(([field, most]) => config[field as 'n_embd'] <= most)
  if (!small) return
  const options = { docs: ['ab', 'cab'], config, core: moduleOf('release') }
  const gpt = await MicroGPT.create(options).catch((error: unknown) => {
    expect(error).toBeInstanceOf(ArenaError)
  })
  if (!gpt) return
  try {
    expect([...gpt.train({ steps: 2 })]).toHaveLength(2)
    expect(gpt.sample({ count: 1 })).toHaveLength(1)
    gpt.save({ optimizer: true })
  } catch (error) {
    // A rate of 1,000 may make a model diverge, which is an error.
    if (!(error instanceof api.TrainingError || error instanceof api.CheckpointError)) throw error
  }
}

test('any JSON', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const empty = JSON.stringify(value) === '{}'
      expect(resolved('tutorial', value)).toEqual(empty ? PRESETS.tutorial : undefined)
      expect(resolved(value, {})).toBe(undefined)
    }),
    { numRuns: 1000 },
  )
  expect(resolved(['gist'], {})).toBe(undefined)
})

test('any values in the fields', async () => {
  const number = fc.oneof(fc.double(), fc.integer(), fc.nat(20), fc.constantFrom(...ODD))
  const field = fc.oneof(number, fc.constantFrom('relu', 'relu2', 'linear', 'constant', false))
  const fields = Object.keys(FIELDS)
  const config = fc.dictionary(fc.constantFrom(...fields), field, { maxKeys: 4 })
  let taken = 0
  await fc.assert(
    fc.asyncProperty(config, async (input) => {
      const made = resolved('gist', input)
      if (!made) return
      taken++
      for (const [name, value] of Object.entries(input)) {
        // A zero loses its sign.
        expect(made[name as 'n_embd']).toBe(value === 0 ? 0 : value)
      }
      await works(made)
    }),
    { numRuns: RUNS },
  )
  expect(taken).toBeGreaterThan(RUNS / 7)
})

test.each(['n_embd', 'temperature', 'grad_clip', 'num_steps'])(
  'numbers close to %s',
  async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.double({ min: 0 }), fc.nat(10)), async (value) => {
        const made = resolved('tutorial', { n_head: 1, [name]: value })
        if (made) await works(made)
      }),
      { numRuns: RUNS / 10 },
    )
  },
)

test.each([-1, NaN, Infinity, -Infinity, '1', null, 2 ** 53])(
  'a temperature of %s is always rejected',
  async (temperature) => {
    const gpt = await MicroGPT.create({ docs: ['ab'], core: moduleOf('release') })
    const given = { temperature: temperature as number }
    expect(() => gpt.sample(given)).toThrow(ConfigError)
    expect(() => [...gpt.generate(given)]).toThrow(ConfigError)
  },
)

test('temperature 0 is greedy, and a tiny one the same without overflow', async () => {
  const gpt = await MicroGPT.create({ docs: ['abba', 'cab', 'dad'], core: moduleOf('release') })
  for (const _step of gpt.train({ steps: 50 })) continue
  const greedy = gpt.sample({ count: 3, temperature: 0 })
  expect(new Set(greedy).size).toBe(1)
  for (const temperature of [5e-324, 1e-300, 1e-100]) {
    expect(gpt.sample({ count: 3, temperature })).toEqual(greedy)
  }
})
