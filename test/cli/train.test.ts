/** train: its output, which has the same numbers as the API. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { parseDocs } from '../../src/data/text.js'
import { MicroGPT, type StepResult } from '../../src/gpt/microgpt.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'

const docs = parseDocs(NAMES)
const HEADER = [`num docs: ${docs.length}`, 'vocab size: 27', 'num params: 4064']

/** The losses and samples of the same run with the API. */
async function expected(steps: number, count: number, options: { preset?: string; seed?: bigint }) {
  const gpt = await MicroGPT.create({ docs, config: { num_steps: steps }, ...options })
  const made = [...gpt.train()]
  return { made, samples: gpt.sample({ count }), config: gpt.config }
}

const asLine = ({ step, loss, lr }: StepResult) => ({ type: 'step', step, loss, lr })

test('--json prints every step and sample, the same as the API at full precision', async () => {
  const run = await cli('train', '--json', '--steps', '20', '--samples', '3')
  const { made, samples, config } = await expected(20, 3, {})
  const [first, ...rest] = objects(run)
  expect(first).toEqual({
    type: 'start',
    numDocs: docs.length,
    numCut: docs.filter((doc) => doc.length > 7).length,
    vocabSize: 27,
    numParams: 4064,
    config,
    preset: 'tutorial',
    seed: '42',
    engine: 'wasm',
  })
  expect(rest.slice(0, 20)).toEqual(made.map(asLine))
  const sampled = samples.map((text, i) => ({ type: 'sample', index: i + 1, text }))
  expect(rest.slice(20, 23)).toEqual(sampled)
  expect(rest.slice(23)).toEqual([{ type: 'end', steps: 20, seconds: expect.any(Number) }])
  expect([run.code, run.stderr]).toEqual([0, ''])
})

test('text output has the lines of microgpt.py', async () => {
  const { lines, code, stderr } = await cli('train')
  const { made, samples } = await expected(500, 20, {})
  const line = (step: number) => {
    const loss = made[step - 1]!.loss.toFixed(4)
    return `step ${String(step).padStart(4)} /  500 | loss ${loss}`
  }
  const [first, ...header] = HEADER
  expect(lines.slice(0, 3)).toEqual([`${first} (424 cut to block_size 8)`, ...header])
  const steps = [1, 50, 100, 150, 200, 250, 300, 350, 400, 450, 500]
  expect(lines.slice(3, 14)).toEqual(steps.map(line))
  const sampled = samples.map((text, i) => `sample ${String(i + 1).padStart(2)}: ${text}`)
  expect(lines.slice(14, 34)).toEqual(sampled)
  expect(lines.slice(34)).toEqual([
    expect.stringMatching(/^500 steps in [\d.]+ s, [\d.]+ µs\/step$/),
  ])
  expect([code, stderr]).toEqual([0, ''])
})

test.each([
  ['1', 7, [1, 2, 3, 4, 5, 6, 7]],
  ['3', 7, [1, 3, 6, 7]],
  ['100', 7, [1, 7]],
])('--log-every %s with %i steps', async (every, steps, want) => {
  const { lines } = await cli('train', '--log-every', every, '--steps', `${steps}`, '--samples=0')
  expect(lines.slice(3, -1).map((line) => Number(line.slice(5, 9)))).toEqual(want)
})

test('--quiet prints only the samples, as text and as JSON', async () => {
  const words = ['train', '--steps', '3', '--samples', '2', '--quiet']
  const { samples } = await expected(3, 2, {})
  const text = await cli(...words)
  expect(text.lines).toEqual(samples.map((sample, i) => `sample  ${i + 1}: ${sample}`))
  const json = await cli(...words, '--json')
  expect(objects(json)).toEqual(
    samples.map((sample, i) => ({ type: 'sample', index: i + 1, text: sample })),
  )
})

