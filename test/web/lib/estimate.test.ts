/** Times estimated from a few steps, and the watch pace on a simulated clock. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  FRAME_MS,
  Pacer,
  WATCH_MS,
  durationText,
  estimateRun,
  stepTime,
} from '../../../src/web/lib/estimate.js'

test.each([
  [[5], 5],
  [[1, 3], 2],
  [[100, 2, 1, 3, 2], 2],
  [[NaN, -1, 4, Infinity], 4],
])('the time of a step from %j is %d', (times, time) => expect(stepTime(times)).toBe(time))

test('without a timed step there is no estimate', () => {
  expect(stepTime([])).toBeNaN()
  expect(durationText(estimateRun([], 500))).toBe('unknown')
})

test('a run takes its number of steps times the step time, and no steps take no time', () => {
  expect(estimateRun([30, 2, 2, 2], 500)).toBe(1000)
  expect(estimateRun([2], -5)).toBe(0)
})

test.each([
  [20, 'under 0.1 s'],
  [100, '0.1 s'],
  [4000, '4 s'],
  [4160, '4.2 s'],
  [9990, '10 s'],
  [61_000, '61 s'],
  [180_000, '3 min'],
  [7_200_000, '2 h'],
  [1e9, '12 days'],
])('%d ms is "%s"', (ms, text) => expect(durationText(ms)).toBe(text))

interface Machine {
  steps: number
  /** Milliseconds of one step. */
  cost: number
  /** Minimum milliseconds from one frame to the next. */
  refresh?: number
  budget?: number
  done?: number
}

/** Simulates a run on the page: steps, then the next frame. */
function watch({ steps, cost, refresh = 16, budget = WATCH_MS, done = 0 }: Machine) {
  const pacer = new Pacer({ steps, done, budget })
  let now = 1000
  let frames = 0
  let longest = 0
  const seen: number[] = []
  while (done < steps && frames < 1e5) {
    const due = pacer.due(now, done)
    pacer.ran(due, due * cost)
    done += due
    if (frames > 0) longest = Math.max(longest, due)
    now += Math.max(refresh, due * cost)
    frames++
    seen.push(done)
  }
  return { done, ms: now - 1000, frames, longest, seen }
}

describe('the pacer', () => {
  test('500 quick steps take about four seconds', () => {
    const { ms, done } = watch({ steps: 500, cost: 0.02 })
    expect(done).toBe(500)
    expect(ms).toBeGreaterThan(3900)
    expect(ms).toBeLessThan(4200)
  })

  test('any number of steps takes the budget, or as long as the machine needs', () => {
    const machines = fc.record({
      steps: fc.integer({ min: 2, max: 100_000 }),
      cost: fc.double({ min: 0.001, max: 40, noNaN: true }),
      refresh: fc.constantFrom(4, 7, 16, 33),
      budget: fc.constantFrom(1000, 4000),
    })
    fc.assert(
      fc.property(machines, ({ steps, cost, refresh, budget }) => {
        fc.pre(steps * cost < 60_000)
        const { done, ms, longest } = watch({ steps, cost, refresh, budget })
        expect(done).toBe(steps)
        // A frame has FRAME_MS of steps, or one step; the rest of its time is for the page.
        const perFrame = Math.max(1, Math.floor(FRAME_MS / cost))
        const needed = Math.ceil(steps / perFrame) * Math.max(refresh, perFrame * cost)
        expect(ms).toBeLessThanOrEqual(budget + 2.2 * needed + 20 * refresh)
        expect(ms).toBeGreaterThanOrEqual(budget - refresh)
        expect(longest).toBeLessThanOrEqual(perFrame)
      }),
    )
  })

  test('no call exceeds the remaining steps, and the steps never decrease', () => {
    const { seen } = watch({ steps: 37, cost: 0.1 })
    expect(seen.at(-1)).toBe(37)
    seen.forEach((done, i) => expect(done).toBeGreaterThanOrEqual(seen[i - 1] ?? 0))
  })

  test('the first steps are slow: a quarter of the time makes about a ninth of all steps', () => {
    const { seen } = watch({ steps: 1000, cost: 0.02 })
    const quarter = seen[Math.round(seen.length / 4)]!
    expect(quarter).toBeGreaterThan(80)
    expect(quarter).toBeLessThan(150)
  })

  test('a budget of 0 fills each frame', () => {
    const { frames, ms } = watch({ steps: 6000, cost: 0.02, budget: 0 })
    expect(frames).toBeLessThan(15)
    expect(ms).toBeLessThan(250)
  })

  test('a continued run spreads only the remaining steps', () => {
    const { ms } = watch({ steps: 500, cost: 0.02, done: 400 })
    expect(ms).toBeGreaterThan(3900)
    expect(ms).toBeLessThan(4200)
  })

  test('a hidden page or a pause does not count as time to catch up', () => {
    const pacer = new Pacer({ steps: 1000 })
    let done = pacer.due(0, 0)
    pacer.ran(1, 0.01)
    done += pacer.due(60_000, done)
    expect(done).toBeLessThan(50)
    pacer.pause()
    expect(pacer.due(120_000, done)).toBeLessThan(2)
  })

  test('a coarse clock, or one that goes back, does not cause an endless call', () => {
    const pacer = new Pacer({ steps: 1e6, budget: 0 })
    pacer.due(10, 0)
    pacer.ran(1, 0)
    expect(pacer.due(5, 1)).toBeLessThanOrEqual(FRAME_MS / 1e-3)
  })
})
