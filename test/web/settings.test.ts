/** Settings in a link: what is read, what is refused with which message, and what is written. */
import { expect, test } from 'vitest'
import { FIELDS } from '../../src/config/hyperparameters.js'
import { PRESETS } from '../../src/config/config.js'
import { loadCore } from '../../src/engine/core.js'
import { checkSeed, memoryOf, parseField, readHash, toHash } from '../../src/web/settings.js'
import type { Settings } from '../../src/web/page-api.js'

const core = await loadCore()

/** Reads the settings of a link, and checks that a model with 27 tokens fits the page. */
function read(hash: string) {
  const settings = readHash(hash)
  if (settings) memoryOf(core, settings, 27)
  return settings
}

test.each(['', '#', '#train', '#race'])('%j contains no settings', (hash) => {
  expect(read(hash)).toBeNull()
})

test.each<[string, Partial<Settings>]>([
  ['#preset=gist', { preset: 'gist' }],
  ['#seed=7', { seed: '7' }],
  ['seed=7', { seed: '7' }],
  ['#seed=-123456789012345678901234567890', { seed: '-123456789012345678901234567890' }],
  ['#n_embd=32&n_head=2', { config: { n_embd: 32, n_head: 2 } }],
  ['#learning_rate=1e-3', { config: { learning_rate: 0.001 } }],
  ['#lr_schedule=linear', { config: { lr_schedule: 'linear' } }],
  ['#zero_init_projections=false', { config: { zero_init_projections: false } }],
  ['#grad_clip=off', { config: { grad_clip: null } }],
  ['#grad_clip=', { config: { grad_clip: null } }],
  ['#grad_clip=1.5', { config: { grad_clip: 1.5 } }],
  ['#temperature=0', { config: { temperature: 0 } }],
])('%s is read', (hash, settings) => {
  expect(read(hash)).toEqual({ preset: 'tutorial', config: {}, seed: '42', ...settings })
})

test.each([
  ['#n_embd=', 'n_embd'],
  ['#n_embd=+16', 'n_embd'],
  ['#n_embd=16.', 'n_embd'],
  ['#n_embd= 16', 'n_embd'],
  ['#n_embd=1_6', 'n_embd'],
  ['#n_embd=NaN', 'n_embd'],
  ['#n_embd=16.5', 'n_embd'],
  ['#n_embd=0', 'n_embd'],
  ['#n_layer=off', 'n_layer'],
  ['#activation=swish', 'activation'],
  ['#zero_init_projections=1', 'zero_init_projections'],
  ['#seed=1.0', 'seed'],
  ['#seed=', 'seed'],
  [`#seed=${'1'.repeat(101)}`, 'seed'],
  ['#head_dim=4', 'head_dim'],
  ['#toString=4', 'toString'],
  ['#seed=1&seed=1', 'seed'],
  ['#preset=gist&n_embd=18', 'n_embd'],
])('%s is refused, and the message names %s', (hash, name) => {
  expect(() => read(hash)).toThrow(name)
})

test.each([
  ['#speed=9', /^there is no setting "speed"$/],
  ['#__proto__=1', /^there is no setting "__proto__"$/],
  [
    '#preset=constructor',
    /^preset must be one of tutorial, gist, small, medium, got "constructor"$/,
  ],
  ['#seed=1e3', /^seed must be a whole number, got "1e3"; try 42$/],
  ['#n_embd=18', /n_embd.*18.*n_head.*4.*16 or 20$/],
  ['#n_embd=0x10', /^n_embd must be a number, got "0x10"$/],
  ['#n_embd=16&n_embd=8', /^it names "n_embd" twice$/],
  ['#n_embd=60000', /^this model needs .* of memory/],
  ['#zero_init_projections=yes', /must be true or false, got "yes"$/],
  ['#learning_rate=1e999', /^learning_rate must be/],
  ['#<img src=x onerror=alert(1)>=1', /^there is no setting "<img src"$/],
])('%s is refused with its message', (hash, sentence) => {
  expect(() => read(hash)).toThrow(sentence)
})

test('a long value is shortened in the message', () => {
  const long = 'x'.repeat(1000)
  for (const hash of [`#n_embd=${long}`, `#${long}=1`, `#seed=${long}`]) {
    try {
      read(hash)
      expect.unreachable(hash)
    } catch (error) {
      expect((error as Error).message.length).toBeLessThan(100)
    }
  }
})

test('a model of up to 1 GiB is accepted, and a larger one is not', () => {
  const refusal = (block_size: number) => {
    try {
      read(`#n_embd=4&n_head=1&block_size=${block_size}`)
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  let [fits, refused] = [1, 65_536]
  while (refused - fits > 1) {
    const middle = (fits + refused) >> 1
    if (refusal(middle) === '') fits = middle
    else refused = middle
  }
  expect(refusal(refused)).toMatch(/needs 1\.0 GiB of memory, and the page allows 1\.0 GiB$/)
  expect(refusal(65_536)).toMatch(/needs \d.* of memory, and the page allows 1\.0 GiB$/)
})

test.each<[Settings, string]>([
  [{ preset: 'tutorial', config: {}, seed: '42' }, '#preset=tutorial&seed=42'],
  [{ preset: 'gist', config: { n_embd: 16 }, seed: '-1' }, '#preset=gist&seed=-1'],
  [
    { preset: 'tutorial', config: { n_embd: 8, grad_clip: 2, n_head: 4 }, seed: '0' },
    '#preset=tutorial&seed=0&n_embd=8&grad_clip=2',
  ],
  [
    { preset: 'tutorial', config: { num_steps: 7, learning_rate: 0.5, n_layer: 2 }, seed: '0' },
    '#preset=tutorial&seed=0&n_layer=2&learning_rate=0.5&num_steps=7',
  ],
])('%j is written as %s', (settings, hash) => expect(toHash(settings)).toBe(hash))

test('fields that differ from the preset are written and read back', () => {
  const { tutorial } = PRESETS
  const wanted: Settings = {
    preset: 'gist',
    config: { ...tutorial, grad_clip: 0.25, learning_rate: 0.1 + 0.2 },
    seed: '99999999999999999999',
  }
  const again = read(toHash(wanted))!
  expect(again.seed).toBe(wanted.seed)
  for (const name of Object.keys(FIELDS) as (keyof typeof FIELDS)[]) {
    const value = again.config[name] ?? PRESETS.gist[name]
    expect(value, name).toBe(wanted.config[name])
  }
})

test('a field is parsed from text', () => {
  expect(parseField('n_embd', FIELDS.n_embd, '1e2')).toBe(100)
  expect(parseField('n_embd', FIELDS.n_embd, '-2.5E+1')).toBe(-25)
  expect(() => parseField('n_embd', FIELDS.n_embd, '"<b>')).toThrow(
    'n_embd must be a number, got "\\"<b>"',
  )
  expect(() => parseField('z', FIELDS.zero_init_projections, 'yes')).toThrow(
    'z must be true or false, got "yes"',
  )
  expect(checkSeed(`-${'9'.repeat(100)}`)).toHaveLength(101)
})
