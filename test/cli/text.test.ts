/** --mode text and --val-fraction, run as child processes. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { type CreateOptions, MicroGPT, type StepResult, parseDocs } from '../../src/index.js'
import { readCheckpoint, resolveConfig } from '../../src/index.js'
import { evalEveryOf } from '../../src/cli/train.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const at = (name: string) => join(folder, name)
const docs = parseDocs(NAMES)
afterAll(() => rmSync(folder, { recursive: true }))

function written(name: string, text: string): string {
  writeFileSync(at(name), text)
  return at(name)
}

/** Runs the program, and expects exit code 0 and an empty stderr. */
async function done(...words: string[]) {
  const run = await cli(...words)
  expect([run.code, run.stderr]).toEqual([0, ''])
  return run
}

/** The steps and the model of the same run with the API. */
async function expected(options: CreateOptions, steps: number, evalEvery?: number) {
  const gpt = await MicroGPT.create({ ...options, config: { num_steps: steps, ...options.config } })
  const made = [...gpt.train(evalEvery === undefined ? {} : { evalEvery })]
  return { made, gpt }
}
const asLine = (step: StepResult) => ({ type: 'step', ...step })

describe('train', () => {
  test('--mode text --json prints the same run as the API, on the names as one text', async () => {
    const words = ['--mode', 'text', '--val-fraction', '0.1', '--steps', '25']
    const [first, ...rest] = objects(await done('train', ...words, '--json'))
    const { made, gpt } = await expected({ text: NAMES, valFraction: 0.1 }, 25, 3)
    const numVal = Math.floor(NAMES.length / 10)
    expect(first).toMatchObject({ mode: 'text', numChars: NAMES.length, numVal, vocabSize: 28 })
    expect(first).not.toHaveProperty('numDocs')
    expect(rest.slice(0, 25)).toEqual(made.map(asLine))
    expect(made.filter(({ valLoss }) => valLoss !== undefined)).toHaveLength(9)
    const [text] = gpt.sample()
    expect([...text!]).toHaveLength(200)
    const { valLoss } = made.at(-1)!
    expect(rest.slice(25)).toEqual([
      { type: 'sample', index: 1, text },
      { type: 'end', steps: 25, seconds: expect.any(Number), valLoss },
    ])
  })

  test('text output shows the validation loss, and samples of several lines', async () => {
    const { lines } = await done('train', '--mode', 'text', '--val-fraction', '0.1')
    const { made, gpt } = await expected({ text: NAMES, valFraction: 0.1 }, 500, 50)
    const held = Math.floor(NAMES.length / 10)
    expect(lines[0]).toBe(`num chars: ${NAMES.length} (${held} held out)`)
    const last = made.at(-1)!
    const val = last.valLoss!.toFixed(4)
    expect(lines.slice(4, 14).map((line) => line.slice(0, 11))).toEqual(
      Array.from({ length: 10 }, (_, i) => `step ${String(50 * i + 50).padStart(4)} /`),
    )
    expect(lines[13]).toBe(`step  500 /  500 | loss ${last.loss.toFixed(4)} | val ${val}`)
    expect(lines.slice(14, -1).join('\n')).toBe(`sample  1:\n${gpt.sample()[0]}`)
    expect(lines.at(-1)).toMatch(
      new RegExp(`^500 steps in [\\d.]+ s, [\\d.]+ µs/step, validation included; val ${val}$`),
    )
  })

  test('--val-fraction holds out documents, and --eval-every sets when to validate', async () => {
    const words = ['--val-fraction', '0.25', '--steps', '20', '--samples', '2']
    const run = objects(await done('train', ...words, '--eval-every', '8', '--json'))
    const { made, gpt } = await expected({ docs, valFraction: 0.25 }, 20, 8)
    const numVal = Math.floor(docs.length / 4)
    expect(run[0]).toMatchObject({ numDocs: docs.length, numVal })
    expect(run.slice(1, 21)).toEqual(made.map(asLine))
    const texts = run.filter(({ type }) => type === 'sample').map(({ text }) => text)
    expect(texts).toEqual(gpt.sample({ count: 2 }))
    const { lines } = await done('train', ...words, '--log-every', '16', '--eval-every', '8')
    const steps = lines.filter((line) => line.startsWith('step'))
    expect(steps.map((line) => Number(line.slice(5, 9)))).toEqual([1, 8, 16, 20])
    expect(steps.map((line) => line.includes(' | val '))).toEqual([false, true, true, true])
  })

  test('--eval-every defaults to a tenth of the steps, rounded up, and with --quiet to never', () => {
    const [split, whole] = [
      { train: 9, val: 1 },
      { train: 10, val: 0 },
    ]
    const every = (num_steps: number, counts: typeof split, given?: number, quiet = false) =>
      evalEveryOf({ counts, config: resolveConfig('tutorial', { num_steps }) }, given, quiet)
    expect([1, 9, 10, 11, 500].map((n) => every(n, split))).toEqual([1, 1, 1, 2, 50])
    expect(every(500, split, 7)).toBe(7)
    expect(every(500, split, undefined, true)).toBeUndefined()
    expect(every(500, split, 7, true)).toBe(7)
    expect(every(500, whole)).toBeUndefined()
    expect(() => every(500, whole, 7)).toThrow(/needs something held out/)
  })

  test('text is read as in Python: without byte order mark, and with LF line ends', async () => {
    writeFileSync(at('crlf'), '\ufeffto be\r\nor not\rto be \n'.repeat(9))
    const words = ['--mode', 'text', '--data', at('crlf'), '--steps', '3', '--samples', '0']
    const run = objects(await done('train', ...words, '--json'))
    const text = 'to be\nor not\nto be \n'.repeat(9).replaceAll('to be \nto', 'to be \n\ufeffto')
    const { made } = await expected({ text }, 3)
    expect(run.slice(1, 4)).toEqual(made.map(asLine))
  })
})

