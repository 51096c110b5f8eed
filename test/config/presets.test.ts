/** The larger presets learn: docs/presets.md has the figures of longer runs. LONG=1 trains medium too. */
import { readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { MicroGPT, resolveConfig } from '../../src/index.js'
import { rateWarning } from '../../src/config/rate.js'

const folder = fileURLToPath(new URL('../../assembly', import.meta.url))
const text = readdirSync(folder)
  .filter((name) => name.endsWith('.ts'))
  .sort()
  .map((name) => readFileSync(join(folder, name), 'utf8'))
  .join('')

async function losses(preset: string, config: object): Promise<number[]> {
  const gpt = await MicroGPT.create({ text, preset, config })
  return Array.from(gpt.train(), ({ loss }) => loss)
}
const last = (all: number[]) => all.slice(-10).reduce((a, b) => a + b) / 10
const guessing = Math.log(new Set(text).size + 1)

const cases = process.env.LONG === '1' ? (['small', 'medium'] as const) : (['small'] as const)
describe.each(cases)('%s', (preset) => {
  const size = () => {
    const { n_embd, n_head, n_layer, block_size, batch_size } = resolveConfig(preset)
    return { n_embd, n_head, n_layer, block_size, batch_size }
  }

  test('never rises above guessing and one, and beats tutorial with its 0.01', async () => {
    const num_steps = 60
    const own = await losses(preset, { num_steps })
    const tutorial = await losses('tutorial', { num_steps, ...size() })
    expect(Math.max(...own)).toBeLessThan(guessing + 1)
    expect(Math.max(...tutorial)).toBeGreaterThan(Math.max(...own) + 0.5)
    expect(last(own)).toBeLessThan(last(tutorial))
    expect(last(own)).toBeLessThan(guessing - 1)
  }, 300_000)
})

test('a width and a learning rate that do not go together are warned of', () => {
  const of = (preset: string, input = {}) => rateWarning(resolveConfig(preset, input))
  for (const preset of ['tutorial', 'gist', 'small', 'medium']) expect(of(preset)).toBe(null)
  expect(of('tutorial', { n_embd: 128 })).toBe(
    'learning_rate 0.01 is high for n_embd 128 without a warm-up; try learning_rate 0.003, or warmup_steps 50',
  )
  expect(of('tutorial', { n_embd: 128, warmup_steps: 50 })).toBe(null)
  expect(of('tutorial', { n_embd: 128, learning_rate: 0.001 })).toBe(null)
})
