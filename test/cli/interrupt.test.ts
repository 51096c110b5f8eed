/** Signals, and readers of the output that close the pipe or do not read. */
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { type Ended, objects } from './ended.js'
import { ended, killUntilExit, stalled, start } from './program.js'

const ENDLESS = ['train', '--steps', '100000000']

/** Starts a run, waits for its first output, and sends it a signal a little later. */
async function interrupted(signal: NodeJS.Signals, ...words: string[]): Promise<Ended> {
  const child = start([...ENDLESS, ...words])
  const end = ended(child)
  await new Promise((resolve) => child.stdout!.once('data', resolve))
  await setTimeout(100)
  child.kill(signal)
  return end
}

describe('a signal ends a run after the current step', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s with --json', async (signal, code) => {
    const run = await interrupted(signal, '--json')
    const all = objects(run)
    const last = all.at(-2)!
    expect(last.type).toBe('step')
    expect(all.at(-1)).toEqual({
      type: 'end',
      steps: last.step,
      seconds: expect.any(Number),
      interrupted: true,
    })
    expect(all).toHaveLength(2 + (last.step as number))
    expect(run.stderr).toBe(`microgpt-wasm: stopped at step ${last.step} of 100000000\n`)
    expect([run.code, run.signal]).toEqual([code, null])
  })

  test('and the end has the last validation loss, also if the last step had none', async () => {
    const held = ['--val-fraction', '0.001', '--eval-every', '100']
    const child = start([...ENDLESS, '--json', ...held])
    const end = ended(child)
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (text: string) => text.includes('valLoss') && resolve())
    })
    child.kill('SIGINT')
    const all = objects(await end)
    const validated = all.findLast(({ type, valLoss }) => type === 'step' && valLoss !== undefined)
    expect(all.at(-1)).toMatchObject({ type: 'end', valLoss: validated!.valLoss })
  })

  test.each([
    ['text', []],
    ['a reference engine', ['--engine', 'value']],
  ])('SIGINT with %s', async (_, words) => {
    const run = await interrupted('SIGINT', ...words)
    expect(run.lines[2]).toBe('num params: 4064')
    expect(run.stdout).not.toContain('sample')
    expect(run.stderr).toMatch(/^microgpt-wasm: stopped at step \d+ of 100000000\n$/)
    expect([run.code, run.signal]).toEqual([130, null])
  })

  test('while sampling', async () => {
    const child = start(['train', '--steps', '1', '--samples', '100000000'])
    const end = ended(child)
    await new Promise<void>((resolve) => {
      child.stdout!.on('data', (text: string) => text.includes('sample') && resolve())
    })
    child.kill('SIGINT')
    const { code, stderr } = await end
    expect([code, stderr]).toEqual([130, 'microgpt-wasm: stopped while sampling\n'])
  })
})

test('a second signal ends a waiting run if it comes more than 1 s after the first', async () => {
  const child = start([...ENDLESS, '--json'])
  const exit = new Promise((resolve) => child.on('exit', (code, signal) => resolve([code, signal])))
  await stalled(child)
  child.kill('SIGINT')
  await setTimeout(50)
  child.kill('SIGINT')
  await setTimeout(1100)
  expect(child.exitCode).toBe(null)
  await killUntilExit(child, 'SIGINT')
  expect(await exit).toEqual([130, null])
  child.stdout!.destroy()
  child.stderr!.destroy()
})

test('a slow reader gets the complete output', async () => {
  const child = start([...ENDLESS, '--json'])
  await stalled(child)
  child.kill('SIGINT')
  const run = await ended(child)
  const steps = objects(run).filter(({ type }) => type === 'step')
  expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1))
  expect(objects(run).at(-1)).toMatchObject({ steps: steps.length, interrupted: true })
  expect(run.code).toBe(130)
})

test.each([
  ['text', ['--log-every', '1']],
  ['JSON', ['--json']],
])('closing the pipe ends the run without an error: %s', async (_, words) => {
  const child = start([...ENDLESS, ...words])
  const end = ended(child)
  await new Promise((resolve) => child.stdout!.once('data', resolve))
  child.stdout!.destroy()
  const { code, stderr } = await end
  expect([code, stderr]).toEqual([0, ''])
})
