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
