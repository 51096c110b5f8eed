/**
 * kill -9 while a model is saved: the file is always the last complete checkpoint.
 * Each call of the file system is a place to be killed at; LONG=1 adds places that chance picks.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  MicroGPT,
  Random,
  readCheckpoint,
  readSafetensors,
  writeSafetensors,
} from '../../src/index.js'
import { ModelFile } from '../../src/cli/files.js'
import { cli, start } from '../cli/program.js'
import { CLI, type Call, bundled, trace } from '../helpers/trace.js'

const LONG = process.env.LONG === '1'
const KILLS = 200
const RUNS = 12
/** The step of the model that is saved first. */
const FIRST = 100_000
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const model = join(folder, 'model')
const script = bundled(new URL('./writer.ts', import.meta.url))
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const gpt = await MicroGPT.create({ docs: ['anna', 'otto'] })
  const { metadata, tensors } = readSafetensors(gpt.save({ optimizer: true }))
  const named = Array.from(tensors, ([name, { shape, bytes }]) => {
    return { name, shape, data: new Float64Array(bytes.slice().buffer) }
  })
  const step = String(FIRST)
  writeFileSync(
    model,
    writeSafetensors(named, {
      ...Object.fromEntries(metadata),
      step,
      // The steps are far beyond num_steps, as a run with a constant schedule may be.
      docs_seen: '900000',
    }),
  )
})

/** The last step of which a writer has told that it is begun, or done. */
const toldOf = (text: string, word: string, otherwise: number) =>
  Number(text.match(new RegExp(`(?<=${word} )\\d+(?=\\n)`, 'g'))?.at(-1) ?? otherwise)

/** The step that a file holds; 0 while there is none. Anything but a whole checkpoint throws. */
function stepOf(path: string): number {
  let bytes: Uint8Array
  try {
    bytes = readFileSync(path)
  } catch {
    return 0
  }
  return readCheckpoint(bytes).step
}

/** That the next run takes the dead one's lock and sweeps. */
function expectSwept(path: string, left: string[]): void {
  new ModelFile(path).release()
  expect(readdirSync(join(path, '..'))).toEqual(left)
}

const isSave = ({ to }: Call) => to === 'saved'

describe('at each call', { timeout: 120_000 }, () => {
  test('of three saves: before it, and halfway through what it writes', async () => {
    const at = join(folder, 'each')
    mkdirSync(at)
    const path = join(at, 'saved')
    const write = (decide: Parameters<typeof trace>[2]) =>
      trace(at, [script, model, path, String(FIRST), '3'], decide)
    const { calls } = await write(() => {})
    expect(calls.filter(isSave)).toHaveLength(3)
    let torn = 0
    for (const [place, { name, path: on }] of calls.entries()) {
      for (const half of name === 'writeSync' ? [false, true] : [false]) {
        rmSync(path, { force: true })
        // After half of a write the call that follows is not made.
        const last = half ? place + 1 : place
        const { stdout, signal } = await write((_, index, child) => {
          if (index === last) child.kill('SIGKILL')
          return half && index === place ? 'short' : 'go'
        })
        const story = `killed at call ${place}, ${name} of ${on}`
        expect(signal, story).toBe('SIGKILL')
        const [begun, done] = ['begin', 'done'].map((word) => toldOf(stdout, word, 0))
        const step = stepOf(path)
        expect([begun, done], story).toContain(step)
        // The file changes by the rename, and by nothing else.
        const saves = calls.slice(0, place).filter(isSave).length
        expect(step === 0 ? 0 : step - FIRST + 1, story).toBe(saves)
        if (half && readdirSync(at).length > 2) torn++
        expectSwept(path, step === 0 ? [] : ['saved'])
      }
    }
    // Half a file was beside the whole one.
    expect(torn).toBeGreaterThan(1)
  })

  test('a run that is killed again and again ends as if it had not been', async () => {
    const at = join(folder, 'run')
    mkdirSync(at)
    const path = join(at, 'saved')
    const words = ['--steps', '120', '--samples', '0', '--quiet']
    const run = (decide: Parameters<typeof trace>[2], ...from: string[]) =>
      trace(at, [CLI, 'train', ...words, '--save-every', '1', ...from], decide)
    const kinds = /^(open|write|fsync|rename|close)Sync$/
    let reached = 0
    for (const [i, kind] of ['open', 'write', 'fsync', 'rename', 'close'].entries()) {
      let saves = 0
      // In the save that follows the third, seventh and so on: the first call of the kind.
      const { signal } = await run(
        (call, _, child) => {
          if (isSave(call)) saves++
          const here = call.path !== 'saved' && kinds.test(call.name)
          if (here && saves >= 3 + 4 * i && call.name === `${kind}Sync`) child.kill('SIGKILL')
        },
        ...(reached > 0 ? ['--resume', path] : ['--out', path]),
      )
      expect(signal).toBe('SIGKILL')
      const step = stepOf(path)
      expect(step).toBeGreaterThan(reached)
      reached = step
    }
    expect(reached).toBeLessThan(120)
    expect(await cli('train', ...words, '--resume', path)).toMatchObject({ code: 0, stderr: '' })
    const whole = join(folder, 'whole')
    expect((await cli('train', ...words, '--out', whole)).stderr).toBe('')
    expect(readFileSync(path).equals(readFileSync(whole))).toBe(true)
    expect(readdirSync(at)).toEqual(['saved'])
  })
})

