/** kill -9 while a model is saved: what lies in the file is always a whole checkpoint, the last one. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import * as esbuild from 'esbuild'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  MicroGPT,
  Random,
  readCheckpoint,
  readSafetensors,
  writeSafetensors,
} from '../../src/index.js'
import { ModelFile } from '../../src/cli/files.js'
import { cli, start } from '../cli/program.js'

const KILLS = 200
const RUNS = 12
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
const model = join(folder, 'model')
const script = join(folder, 'writer.mjs')
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(async () => {
  const gpt = await MicroGPT.create({ docs: ['anna', 'otto'] })
  const { metadata, tensors } = readSafetensors(gpt.save({ optimizer: true }))
  const named = Array.from(tensors, ([name, { shape, bytes }]) => {
    return { name, shape, data: new Float64Array(bytes.slice().buffer) }
  })
  writeFileSync(model, writeSafetensors(named, { ...Object.fromEntries(metadata), step: '100000' }))
  await esbuild.build({
    entryPoints: [fileURLToPath(new URL('./writer.ts', import.meta.url))],
    outfile: script,
    bundle: true,
    format: 'esm',
    platform: 'node',
  })
})

const gone = (child: ChildProcess) => new Promise((resolve) => child.once('close', resolve))

test(`${KILLS} times`, { timeout: 120_000 }, async () => {
  const random = new Random(1)
  const path = join(folder, 'saved')
  let [last, torn] = [99_999, 0]
  for (let i = 0; i < KILLS; i++) {
    const child = spawn(process.execPath, [script, model, path, String(last + 1)])
    let told = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text))
    const closed = gone(child)
    await new Promise((resolve) => child.stdout.once('data', resolve))
    await setTimeout(6 * random.random())
    child.kill('SIGKILL')
    await closed
    const [begun = 0, done = last] = ['begin', 'done'].map((word) => {
      return told
        .match(new RegExp(`${word} \\d+\\n`, 'g'))
        ?.at(-1)
        ?.slice(word.length + 1)
    })
    // Whole, and of the step that was saved last or was being saved.
    if (Number(done) < 100_000) continue
    last = readCheckpoint(readFileSync(path)).step
    expect([Number(done), Number(begun)]).toContain(last)
    if (readdirSync(folder).some((name) => /^saved\.\d+\.tmp$/.test(name))) torn++
  }
  // The loop has hit what it was meant to hit.
  expect(torn).toBeGreaterThan(KILLS / 20)
  expect(last).toBeGreaterThan(100_000 + KILLS / 2)
  // The next run takes the dead one's lock and sweeps.
  new ModelFile(path).release()
  expect(readdirSync(folder).filter((name) => name.startsWith('saved'))).toEqual(['saved'])
})

test(`a run that is killed ${RUNS} times ends as if it had not been`, async () => {
  const words = ['--steps', '3000', '--save-every', '1', '--samples', '0', '--quiet']
  const path = join(folder, 'run')
  const random = new Random(2)
  let reached = 0
  for (let i = 0; i < RUNS; i++) {
    const from = reached > 0 ? ['--resume', path] : ['--out', path]
    const child = start(['train', ...words, ...from])
    const closed = gone(child)
    for (const began = performance.now(); performance.now() - began < 20_000;) {
      await setTimeout(5)
      const step = stepOf(path)
      if (step > reached) break
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
  const whole = join(folder, 'whole')
  const { stderr } = await cli('train', '--steps', '3000', '--samples', '0', '--out', whole)
  expect(stderr).toBe('')
  expect(readFileSync(path).equals(readFileSync(whole))).toBe(true)
})

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
