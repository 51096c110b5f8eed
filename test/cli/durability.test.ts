/**
 * The file system calls of a save, in order: write a temporary file, sync it, rename it and sync the
 * folder. The tests make each of the calls fail once; a full disk is tried at one call of each name,
 * and a failing one not within a row of equal calls. With LONG=1 both are tried at all of them.
 */
import { lstatSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { type Answer, CLI, type Call, type Ran, trace } from '../helpers/trace.js'

const LONG = process.env['LONG'] === '1'
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const data = join(tmpdir(), `microgpt-docs-${process.pid}.txt`)
/** The checkpoint at step 10 of 12, and the one at the end of the run. */
let old: Uint8Array
let whole: Uint8Array
let homes = 0

beforeAll(async () => {
  writeFileSync(data, 'anna\notto\n')
  const options = { docs: ['anna', 'otto'], config: { num_steps: 12 } }
  const gpt = await MicroGPT.create(options)
  for (const _step of gpt.train({ steps: 10 })) continue
  old = gpt.save({ optimizer: true })
  for (const _step of gpt.train()) continue
  whole = gpt.save({ optimizer: true })
})
afterAll(() => {
  rmSync(folder, { recursive: true })
  rmSync(data)
})

/** A new folder that contains only the checkpoint at step 10. */
function home(): string {
  const at = join(folder, String(homes++))
  mkdirSync(at)
  writeFileSync(join(at, 'model'), old)
  return at
}

const words = (at: string, ...more: string[]) => {
  const train = ['train', '--resume', join(at, 'model'), '--data', data, '--samples', '0']
  return [CLI, ...train, '--quiet', ...more]
}

/** Resumes the run to its end. The call number `place` gets `answer` instead of 'go'. */
const resumed = (at: string, place: number, answer: Answer, ...more: string[]) =>
  trace(at, words(at, ...more), (_, index) => (index === place ? answer : 'go'))

/** Likewise each call of this name for the folder, on a system. */
const withFolder = (at: string, call: string, answer: Answer, system: string) =>
  trace(at, words(at), ({ name, path }) => (name === call && path === '.' ? answer : 'go'), {
    TRACED_PLATFORM: system,
  })

const holds = (at: string, bytes: Uint8Array) =>
  Buffer.compare(readFileSync(join(at, 'model')), bytes) === 0

/** The calls on the file, its temporary file and its folder, without locking and lookups. */
function saving(calls: readonly Call[]): string[] {
  const renamed = calls.find(({ name, to }) => name === 'renameSync' && to === 'model')?.path
  const names = new Map([
    [renamed, 'temporary'],
    ['model', 'model'],
    ['.', 'folder'],
  ] as const)
  const lookups = /^(read|realpath|lstat|stat|fstat|exists|access)/
  return calls
    .filter(({ name, path }) => names.has(path) && !lookups.test(name))
    .map(({ name, path, to }) => [name.slice(0, -4), names.get(path), to].filter(Boolean).join(' '))
}

const SAVE = [
  ...['open temporary', 'fchmod temporary', 'write temporary', 'fsync temporary'],
  ...['close temporary', 'rename temporary model'],
  ...['open folder', 'fsync folder', 'close folder'],
]
/** Reading the file, before the first save. */
const READ = ['open model', 'close model']

describe('a save', () => {
  test('writes, syncs, renames and syncs the folder, each once and in this order', async () => {
    const at = home()
    const { calls, code, stderr } = await resumed(at, -1, 'go')
    expect([code, stderr]).toEqual([0, ''])
    expect(saving(calls)).toEqual([...READ, ...SAVE])
    expect(holds(at, whole)).toBe(true)
    expect(readdirSync(at)).toEqual(['model'])
    // A run that is resumed is locked before it is read: no other one can save in between.
    const locked = calls.findIndex(({ to }) => to === 'model.lock')
    const read = calls.findIndex(({ name, path }) => name === 'openSync' && path === 'model')
    expect(locked).toBeGreaterThan(-1)
    expect(read).toBeGreaterThan(locked)
  })

  test('does the same for every save', async () => {
    const at = home()
    const { calls } = await resumed(at, -1, 'go', '--save-every', '1')
    expect(saving(calls)).toEqual([...READ, ...SAVE, ...SAVE])
  })

  test('of a new file sets no file mode', async () => {
    const at = home()
    rmSync(join(at, 'model'))
    const train = ['train', '--out', join(at, 'model'), '--data', data, '--steps', '1', '--quiet']
    const { calls } = await trace(at, [CLI, ...train])
    expect(saving(calls)).toEqual(SAVE.filter((call) => !call.startsWith('fchmod')))
  })

  test('to a link replaces its target, and syncs the folder of the target', async () => {
    const at = home()
    const link = join(folder, 'link')
    symlinkSync(join(at, 'model'), link)
    const train = ['train', '--resume', link, '--data', data, '--samples', '0', '--quiet']
    const { calls, code, stderr } = await trace(at, [CLI, ...train])
    expect([code, stderr]).toEqual([0, ''])
    expect(saving(calls).slice(-SAVE.length)).toEqual(SAVE)
    expect([holds(at, whole), lstatSync(link).isSymbolicLink()]).toEqual([true, true])
  })

  test('continues after a write of only half the bytes', async () => {
    const at = home()
    const isWrite = ({ name, path }: Call) => name === 'writeSync' && !path.includes('lock')
    const { calls, code } = await trace(at, words(at), (call) => (isWrite(call) ? 'short' : 'go'))
    expect(code).toBe(0)
    expect(calls.filter(isWrite).length).toBeGreaterThan(5)
    expect(holds(at, whole)).toBe(true)
  })
})

/** Expects a complete file: the new one if the program reports success, otherwise the old one. */
function expectWhole(at: string, { code, signal, stderr, calls }: Ran, failed: number): void {
  const saved = holds(at, whole)
  expect(saved || holds(at, old)).toBe(true)
  const renamed = calls.findIndex(({ to }) => to === 'model')
  const { name, path } = calls[failed]!
  // The file is in its place, but the folder may not be on the disk.
  if (path === '.' && renamed >= 0 && renamed < failed && /^(open|fsync|close)/.test(name)) {
    expect([code, saved]).toEqual([1, true])
    expect(stderr).toMatch(/^microgpt-wasm: cannot flush [^\n]+; it is saved, but may be lost/)
    return
  }
  expect([code, signal], stderr).toEqual([saved ? 0 : 1, null])
  if (saved) expect(stderr).toBe('')
  else expect(stderr).toMatch(/^microgpt-wasm: cannot (read|write) [^\n]+\n$/)
  // Failures that are ignored: removing, closing a file that was read, and asking for free space.
  const ignored = /^(rm|statfs)/.test(name) || (name === 'closeSync' && path === 'model')
  expect(renamed < 0 || renamed <= failed || ignored).toBe(true)
}

describe('a folder that cannot be synced', () => {
  test.each([
    ['linux', 'fsyncSync', 'EINVAL', 0],
    ['linux', 'fsyncSync', 'ENOSYS', 0],
    ['linux', 'openSync', 'EACCES', 0],
    ['linux', 'fsyncSync', 'EIO', 1],
    ['linux', 'fsyncSync', 'ENOSPC', 1],
    ['linux', 'fsyncSync', 'EPERM', 1],
    ['darwin', 'fsyncSync', 'ENOTSUP', 0],
    ['darwin', 'fsyncSync', 'EIO', 1],
    ['win32', 'openSync', 'EISDIR', 0],
    ['win32', 'openSync', 'EPERM', 0],
    ['win32', 'fsyncSync', 'EPERM', 0],
    ['win32', 'fsyncSync', 'EIO', 1],
  ])('on %s, %s says %s: exit code %i', async (system, call, answer, want) => {
    const at = home()
    const { code, stderr, calls } = await withFolder(at, call, answer, system)
    expect(calls.some(({ name, path }) => name === call && path === '.')).toBe(true)
    const lost = `microgpt-wasm: cannot flush ${join(at, 'model')}: `
    if (want === 0) expect(stderr).toBe('')
    else expect(stderr.startsWith(lost) && stderr.endsWith('if the power fails now\n')).toBe(true)
    expect([code, holds(at, whole)]).toEqual([want, true])
    expect(readdirSync(at)).toEqual(['model'])
  })
})

describe('a failing call never damages the file', { timeout: 120_000 }, () => {
  const changing = /^(open|write|fsync|fchmod|rename|link|mkdir|fdatasync|ftruncate)/
  test.each<[Answer, RegExp]>([
    ['EIO', /./],
    ['ENOSPC', changing],
  ])('%s from one call at a time', async (code, which) => {
    const { calls } = await resumed(home(), -1, 'go')
    const all = calls.flatMap(({ name }, i) => (which.test(name) ? [i] : []))
    expect(all.length).toBeGreaterThan(8)
    const firsts = all.filter((i) => calls.findIndex(({ name }) => name === calls[i]!.name) === i)
    // Of many equal calls in a row, such as reads of one file, the first and the last.
    const isSame = (i: number, j: number) =>
      calls[i]?.name === calls[j]?.name && calls[i]?.path === calls[j]?.path
    const ends = all.filter((i) => !(isSame(i - 1, i) && isSame(i, i + 1)))
    for (const place of LONG ? all : code === 'EIO' ? ends : firsts) {
      const at = home()
      const ran = await resumed(at, place, code)
      const { name, path } = ran.calls[place]!
      try {
        expectWhole(at, ran, place)
        // No other file is left. If removing failed, the next run removes it.
        if (/^(rm|unlink)/.test(name)) await resumed(at, -1, 'go', '--steps', '14')
        expect(readdirSync(at)).toEqual(['model'])
      } catch (error) {
        throw new Error(`${code} of ${name} ${path}: ${(error as Error).message}`, { cause: error })
      }
    }
  })
})
