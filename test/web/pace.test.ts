/** How long a run takes at the pace of a first visit, by a clock that only timers advance. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { WATCH } from '../../src/web/app.js'
import { Follower } from '../../src/web/worker/follower.js'
import { Run } from '../../src/web/worker/run.js'
import { docs } from './visit.js'

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A run, the clock at each of its reports, and a function that advances the clock. */
async function runOf() {
  const gpt = await MicroGPT.create({ docs })
  const reports: { ms: number; step: number; state: string }[] = []
  const began = performance.now()
  const run = new Run(gpt, new Follower(gpt, null), ({ step, state }) => {
    reports.push({ ms: performance.now() - began, step, state })
  })
  const wait = async (ms: number) => {
    for (let i = 0; i < ms; i++) {
      vi.advanceTimersByTime(1)
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { gpt, run, reports, wait }
}

test.each([1, 5, 20])('%i steps per second are as many, each of them reported', async (rate) => {
  const { run, reports, wait } = await runOf()
  const end = run.play({ kind: 'slow', rate }, { kind: 'end' })
  await wait(2990)
  const steps = [...new Set(reports.map(({ step }) => step))]
  // A turn of the event loop passes between two steps.
  expect(steps.length).toBeLessThanOrEqual(3 * rate)
  expect(steps.length).toBeGreaterThanOrEqual(2.8 * rate)
  expect(steps).toEqual(steps.map((_, i) => i + 1))
  // A pause does not wait for the next step.
  run.pause()
  await wait(2)
  await end
  expect(reports.at(-1)).toMatchObject({ step: steps.length, state: 'paused' })
})

test.each([
  ['step', { kind: 'step', value: 7 }, 'stopped'],
  ['end', { kind: 'end' }, 'finished'],
] as const)('a run with the stop rule %s ends at its step', async (_, rule, state) => {
  const { gpt, run, reports } = await runOf()
  vi.useRealTimers()
  await run.play({ kind: 'instant' }, rule)
  const step = rule.kind === 'step' ? rule.value : 500
  expect(gpt.step).toBe(step)
  expect(reports.at(-1)).toMatchObject({ step, state })
})

test('a whole run takes 3.7 seconds, and slowly begins', async () => {
  const gpt = await MicroGPT.create({ docs })
  const reports: { ms: number; step: number }[] = []
  const follower = new Follower(gpt, null)
  const run = new Run(gpt, follower, ({ step }) => {
    reports.push({ ms: performance.now(), step })
  })
  const began = performance.now()
  const end = run.play(WATCH, { kind: 'end' })
  while (gpt.step < 500) {
    vi.advanceTimersByTime(1)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await end
  const last = reports.at(-1)!
  expect(last.step).toBe(500)
  expect(last.ms - began).toBeGreaterThan(3600)
  expect(last.ms - began).toBeLessThan(3800)
  // A quarter of the steps in the first half of the time.
  const half = reports.findLast(({ ms }) => ms - began <= 1850)!
  expect(half.step).toBeGreaterThan(110)
  expect(half.step).toBeLessThan(130)
  // 25 reports per second.
  expect(reports.length).toBeGreaterThan(60)
  expect(reports.length).toBeLessThan(100)
})
