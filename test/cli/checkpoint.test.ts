/** train --out and --resume, sample --model and inspect FILE, run as child processes. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { MicroGPT, parseDocs, readCheckpoint, readSafetensors } from '../../src/index.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'
import { ended, start } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const at = (name: string) => join(folder, name)
const read = (name: string) => readFileSync(at(name))
const stepOf = (name: string) => readCheckpoint(read(name)).step
const docs = parseDocs(NAMES)
afterAll(() => rmSync(folder, { recursive: true }))

/** Runs the program, and expects exit code 0 and an empty stderr. */
async function done(...words: string[]) {
  const run = await cli(...words)
  expect(run.stderr).toBe('')
  expect(run.code).toBe(0)
  return run
}
const train = (...words: string[]) => done('train', '--samples', '0', ...words)

/** Starts a very long run, waits for its first output, and sends a signal `ms` later. */
async function interrupted(signal: NodeJS.Signals, ms: number, ...words: string[]) {
  const child = start(['train', '--steps', '100000000', ...words])
  const end = ended(child)
  await new Promise((resolve) => child.stdout!.once('data', resolve))
  await setTimeout(ms)
  child.kill(signal)
  return end
}

describe('a resumed run writes the same file as an uninterrupted one', () => {
  test.each<[string, string[]]>([
    ['tutorial', []],
    ['gist, batches, two layers', ['--preset', 'gist', '--batch-size', '3', '--n-layer', '2']],
  ])('%s', async (name, words) => {
    const [whole, parts] = [at(`${name} whole`), at(`${name} parts`)]
    const steps = ['--steps', '60', '--seed', '-123456789012345678901234567890']
    await train(...words, ...steps, '--out', whole)
    // Uses the API, because no flag ends a run before --steps.
    const gpt = await MicroGPT.load(readFileSync(whole), { optimizer: false })
    const { preset, config } = gpt
    const first = await MicroGPT.create({ docs, preset, config, seed: BigInt(steps[3]!) })
    for (const _step of first.train({ steps: 23 })) continue
    writeFileSync(parts, first.save({ optimizer: true }))
    const run = await train('--resume', parts, '--json')
    expect(objects(run).find(({ type }) => type === 'step')).toMatchObject({ step: 24 })
    expect(objects(run).at(-1)).toMatchObject({ type: 'end', steps: 37, saved: parts })
    expect(readFileSync(parts).equals(readFileSync(whole))).toBe(true)
  })

  test('after SIGTERM', async () => {
    const words = ['--steps', '4000', '--samples', '0', '--quiet']
    const child = start(['train', ...words, '--out', at('stopped'), '--save-every', '100'])
    for (let i = 0; i < 400 && !readdirSync(folder).includes('stopped'); i++) await setTimeout(5)
    child.kill('SIGTERM')
    const { code, stderr } = await ended(child)
    expect(stderr).toMatch(/: stopped at step \d+ of 4000; .*stopped keeps it\n$/)
    expect(code).toBe(143)
    expect(stderr).toContain(`step ${stepOf('stopped')} of`)
    await train(...words, '--resume', at('stopped'))
    await train(...words, '--out', at('not stopped'))
    expect(read('stopped').equals(read('not stopped'))).toBe(true)
  })
})

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s: the current step is finished and saved', async (signal, code) => {
    const run = await interrupted(signal, 50, '--out', at(signal), '--json')
    const all = objects(run)
    const { step } = all.at(-2) as { step: number }
    expect(all.at(-1)).toMatchObject({ steps: step, interrupted: true, saved: at(signal) })
    expect(run.stderr).toBe(
      `microgpt-wasm: stopped at step ${step} of 100000000; ${at(signal)} keeps it\n`,
    )
    expect([run.code, run.signal]).toEqual([code, null])
    expect(stepOf(signal)).toBe(step)
    expect(readdirSync(folder).filter((name) => name.startsWith(`${signal}.`))).toEqual([])
  })

  test('when the reader closes the pipe, the model is saved', async () => {
    const child = start(['train', '--steps', '100000000', '--json', '--out', at('pipe')])
    const end = ended(child)
    await new Promise((resolve) => child.stdout!.once('data', resolve))
    await setTimeout(50)
    child.stdout!.destroy()
    const { code, stderr } = await end
    expect([code, stderr]).toEqual([0, ''])
    expect(stepOf('pipe')).toBeGreaterThan(0)
  })
})