test('both spellings of a flag, a preset, and a seed beyond 2^53', async () => {
  const seed = '123456789012345678901234567890'
  const size = { '--n_embd': '8', '--n-head': '2', '--block_size': '5', '--num_steps': '2' }
  const words = Object.entries({ ...size, '--preset': 'gist', '--seed': seed }).flat()
  const [first, ...rest] = objects(await cli('train', '--json', '--samples=0', ...words))
  expect(first).toMatchObject({
    preset: 'gist',
    seed,
    config: { n_embd: 8, n_head: 2, block_size: 5, num_steps: 2, activation: 'relu' },
  })
  const config = { n_embd: 8, n_head: 2, block_size: 5, num_steps: 2 }
  const gpt = await MicroGPT.create({ docs, preset: 'gist', config, seed: BigInt(seed) })
  expect(rest.slice(0, 2)).toEqual(Array.from(gpt.train(), asLine))
})

test('a negative seed is a value, not a flag', async () => {
  const losses = async (...seed: string[]) =>
    objects(await cli('train', '--json', '--steps=1', ...seed))[1]!.loss
  expect(await losses('--seed', '-7')).toBe(await losses('--seed=7'))
})

test.each(['value', 'typed'])('--engine %s has the same losses and samples', async (engine) => {
  const run = await cli('train', '--json', '--steps', '5', '--samples', '2', '--engine', engine)
  const { made, samples } = await expected(5, 2, {})
  const all = objects(run)
  expect(all[0]).toMatchObject({ engine, numParams: 4064 })
  for (const [i, { loss }] of made.entries()) {
    expect(Math.abs((all[i + 1]!.loss as number) - loss)).toBeLessThan(1e-11)
  }
  expect(all.filter(({ type }) => type === 'sample').map(({ text }) => text)).toEqual(samples)
})

test('a run that diverges prints its steps, then exits with 1', async () => {
  const wild = ['--learning-rate', '1000', '--weight-decay', '1000', '--lr-schedule', 'constant']
  const run = await cli('train', '--json', ...wild)
  expect(run.code).toBe(1)
  expect(run.stderr).toMatch(
    /^(microgpt-wasm: .*\n){1,2}microgpt-wasm: the loss of step 14 is Infinity; .*\n$/,
  )
  expect(objects(run).map(({ type }) => type)).toEqual(['start', ...Array(13).fill('step')])
})

test('--threads does not change the results, and a run can resume with another number', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'threads-'))
  const at = (name: string) => join(folder, `${name}.safetensors`)
  const flags = '--batch-size 7 --quiet --samples 2'.split(' ')
  const run = (...words: string[]) => cli('train', ...flags, ...words)
  const whole = await run('--steps', '12', '--threads', '1', '--out', at('whole'))
  const three = await run('--steps', '12', '--threads', '3', '--out', at('three'))
  expect([whole.code, three.code]).toEqual([0, 0])
  expect(three.stdout).toBe(whole.stdout)
  expect(readFileSync(at('three')).equals(readFileSync(at('whole')))).toBe(true)

  // Five of the same 12 steps, saved as if the run had been stopped.
  const gpt = await MicroGPT.create({ docs, config: { num_steps: 12, batch_size: 7 }, threads: 2 })
  for (const _ of gpt.train({ steps: 5 }));
  writeFileSync(at('part'), gpt.save({ optimizer: true }))
  gpt.free()
  const rest = await cli(
    'train',
    '--resume',
    at('part'),
    '--threads',
    '1',
    '--quiet',
    '--samples',
    '2',
  )
  expect(rest.stderr).toBe('')
  expect(rest.stdout).toBe(whole.stdout)
  expect(readFileSync(at('part')).equals(readFileSync(at('whole')))).toBe(true)
  rmSync(folder, { recursive: true })
})

test('--threads auto prints the number of threads if it is more than one', async () => {
  const large = '--n-embd 64 --block-size 32 --batch-size 16 --steps 1 --samples 0'.split(' ')
  const many = await cli('train', ...large)
  const threads = Math.min(availableParallelism(), 16)
  expect(many.lines.includes(`threads: ${threads}`)).toBe(threads > 1)
  const [start] = objects(await cli('train', '--json', ...large))
  expect(start!.threads).toBe(threads > 1 ? threads : undefined)
  const small = await cli('train', '--steps', '1', '--samples', '0')
  expect(small.stdout).not.toContain('threads')
})