describe('a resumed run writes the same file as an uninterrupted one', () => {
  test.each<[string, string[], CreateOptions]>([
    ['a text', ['--mode', 'text', '--val-fraction', '0.2'], { text: NAMES, valFraction: 0.2 }],
    ['documents', ['--val-fraction', '0.2'], { docs, valFraction: 0.2 }],
  ])('%s', async (name, words, options) => {
    const [whole, parts] = [at(`${name} whole`), at(`${name} parts`)]
    await done('train', ...words, '--steps', '60', '--samples', '0', '--out', whole)
    const gpt = await MicroGPT.create({ ...options, config: { num_steps: 60 } })
    for (const _step of gpt.train({ steps: 23 })) continue
    writeFileSync(parts, gpt.save({ optimizer: true }))
    // The checkpoint stores the mode and the split, so no flags are needed.
    const run = objects(await done('train', '--resume', parts, '--samples', '0', '--json'))
    expect(run.find(({ valLoss }) => valLoss !== undefined)).toMatchObject({ step: 24 })
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true)
  })

  test('--fresh starts a run that may have another split', async () => {
    const words = ['--fresh', '--val-fraction', '0.5', '--steps', '2', '--samples', '0']
    await done('train', '--resume', at('a text whole'), ...words, '--out', at('fresh'))
    expect(readCheckpoint(readFileSync(at('fresh'))).run!.valFraction).toBe(0.5)
  })
})

describe('sample', () => {
  const model = () => at('a text whole')

  test('--length sets the number of characters, after a prompt of any length', async () => {
    const words = ['sample', '--model', model(), '--length', '50', '--count', '2', '--seed', '5']
    const gpt = await MicroGPT.load(readFileSync(model()), { seed: 5 })
    const want = gpt.sample({ count: 2, length: 50 })
    expect((await done(...words)).stdout).toBe(`${want[0]}\n---------------\n${want[1]}\n`)
    const prompt = 'mariamaria'
    const again = await MicroGPT.load(readFileSync(model()), { seed: 5 })
    const texts = Array.from({ length: 2 }, () => {
      const chars = Array.from(again.generate({ prompt, length: 50, topK: 4 }), ({ char }) => char)
      return prompt + chars.join('')
    })
    const run = await done(...words, '--prompt', prompt, '--top-k', '4', '--json', '--quiet')
    expect(objects(run).map(({ text }) => text)).toEqual(texts)
  })

  test('prints one sample of 200 characters by default', async () => {
    const [only, ...more] = objects(await done('sample', '--model', model(), '--json', '--quiet'))
    expect([[...(only!.text as string)].length, more]).toEqual([200, []])
  })

  test('escapes control characters, and keeps line feeds', async () => {
    writeFileSync(at('controls'), 'a\x1b[2J\nb\t\x9b'.repeat(20))
    const words = ['--mode', 'text', '--data', at('controls'), '--steps', '5', '--length', '99']
    const { stdout } = await done('sample', ...words, '--temperature', '100')
    expect(stdout).toMatch(/\\x1b/)
    expect(stdout).toMatch(/\\x9b/)
    expect(stdout).toMatch(/\n.*\n/)
    expect(stdout.replace(/[\n\t]/g, '')).not.toMatch(/\p{Cc}/u)
  })
})

