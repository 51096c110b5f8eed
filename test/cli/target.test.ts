/** --out: no other file is replaced by accident, and every name that the disk accepts works. */
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync } from 'node:fs'
import { rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/index.js'
import { inProcess as cli } from './in-process.js'
import { ended, start } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
const TEXT = 'anna\notto\nina\n'
let trained: Buffer
let homes = 0

beforeAll(async () => {
  const at = join(folder, 'trained')
  expect((await cli('train', '--steps', '3', '--samples', '0', '--out', at)).code).toBe(0)
  trained = readFileSync(at)
})

/** A new folder with a text file, links to it, another file, a trained model and a subfolder. */
function home(): string {
  const at = join(folder, `home ${homes++}`)
  mkdirSync(at)
  writeFileSync(join(at, 'names.txt'), TEXT)
  symlinkSync('names.txt', join(at, 'symbolic'))
  linkSync(join(at, 'names.txt'), join(at, 'hard'))
  writeFileSync(join(at, 'other.txt'), 'a diary\n')
  writeFileSync(join(at, 'model'), trained)
  mkdirSync(join(at, 'sub'))
  return at
}

const train = (at: string, out: string, ...more: string[]) =>
  cli(
    'train',
    '--data',
    join(at, 'names.txt'),
    '--steps',
    '2',
    '--samples',
    '0',
    '--out',
    out,
    ...more,
  )

describe('--out is refused with exit code 2 before anything is written', () => {
  test.each<[string, string, string[], RegExp]>([
    ['the data', 'names.txt', [], /is the file of --data/],
    ['the data, even with --overwrite', 'names.txt', ['--overwrite'], /is the file of --data/],
    ['the data by another path', 'sub/../names.txt', ['--overwrite'], /is the file of --data/],
    ['a symbolic link to the data', 'symbolic', ['--overwrite'], /is the file of --data/],
    ['a hard link to the data', 'hard', ['--overwrite'], /is the file of --data/],
    ['another file', 'other.txt', [], /is not a checkpoint of this program/],
    ['another file, even with --overwrite', 'other.txt', ['--overwrite'], /is not a checkpoint/],
    ['another model', 'model', [], /exists already; give --overwrite/],
    ['a folder', 'sub', ['--overwrite'], /is a folder/],
    ['a name that ends like a folder', 'new/', [], /names a folder/],
  ])('%s', async (_, name, more, sentence) => {
    const at = home()
    const before = readdirSync(at)
    const run = await train(at, `${at}/${name}`, ...more)
    expect(run.stderr).toMatch(sentence)
    expect(run.stderr.trim().split('\n')).toHaveLength(1)
    expect([run.code, run.stdout]).toEqual([2, ''])
    expect(readdirSync(at)).toEqual(before)
    expect(readFileSync(join(at, 'names.txt'), 'utf8')).toBe(TEXT)
    expect(readFileSync(join(at, 'other.txt'), 'utf8')).toBe('a diary\n')
    expect(readFileSync(join(at, 'model')).equals(trained)).toBe(true)
  })

  test('an empty name', async () => {
    const run = await cli('train', '--out', '')
    expect([run.code, run.stderr]).toEqual([
      2,
      'microgpt-wasm: --out needs the name of a file, got ""\n',
    ])
  })

  test('another model, when resuming', async () => {
    const at = home()
    writeFileSync(join(at, 'second'), trained)
    const words = ['--resume', join(at, 'model'), '--steps', '5', '--samples', '0', '--quiet']
    const other = await cli('train', ...words, '--out', join(at, 'second'))
    expect([other.code, other.stderr]).toEqual([2, expect.stringMatching(/exists already/)])
    const own = await cli('train', ...words, '--out', join(at, 'model'))
    expect([own.code, own.stderr]).toEqual([0, ''])
  })
})

test('--overwrite replaces a model', async () => {
  const at = home()
  const run = await train(at, join(at, 'model'), '--overwrite')
  expect([run.code, run.stderr]).toEqual([0, ''])
  expect(readCheckpoint(readFileSync(join(at, 'model'))).step).toBe(2)
})

test('a run that is stopped at step 0 replaces nothing', async () => {
  const at = home()
  const out = join(at, 'model')
  // The lock is taken before the model is created: the signal usually comes before step 1.
  const child = start(['train', '--out', out, '--overwrite', '--steps', '1000000', '--json'])
  const end = ended(child)
  for (let i = 0; i < 400 && !readdirSync(at).includes('model.lock'); i++) await setTimeout(5)
  child.kill('SIGINT')
  const { code, stderr } = await end
  expect(code).toBe(130)
  const kept = readCheckpoint(readFileSync(out))
  // Either still the trained model, or a new one with at least one step.
  expect(kept.step).toBeGreaterThan(0)
  if (/step 0 of/.test(stderr)) expect(stderr).toContain('stays as it was')
})

describe('a file name', () => {
  test.each([
    ['of 255 bytes', 'x'.repeat(255)],
    ['of 248 bytes', 'x'.repeat(248)],
    ['of 63 characters of 4 bytes', '\ud83d\ude00'.repeat(63)],
    ['of 101 bytes', 'x'.repeat(101)],
  ])('%s works, and no other files are left', async (_, name) => {
    const at = home()
    const before = readdirSync(at)
    const run = await train(at, join(at, name))
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(readdirSync(at).sort()).toEqual([...before, name].sort())
  })

  test('of 256 bytes is refused before training', async () => {
    const at = home()
    const run = await train(at, join(at, 'x'.repeat(256)))
    expect([run.code, run.stdout]).toEqual([1, ''])
    expect(run.stderr).toMatch(/the name is too long/)
  })
})
