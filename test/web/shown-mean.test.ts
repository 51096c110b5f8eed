/** The mean in the loss chart: it follows the run's length, so that a long run is no band. */
import { expect, test } from 'vitest'
import { LossLog, MANY_POINTS, shownMean } from '../../src/web/loss-log.js'

/** A loss that falls from 3 to 2 with noise of plus and minus 1. */
function noisyRun(steps: number): LossLog {
  const log = new LossLog()
  let state = 1
  for (let i = 0; i < steps; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    log.push(3 - i / steps + (2 * state) / 2 ** 32 - 1, 0.01)
  }
  return log
}

/** The sum of all ups and downs of a curve. */
function roughness(log: LossLog, value: (i: number) => number): number {
  let sum = 0
  for (let i = 1; i < log.length; i++) sum += Math.abs(value(i) - value(i - 1))
  return sum
}

test('a short run shows the smoothed loss itself', () => {
  const log = noisyRun(MANY_POINTS)
  const mean = shownMean(log)
  for (const i of [0, 1, 1500, log.length - 1]) expect(mean(i)).toBe(log.smoothedLoss(i))
})

test('a long run shows a curve that hardly goes up and down', () => {
  const log = noisyRun(100_000)
  const mean = shownMean(log)
  expect(roughness(log, log.smoothedLoss)).toBeGreaterThan(500)
  expect(roughness(log, mean)).toBeLessThan(20)
  // It is still the loss: 3 - i / steps, with what is left of the noise.
  for (let i = 0; i < log.length; i += 500) {
    expect(Math.abs(mean(i) - (3 - i / 100_000))).toBeLessThan(0.1)
  }
})

test('at both ends it is the mean of the points that there are', () => {
  const log = noisyRun(8000)
  const mean = shownMean(log)
  const reach = 50
  const over = (from: number, to: number) => {
    let sum = 0
    for (let i = from; i < to; i++) sum += log.smoothedLoss(i)
    return sum / (to - from)
  }
  expect(mean(0)).toBeCloseTo(over(0, reach + 1), 9)
  expect(mean(7999)).toBeCloseTo(over(7999 - reach, 8000), 9)
  expect(mean(4000)).toBeCloseTo(over(4000 - reach, 4000 + reach + 1), 9)
})
