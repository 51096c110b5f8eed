/** Two runs of the program on one file; and no run leaves other files in its folder. */
import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test, vi } from 'vitest'
import { readCheckpoint } from '../../src/index.js'
import { CLI } from '../helpers/trace.js'
import type { Ended } from './ended.js'
import { cli, ended, environment, start } from './program.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
let homes = 0
/** On a busy machine a process may take long to start. */
const PATIENCE = { timeout: 100_000 }

function home(): string {
  const at = join(folder, String(homes++))
  mkdirSync(at)
  return at
}

const endless = (at: string) => ['train', '--steps', '100000000', '--out', join(at, 'model')]
const short = (at: string, ...more: string[]) =>
  cli('train', '--steps', '2', '--samples', '0', '--out', join(at, 'model'), ...more)

/** The process that has locked the file, according to the message of a refused run. */
function holderOf({ stderr, code, stdout }: Ended, at: string): number {
  const path = join(at, 'model')
  const [line, pid] = /^microgpt-wasm: process (\d+) writes to (.*)\n$/.exec(stderr) ?? []
  expect(line, stderr).toBe(
    `microgpt-wasm: process ${pid} writes to ${path}; wait for it, give another --out, or, if it ` +
      `is gone, delete ${path}.lock\n`,
  )
  expect([code, stdout]).toEqual([1, ''])
  return Number(pid)
}

describe('two runs on one file', () => {
  test('the second is refused, and the first continues', async () => {
    const at = home()
    const child = start(endless(at))
    const end = ended(child)
    await new Promise((resolve) => child.stdout!.once('data', resolve))
    expect(holderOf(await short(at), at)).toBe(child.pid)
    expect(child.exitCode).toBe(null)
    child.kill('SIGINT')
    expect((await end).code).toBe(130)
    expect(await short(at, '--overwrite')).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(at)).toEqual(['model'])
  })

  test('a run that is to be resumed is locked like one to write to, and can be read', async () => {
    const at = home()
    const path = join(at, 'model')
    const child = start([...endless(at), '--save-every', '1', '--quiet'])
    const end = ended(child)
    await vi.waitUntil(() => existsSync(path), PATIENCE)
    expect(holderOf(await cli('train', '--resume', path), at)).toBe(child.pid)

    // What is read is always whole, and never older than before.
    const steps: number[] = []
    const readOne = () => steps.push(readCheckpoint(readFileSync(path)).step)
    const copy = join(at, 'copy')
    const other = start(['train', '--resume', path, '--out', copy, '--save-every', '1', '--quiet'])
    const otherEnd = ended(other)
    await vi.waitUntil(() => readOne() && existsSync(copy), { ...PATIENCE, interval: 1 })
    other.kill('SIGINT')
    expect((await otherEnd).code).toBe(130)
    readOne()
    child.kill('SIGINT')
    expect((await end).code).toBe(130)
    readOne()
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    expect(steps.at(-1)).toBeGreaterThan(steps[0]!)
    // The other run has begun with one of the states in between.
    const copied = readCheckpoint(readFileSync(copy))
    expect(copied.step).toBeGreaterThan(steps[0]!)
    expect(readdirSync(at).sort()).toEqual(['copy', 'model'])
  })

  test('a killed run does not hold the lock, even as a zombie process', async () => {
    const at = home()
    // The shell replaces itself with sleep, which does not wait for the child.
    const words = ['-c', '"$@" & exec sleep 60', 'sh', process.execPath, CLI, ...endless(at)]
    const parent = spawn('sh', words, { env: environment(), stdio: ['ignore', 'pipe', 'ignore'] })
    try {
      await new Promise((resolve) => parent.stdout!.once('data', resolve))
      const pid = holderOf(await short(at), at)
      process.kill(pid, 'SIGKILL')
      expect(await short(at)).toMatchObject({ code: 0, stderr: '' })
    } finally {
      parent.kill('SIGKILL')
    }
    expect(readdirSync(at)).toEqual(['model'])
  })

  test('a file at the path of the lock is respected', async () => {
    const at = home()
    writeFileSync(join(at, 'model.lock'), '')
    const { code, stderr } = await short(at)
    expect(stderr).toMatch(/^microgpt-wasm: another program writes to .*, delete .*model\.lock\n$/)
    expect(code).toBe(1)
    expect(readdirSync(at)).toEqual(['model.lock'])
  })

  test('temporary files of other runs are removed, and no other files', async () => {
    const at = home()
    const names = ['model.12.tmp', 'model.tmp', 'model.12.tmp2', 'other.12.tmp', 'model.lock.old']
    for (const name of names) writeFileSync(join(at, name), 'x')
    expect(await short(at)).toMatchObject({ code: 0, stderr: '' })
    const left = ['model', 'model.12.tmp2', 'model.lock.old', 'model.tmp', 'other.12.tmp']
    expect(readdirSync(at).sort()).toEqual(left)
  })
})

describe('a run that fails leaves no files', () => {
  const wild = ['--learning-rate', '1000', '--weight-decay', '1000', '--lr-schedule', 'constant']
  test.each<[string, number, string[]]>([
    ['no data', 1, ['--data', 'none']],
    ['an invalid config', 2, ['--n-embd', '18']],
    ['nothing held out', 2, ['--eval-every', '5']],
    ['a model that is too large', 1, ['--n-embd', '40000']],
    ['a device instead of a file', 1, ['--resume', '/dev/null']],
    ['a loss that is not finite', 1, [...wild, '--steps', '100', '--save-every', '1000']],
    ['a server that cannot be reached', 1, ['--data', 'http://127.0.0.1:1/']],
  ])('%s', async (_, code, words) => {
    const at = home()
    const run = await cli('train', '--out', join(at, 'model'), ...words)
    // Warnings can come first.
    expect(run.stderr).toMatch(/^(microgpt-wasm: [^\n]+\n){1,3}$/)
    expect([run.code, run.stderr]).toEqual([code, run.stderr])
    expect(readdirSync(at)).toEqual([])
  })

  test('a run ended by a closed pipe leaves its checkpoint, and no lock', async () => {
    const at = home()
    const child = start([...endless(at), '--json'])
    const end = ended(child)
    await new Promise((resolve) => child.stdout!.once('data', resolve))
    child.stdout!.destroy()
    expect((await end).code).toBe(0)
    expect(readdirSync(at)).toEqual(['model'])
  })
})
