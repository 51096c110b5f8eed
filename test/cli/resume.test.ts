/** train --resume: a complete run, conflicting flags, and other data. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/index.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (name: string) => join(folder, name)
const model = at('model')
const data = at('names.txt')
let bytes: Buffer

beforeAll(async () => {
  writeFileSync(data, 'anna\notto\nina\nnoah\n')
  writeFileSync(at('digits.txt'), '123\n456\n')
  const run = await cli('train', '--data', data, '--steps', '5', '--samples', '0', '--out', model)
  expect(run.code).toBe(0)
  bytes = readFileSync(model)
})

const resume = (...more: string[]) => cli('train', '--resume', model, '--data', data, ...more)
const refused = (run: Awaited<ReturnType<typeof cli>>, sentence: RegExp, code = 2) => {
  expect(run.stderr).toMatch(sentence)
  expect([run.code, run.stdout]).toEqual([code, ''])
  expect(readFileSync(model).equals(bytes)).toBe(true)
}

describe('a complete run', () => {
  test.each([[[]], [['--learning-rate', '0.5']], [['--steps', '3']], [['--out', at('new')]]])(
    'is not resumed: %s',
    async (more) => {
      const steps = more.includes('3') ? 3 : 5
      refused(
        await resume(...more),
        RegExp(`model is already at step 5 of ${steps}; raise --steps`),
      )
    },
  )

  test('with --json reports 0 steps, and exits with 0', async () => {
    const run = await resume('--json', '--samples', '0')
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(objects(run).at(-1)).toMatchObject({ type: 'end', steps: 0 })
    expect(readFileSync(model).equals(bytes)).toBe(true)
  })
})

describe('a conflicting flag is reported with both values', () => {
  test.each<[string[], RegExp]>([
    [['--n-embd', '32'], /--n-embd 32 conflicts with .*model, which has 16; leave it out/],
    [['--preset', 'gist'], /--preset gist conflicts with .*model, which has "tutorial"/],
    [['--activation', 'relu'], /--activation relu conflicts with .*, which has "relu2"/],
    [['--mode', 'text'], /--mode text conflicts with .*model, which has docs/],
  ])('%s', async (more, sentence) => refused(await resume('--steps', '9', ...more), sentence))

  test('flags equal to the stored values are accepted', async () => {
    const same = [
      '--n-embd',
      '16',
      '--preset',
      'tutorial',
      '--activation',
      'relu2',
      '--mode',
      'docs',
    ]
    const run = await resume('--steps', '7', '--out', at('same'), '--samples', '0', ...same)
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(readCheckpoint(readFileSync(at('same'))).step).toBe(7)
  })

  test('for other data, train suggests --fresh, and sample, which lacks it, does not', async () => {
    const other = at('digits.txt')
    refused(await cli('train', '--resume', model, '--data', other, '--steps', '9'), /--fresh/, 1)
    const run = await cli('sample', '--model', model, '--data', other)
    expect(run.stderr).not.toContain('--fresh')
    refused(run, /model: .*leave out --data/, 1)
  })

  test('for a prompt that is too long, sample --model does not suggest --block-size', async () => {
    const run = await cli('sample', '--model', model, '--prompt', 'annaannaann')
    refused(run, /--prompt takes at most 7 characters .*shorten it\n/)
  })
})

test('--threads counts for a run that is resumed, and for a new one from its parameters', async () => {
  const words = ['--steps', '7', '--threads', '2', '--json', '--samples', '0']
  for (const more of [[], ['--fresh']]) {
    const run = await resume(...words, ...more, '--out', at(`threads${more.length}`))
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(objects(run)[0]).toMatchObject({ type: 'start', threads: 2 })
  }
})

test('the start of a run from a file tells what the file has, with no flag repeated', async () => {
  const [gist, out] = [at('gist'), ['--json', '--out', at('other')]]
  const made = ['--preset', 'gist', '--seed', '7', '--n-layer', '2', '--block-size', '5']
  const first = await cli('train', '--data', data, ...made, '--steps', '2', '--json', '--out', gist)
  const { config, ...facts } = objects(first)[0]!
  expect(facts).toMatchObject({ preset: 'gist', seed: '7', engine: 'wasm', numDocs: 4 })
  const words = ['--data', data, '--steps', '4', '--samples', '0', ...out, '--overwrite']
  for (const more of [[], ['--fresh']]) {
    const run = await cli('train', '--resume', gist, ...words, ...more)
    const longer = { ...(config as object), num_steps: 4 }
    expect(objects(run)[0]).toEqual({ ...facts, config: longer })
  }
  const sample = await cli('sample', '--model', gist, '--data', data, '--count', '1', '--json')
  expect(objects(sample)[0]).toEqual({ ...facts, config })
})

test('--fresh reports a character that is not in the alphabet', async () => {
  const words = ['--resume', model, '--fresh', '--data', at('digits.txt')]
  refused(await cli('train', ...words), /"1" is not in the alphabet: ahinot/, 1)
})
