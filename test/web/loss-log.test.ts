/** The page's log of losses: a restored log continues exactly like the original. */
import { expect, test } from 'vitest'
import { digest } from '../helpers/digest.js'
import { LossLog } from '../../src/web/loss-log.js'
import { Smooth } from '../../src/web/smooth.js'

/** A state with digests of its lists: to compare half a million numbers one by one takes seconds. */
function bitsOf({ losses, smoothed, rates, ...state }: ReturnType<LossLog['state']>) {
  const lists = [losses, smoothed, rates].map(({ buffer, byteOffset, byteLength }) =>
    digest(new Uint8Array(buffer, byteOffset, byteLength)),
  )
  return { ...state, lists }
}

const loss = (i: number) => 3 + Math.sin(i / 7)

/** A log after some steps. */
function logOf(steps: number, first = 0): LossLog {
  const log = new LossLog(first)
  for (let i = 0; i < steps; i++) log.push(loss(i), 0.01)
  return log
}

test.each([[0], [1], [1023], [1024], [5000], [2 ** 18 + 3], [2 ** 19 + 1]])(
  'a restored log of %i steps continues bit for bit',
  (steps) => {
    const whole = logOf(steps + 500, 17)
    const again = LossLog.from(structuredClone(logOf(steps, 17).state()))
    expect(again.end).toBe(17 + steps)
    for (let i = steps; i < steps + 500; i++) again.push(loss(i), 0.01)
    expect(bitsOf(again.state())).toEqual(bitsOf(whole.state()))
    expect(again.lastSmoothed).toBe(whole.lastSmoothed)
    expect(again.at(again.length - 1)).toEqual(whole.at(whole.length - 1))
  },
)

test('a log keeps each loss, its smoothed mean and its learning rate', () => {
  const log = new LossLog(5)
  expect([log.length, log.steps, log.end, log.lastSmoothed]).toEqual([0, 0, 5, NaN])
  log.add(Float64Array.of(3, 3), Float64Array.of(0.1, 0.05))
  log.push(6, 0.02)
  const mean = (3 * 0.97 ** 2 + 3 * 0.97 + 6) / (0.97 ** 2 + 0.97 + 1)
  expect(log.at(0)).toEqual({ step: 6, loss: 3, smoothed: 3, lr: 0.1 })
  expect(log.at(1)).toEqual({ step: 7, loss: 3, smoothed: expect.closeTo(3, 14), lr: 0.05 })
  expect(log.at(2)).toEqual({ step: 8, loss: 6, smoothed: expect.closeTo(mean, 14), lr: 0.02 })
  expect([log.loss(2), log.smoothedLoss(2)]).toEqual([6, log.lastSmoothed])
  expect([log.length, log.steps, log.end]).toEqual([3, 3, 8])
})

test.each([
  [2 ** 18, 1, 2 ** 18],
  [2 ** 18 + 1, 2, 2 ** 17 + 1],
  [2 ** 18 + 2, 2, 2 ** 17 + 1],
  [2 ** 18 + 3, 2, 2 ** 17 + 2],
  [2 ** 19, 2, 2 ** 18],
  [2 ** 19 + 1, 4, 2 ** 17 + 1],
])('of %i steps a log keeps one in %i, %i points in total', (steps, stride, length) => {
  const log = logOf(steps)
  expect([log.stride, log.length, log.steps]).toEqual([stride, length, steps])
  for (const i of [0, 1, 1000, (length >> 1) + 1, length - 1]) {
    expect(log.at(i).step).toBe(i * stride + 1)
    expect(log.loss(i)).toBe(loss(i * stride))
  }
})

test('the smoothed mean includes the steps that are not kept', () => {
  const log = logOf(2 ** 18)
  const whole = new Smooth()
  for (let i = 0; i < 2 ** 18; i++) whole.add(loss(i))
  for (const x of [9, 8, 7]) {
    log.push(x, 0.01)
    expect(log.lastSmoothed).toBe(whole.add(x))
  }
})

test('each point has its step', () => {
  expect(logOf(10, 123).at(0).step).toBe(124)
  expect(logOf(2 ** 18 + 3).at(1).step).toBe(3)
})

test.each([
  { first: -1 },
  { stride: 0 },
  { steps: 2.5 },
  { steps: 11 },
  { losses: [1, 2] },
  { rates: new Float64Array(3) },
  { steps: 2 ** 19, losses: new Float64Array(2 ** 19) },
])('an invalid log is refused: %o', (wrong) => {
  const state = { ...logOf(10).state(), ...wrong }
  expect(() => LossLog.from(state as ReturnType<LossLog['state']>)).toThrow('cannot be read')
})