describe('a loss that is not finite', () => {
  const wild = ['--learning-rate', '1000', '--weight-decay', '1000', '--lr-schedule', 'constant']
  test.each(['5', '1'])('leaves the last good model, with --save-every %s', async (every) => {
    const name = `wild ${every}`
    const words = ['--out', at(name), '--save-every', every]
    const run = await cli('train', ...wild, ...words)
    const kept = stepOf(name)
    expect(kept % Number(every)).toBe(0)
    const why = 'the loss of step \\d+ is \\S+; .*; try a smaller --learning-rate than 1000.*'
    const broken = 'after step \\d+ the model is broken: .*; try a smaller --learning-rate'
    const keeps = `; ${at(name)} keeps the model of step ${kept}`
    expect(run.stderr).toMatch(
      new RegExp(`^(?:microgpt-wasm: .*\n){1,2}microgpt-wasm: (${why}|${broken})${keeps}\n$`),
    )
    expect(run.code).toBe(1)
  })
})

describe('sample --model', () => {
  test('prints the samples that the training run printed, without its data', async () => {
    const words = ['--samples', '4', '--quiet', '--json', '--out', at('sampled')]
    const made = objects(await done('train', '--steps', '50', ...words))
    const again = objects(
      await done('sample', '--model', at('sampled'), '--count', '4', '--quiet', '--json'),
    )
    expect(again).toEqual(made)
  })

  test('accepts a prompt, a seed and a temperature', async () => {
    const words = ['sample', '--model', at('sampled'), '--count', '3']
    const { lines } = await done(...words, '--prompt', 'jo', '--top-k', '3')
    expect(lines).toHaveLength(3)
    for (const line of lines) expect(line).toMatch(/^jo/)
    const seeded = () => done(...words, '--seed', '5', '--temperature', '2')
    expect((await seeded()).lines).toEqual((await seeded()).lines)
    const { stderr, code } = await cli(...words, '--prompt', 'j0')
    expect(stderr).toMatch(/: --prompt "j0": .* is not in the alphabet: abcdefghijklm/)
    expect(code).toBe(2)
  })
})

describe('train --resume', () => {
  test('continues to a larger --steps, and saves to another file with --out', async () => {
    await train('--resume', at('sampled'), '--steps', '70', '--out', at('longer'))
    expect([stepOf('sampled'), stepOf('longer')]).toEqual([50, 70])
  })

  test('needs the same data, or --fresh', async () => {
    const data = at('data.txt')
    writeFileSync(data, 'anna\notto\n')
    const before = read('sampled')
    const words = ['train', '--resume', at('sampled'), '--data', data]
    const { code, stderr } = await cli(...words)
    expect(stderr).toMatch(/sampled: the run was trained on 2787 other documents, got 2; .*--fresh/)
    expect(code).toBe(1)
    await done(...words, '--fresh', '--steps', '3', '--samples', '0', '--out', at('fresh'))
    expect(stepOf('fresh')).toBe(3)
    // With --fresh, the file of --resume is not overwritten.
    await done(...words, '--fresh', '--steps', '3', '--samples', '0')
    expect(read('sampled').equals(before)).toBe(true)
  })
})

