/** The product against CPython: the same losses, samples, initial parameters and gradients. */
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type ConfigInput, MicroGPT, parseDocs } from '../src/index.js'
import { NAMES } from '../src/data/names.js'
import { moduleOf } from './helpers/cores.js'

interface Golden {
  seed: number | string
  config: ConfigInput
  docs?: string[]
  num_params: number
  losses: number[]
  samples: string[]
  /** The first of the parameters, or all. */
  init_head: number[]
  grad_step0: number[]
  final_head: number[]
}

const here = (path: string) => new URL(path, import.meta.url)
const load = (path: string) => JSON.parse(readFileSync(here(path), 'utf8')) as Golden
const furthest = (got: ArrayLike<number>, want: readonly number[]) =>
  want.reduce((worst, x, i) => Math.max(worst, Math.abs(x - got[i]!)), 0)

/** Trains and samples as the golden's config says, and compares all that the golden holds. */
async function agree(golden: Golden, docs: string[], preset = 'tutorial'): Promise<void> {
  const { config } = golden
  const seed = BigInt(golden.seed)
  const gpt = await MicroGPT.create({ docs, preset, config, seed, core: moduleOf('release') })
  expect(gpt.numParams).toBe(golden.num_params)
  expect(furthest(gpt.params, golden.init_head)).toBeLessThan(1e-15)

  const losses: number[] = []
  for (const { step, loss } of gpt.train()) {
    losses.push(loss)
    if (step !== 1) continue
    const grads = [...gpt.stateDict.values()].flatMap(({ grad }) => Array.from(grad))
    expect(grads.length).toBe(golden.grad_step0.length)
    expect(furthest(grads, golden.grad_step0)).toBeLessThan(1e-14)
  }
  expect(losses.length).toBe(golden.losses.length)
  expect(furthest(losses, golden.losses)).toBeLessThan(1e-11)
  expect(furthest(gpt.params, golden.final_head)).toBeLessThan(1e-10)
  expect(gpt.sample({ count: golden.samples.length })).toEqual(golden.samples)
}

test.each(['names-tutorial-500', 'names-gist-1000'])('the shipped names: %s', (name) =>
  agree(load(`golden/${name}.json`), parseDocs(NAMES)),
)

test.each(['unicode-2x3', 'odd-3x1'])('documents of its own: %s', (name) => {
  const golden = load(`golden/${name}.json`)
  return agree(golden, golden.docs!)
})

// Not part of the repository: they lie beside it where the makemore names.txt does.
describe.runIf(existsSync(here('../../shared/golden')))('names.txt', () => {
  const docs = () => parseDocs(readFileSync(here('../../shared/data/names.txt'), 'utf8'))
  test.each(['tutorial-500', 'gist-1000'])('%s', (name) => {
    const given = JSON.parse(readFileSync(here(`../../shared/golden/${name}.json`), 'utf8'))
    const { preset, seed, num_steps } = given.config
    const [init_head, final_head] = [given.init_params, given.final_params]
    const config = { num_steps }
    return agree({ ...given, seed, config, init_head, final_head }, docs(), preset)
  })
})