describe('inspect', () => {
  test('shows text, held-out data, and checkpoints of both modes', async () => {
    const text = await done('inspect', '--mode', 'text', '--val-fraction', '0.2')
    const [chars, held] = [NAMES.length, Math.floor(NAMES.length / 5)].map((n) => {
      return n.toLocaleString('en-US')
    })
    expect(text.lines[1]).toBe(`text of ${chars} characters, ${held} of them held out`)
    const some = await done('inspect', '--val-fraction', '0.2')
    expect(some.lines[1]).toMatch(/^documents 2,787, \d+ of them cut to block_size, 557 of them h/)
    const file = (await done('inspect', at('a text whole'))).lines
    expect(file[1]).toBe('step 60 of 60, seed 42, mode text')
    expect(file[3]).toMatch(
      /: 60 blocks seen, of a text of 19266 characters \([0-9a-f]{16}\), 0.2 of it held out$/,
    )
    const [json] = objects(await done('inspect', at('documents whole'), '--json'))
    expect(json!.checkpoint).toMatchObject({ mode: 'docs', run: { val_fraction: 0.2 } })
  })
})

describe('an error is a one-line message', () => {
  const file = () => at('a text whole')
  test.each<[string, () => string[], string, number]>([
    [
      'an unknown mode',
      () => ['train', '--mode', 'words'],
      '--mode must be one of docs, text, got "words"',
      2,
    ],
    [
      'all data held out',
      () => ['train', '--val-fraction', '1'],
      '--val-fraction must be a number from 0 below 1',
      2,
    ],
    [
      '--eval-every with nothing held out',
      () => ['train', '--eval-every', '5'],
      '--eval-every needs something held out; give',
      2,
    ],
    [
      '--eval-every 0',
      () => ['train', '--eval-every', '0', '--data', 'none'],
      '--eval-every must be a whole number from 1',
      2,
    ],
    [
      '--length of documents',
      () => ['sample', '--length', '9'],
      '--length is for --mode text: documents end by',
      2,
    ],
    [
      'text mode on a reference engine',
      () => 'train --mode text --engine value'.split(' '),
      '--mode text needs --engine wasm',
      2,
    ],
    [
      '--val-fraction on a reference engine',
      () => 'train --val-fraction .1 --engine typed'.split(' '),
      '--val-fraction needs',
      2,
    ],
    [
      '--fast on a reference engine',
      () => 'sample --fast --engine typed'.split(' '),
      '--fast needs --engine wasm',
      2,
    ],
    [
      'a mode and --vocab-size',
      () => 'inspect --mode text --vocab-size 9'.split(' '),
      '--vocab-size plans without data',
      2,
    ],
    [
      'a mode for a checkpoint',
      () => ['inspect', file(), '--mode', 'text'],
      '--mode says nothing about ',
      2,
    ],
    [
      '--val-fraction for sampling',
      () => ['sample', '--model', file(), '--val-fraction', '0'],
      '--val-fraction is for',
      2,
    ],
    [
      'another mode on resume',
      () => ['train', '--resume', file(), '--mode', 'docs'],
      `--mode docs conflicts with ${at('a text whole')}, which has text`,
      2,
    ],
    [
      'another split on resume',
      () => ['train', '--resume', file(), '--val-fraction', '.3'],
      `${at('a text whole')}: the run holds out 0.2 of its data`,
      1,
    ],
    [
      'another text on resume',
      () => ['train', '--resume', file(), '--data', at('crlf')],
      `${at('a text whole')}: the run was trained on another text, of 19266 characters`,
      1,
    ],
    [
      'a text that is too short',
      () => 'train --mode text --block-size 600 --val-fraction .99'.split(' '),
      'the text has 193 characters to train on, but a block takes 601',
      1,
    ],
    [
      'an empty text',
      () => ['train', '--mode', 'text', '--data', written('empty', '')],
      `${at('empty')}: the text is empty: give some characters`,
      1,
    ],
  ])('%s', async (_, words, sentence, exit) => {
    const { code, stdout, stderr } = await cli(...words())
    expect(stderr.startsWith(`microgpt-wasm: ${sentence}`), stderr).toBe(true)
    expect(stderr.indexOf('\n'), 'one line').toBe(stderr.length - 1)
    expect([code, stdout]).toEqual([exit, ''])
  })
})