describe('inspect FILE', () => {
  test('shows the content of a checkpoint, without the data', async () => {
    const { lines } = await done('inspect', at('sampled'))
    expect(lines.slice(0, 6)).toEqual([
      expect.stringMatching(/sampled: \d+,\d+ bytes, F64$/),
      'step 50 of 50, seed 42',
      'alphabet: abcdefghijklmnopqrstuvwxyz',
      expect.stringMatching(/^a run that can go on: 50 documents seen, of 2787 \([0-9a-f]{16}\)$/),
      '',
      'preset tutorial: n_embd 16, n_head 4, n_layer 1, block_size 8, vocab_size 27',
    ])
    expect(lines[7]).toMatch(/^name +shape +count +mean +std +purpose$/)
    const [got] = objects(await done('inspect', at('sampled'), '--json'))
    const gpt = await MicroGPT.load(read('sampled'))
    const { data } = gpt.stateDict.get('wte')!
    const mean = data.reduce((a, b) => a + b) / data.length
    expect(got).toMatchObject({
      numParams: 4064,
      parameters: [{ name: 'wte', shape: [27, 16], mean }, {}, {}, {}, {}, {}, {}, {}, {}],
      checkpoint: { dtype: 'F64', seed: '42', step: 50, run: { docs_seen: 50 } },
    })
  })

  test('shows files with parameters only, and files of other programs', async () => {
    const gpt = await MicroGPT.load(read('sampled'))
    writeFileSync(at('alone'), gpt.save())
    expect((await done('inspect', at('alone'))).lines[3]).toMatch(/^the parameters alone: /)
    const { tensors } = readSafetensors(gpt.save())
    const header: Record<string, unknown> = {}
    let end = 0
    for (const [name, { shape }] of tensors) {
      const size = 4 * shape[0]! * shape[1]!
      header[name] = { dtype: 'F32', shape, data_offsets: [end, (end += size)] }
    }
    const text = Buffer.from(JSON.stringify(header))
    const length = Math.ceil(text.length / 8) * 8
    const file = Buffer.alloc(8 + length + end)
    file.writeBigUInt64LE(BigInt(length))
    file.fill(' ', 8, 8 + length)
    text.copy(file, 8)
    writeFileSync(at('narrow'), file)
    const { lines } = await done('inspect', at('narrow'))
    expect(lines[0]).toMatch(/ bytes, F32$/)
    expect(lines[2]).toBe('alphabet: not in the file')
    const refused = await cli('sample', '--model', at('narrow'), '--data', at('data.txt'))
    expect(refused.stderr).toMatch(/narrow: wte must be of shape/)
  })

  test('escapes control characters', async () => {
    const gpt = await MicroGPT.create({ docs: ['\x1b[2J\x07', '\x9b31m'] })
    writeFileSync(at('controls'), gpt.save({ optimizer: true }))
    for (const words of [['inspect'], ['inspect', '--json'], ['sample', '--model']]) {
      const { stdout } = await done(...words, at('controls'))
      expect(stdout.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
    }
    const bytes = Buffer.from(gpt.save())
    bytes.write('\x1b[2J', bytes.indexOf('wpe'))
    writeFileSync(at('controls'), bytes)
    const { stderr, code } = await cli('inspect', at('controls'))
    expect(stderr.trimEnd()).not.toMatch(/\p{Cc}/u)
    expect(code).toBe(1)
  })
})

describe('wrong usage gives exit code 2 and a one-line message', () => {
  const file = () => at('sampled')
  test.each<[string, () => string[], string]>([
    ['save-every', () => ['train', '--save-every', '5'], '--save-every needs --out FILE'],
    ['save-every 0', () => ['train', '--save-every', '0', '--out', 'x'], '--save-every must be a'],
    ['fresh', () => ['train', '--fresh'], '--fresh needs --resume FILE'],
    ['widen', () => ['sample', '--widen'], '--widen needs --resume or --model FILE'],
    [
      'a reference engine',
      () => ['train', '--out', 'x', '--engine', 'typed'],
      '--out needs --engine wasm',
    ],
    ['a size', () => ['train', '--resume', file(), '--n-embd', '8'], '--n-embd 8 conflicts with '],
    [
      'a preset',
      () => ['train', '--resume', file(), '--preset', 'gist'],
      '--preset gist conflicts with ',
    ],
    ['steps', () => ['sample', '--model', file(), '--steps', '5'], '--steps is for training'],
    ['data', () => ['inspect', file(), '--data', 'x'], '--data says nothing about '],
    ['two files', () => ['inspect', file(), file()], 'a flag begins with --, got '],
    [
      'encoding',
      () => ['train', '--encoding-errors', 'ignore'],
      '--encoding-errors must be one of',
    ],
  ])('%s', async (_, words, sentence) => {
    const { code, stdout, stderr } = await cli(...words())
    expect(stderr.startsWith(`microgpt-wasm: ${sentence}`), stderr).toBe(true)
    expect(stderr.indexOf('\n')).toBe(stderr.length - 1)
    expect([code, stdout]).toEqual([2, ''])
  })
})

test('--encoding-errors replace accepts malformed UTF-8', async () => {
  writeFileSync(at('latin'), Buffer.from('caf\xe9\ncafe\n', 'latin1'))
  const words = ['train', '--data', at('latin'), '--steps', '1', '--samples', '0', '--json']
  const strict = await cli(...words)
  expect(strict.stderr).toMatch(/not valid UTF-8 at line 1, byte 4 of it; .*--encoding-errors/)
  expect(strict.code).toBe(1)
  const run = await done(...words, '--encoding-errors', 'replace')
  expect(objects(run)[0]).toMatchObject({ numDocs: 2, vocabSize: 6 })
})
