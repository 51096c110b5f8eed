/**
 * Signals during a save, and repeated signals: the save is finished, and the exit code is right.
 * LONG=1 sends each signal at each call.
 */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterAll, describe, expect, test } from 'vitest'
import { readCheckpoint } from '../../src/index.js'
import { CLI, type Call, trace } from '../helpers/trace.js'
import { ended, killUntilExit, stalled, start } from './program.js'

const LONG = process.env['LONG'] === '1'
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))
let homes = 0

function home(): string {
  const at = join(folder, String(homes++))
  mkdirSync(at)
  return at
}

const stepOf = (at: string) => readCheckpoint(readFileSync(join(at, 'model'))).step
const words = (at: string) => {
  const out = ['--out', join(at, 'model'), '--save-every', '1', '--samples', '0', '--quiet']
  return ['train', '--steps', '100000000', ...out]
}
const isSave = ({ to }: Call) => to === 'model'

describe('while a model is saved', { timeout: 120_000 }, () => {
  /** Sends signals to a run at call number `place` of its third save. */
  async function signalled(place: number, signals: readonly NodeJS.Signals[]) {
    const at = home()
    let [saves, after] = [0, 0]
    let name = ''
    const ran = await trace(at, [CLI, ...words(at)], (call, _, child) => {
      if (saves === 2 && call.path !== '.' && after++ === place) {
        name = call.name
        for (const signal of signals) child.kill(signal)
      }
      if (isSave(call)) saves++
    })
    return { ...ran, at, name, saves }
  }

  test.each<[string, readonly NodeJS.Signals[], number]>([
    ['SIGTERM', ['SIGTERM'], 143],
    ['SIGINT', ['SIGINT'], 130],
    ['SIGHUP', ['SIGHUP'], 129],
  ])('%s at any call: the save is finished', async (_, signals, code) => {
    const names = new Set<string>()
    // Only the exit code depends on the signal.
    const every = LONG || code === 143 ? 1 : 3
    for (let place = 0; place < 7; place += every) {
      const { at, name, ...ran } = await signalled(place, signals)
      names.add(name)
      const step = stepOf(at)
      const message = `microgpt-wasm: stopped at step ${step} of 100000000; ${join(at, 'model')} keeps it\n`
      expect(ran.stderr, name).toBe(message)
      expect([ran.code, ran.signal], name).toEqual([code, null])
      expect(step, name).toBeGreaterThan(2)
      // Every step was saved exactly once.
      expect(ran.saves, name).toBe(step)
      expect(readdirSync(at), name).toEqual(['model'])
    }
    for (const name of every > 1 ? [] : ['openSync', 'writeSync', 'fsyncSync', 'renameSync']) {
      expect([...names]).toContain(name)
    }
  })

  test.each<[NodeJS.Signals, NodeJS.Signals]>([
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
    ['SIGINT', 'SIGINT'],
  ])('%s and immediately %s: the save is finished', async (...signals) => {
    for (const place of [0, 3, 5]) {
      const { at, code, saves } = await signalled(place, signals)
      // The operating system may deliver the two signals in either order.
      expect([130, 143]).toContain(code)
      expect(stepOf(at)).toBe(saves)
      expect(readdirSync(at)).toEqual(['model'])
    }
  })
})

describe('a second signal', () => {
  test.each<[NodeJS.Signals, NodeJS.Signals]>([
    ['SIGINT', 'SIGTERM'],
    ['SIGTERM', 'SIGINT'],
  ])('%s, then %s, ends a run that waits for its reader', async (first, second) => {
    const at = home()
    const out = ['--out', join(at, 'model')]
    const child = start(['train', '--steps', '100000000', '--json', ...out])
    const exit = new Promise((resolve) => {
      child.on('exit', (code, signal) => resolve([code, signal]))
    })
    await stalled(child)
    child.kill(first)
    // After the first signal the run saves, then waits for its reader.
    for (let i = 0; i < 200 && !readdirSync(at).includes('model'); i++) await setTimeout(25)
    const step = stepOf(at)
    await setTimeout(1100)
    expect(child.exitCode).toBe(null)
    await killUntilExit(child, second)
    expect(await exit).toEqual([first === 'SIGINT' ? 130 : 143, null])
    expect(stepOf(at)).toBe(step)
    child.stdout!.destroy()
    child.stderr!.destroy()
    const next = ['train', '--resume', join(at, 'model'), '--steps', String(step + 1), '--quiet']
    expect(await ended(start(next))).toMatchObject({ code: 0, stderr: '' })
    expect(readdirSync(at)).toEqual(['model'])
  })
})