const gone = (child: ChildProcess) => new Promise((resolve) => child.once('close', resolve))

describe.runIf(LONG)('at any time', { timeout: 600_000 }, () => {
  test(`${KILLS} times`, async () => {
    const random = new Random(1)
    const at = join(folder, 'any')
    mkdirSync(at)
    const path = join(at, 'saved')
    let [last, torn] = [FIRST - 1, 0]
    for (let i = 0; i < KILLS; i++) {
      const child = spawn(process.execPath, [script, model, path, String(last + 1)])
      let told = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
      const closed = gone(child)
      await new Promise((resolve) => child.stdout.once('data', resolve))
      await setTimeout(6 * random.random())
      child.kill('SIGKILL')
      await closed
      const [begun, done] = [toldOf(told, 'begin', 0), toldOf(told, 'done', last)]
      // Whole, and of the step that was saved last or was being saved.
      if (done < FIRST) continue
      last = stepOf(path)
      expect([done, begun]).toContain(last)
      if (readdirSync(at).some((name) => /^saved\.\d+\.tmp$/.test(name))) torn++
    }
    // The loop has hit what it was meant to hit.
    expect(torn).toBeGreaterThan(KILLS / 20)
    expect(last).toBeGreaterThan(FIRST + KILLS / 2)
    expectSwept(path, ['saved'])
  })

  test(`a run that is killed ${RUNS} times ends as if it had not been`, async () => {
    const words = ['--steps', '3000', '--save-every', '1', '--samples', '0', '--quiet']
    const path = join(folder, 'run of any time')
    const random = new Random(2)
    let reached = 0
    for (let i = 0; i < RUNS; i++) {
      const from = reached > 0 ? ['--resume', path] : ['--out', path]
      const child = start(['train', ...words, ...from])
      const closed = gone(child)
      for (const began = performance.now(); performance.now() - began < 20_000;) {
        await setTimeout(5)
        if (stepOf(path) > reached) break
      }
      await setTimeout(40 * random.random())
      child.kill('SIGKILL')
      await closed
      const step = stepOf(path)
      expect(step).toBeGreaterThan(reached)
      reached = step
    }
    expect(reached).toBeLessThan(3000)
    expect((await cli('train', ...words, '--resume', path)).stderr).toBe('')
    const whole = join(folder, 'whole of any time')
    const { stderr } = await cli('train', '--steps', '3000', '--samples', '0', '--out', whole)
    expect(stderr).toBe('')
    expect(readFileSync(path).equals(readFileSync(whole))).toBe(true)
  })
})
