/** The page's losses: kept and taken up, they go on as if nothing had been. */
import { expect, test } from 'vitest'
import { LossLog } from '../../src/web/loss-log.js'

const loss = (i: number) => 3 + Math.sin(i / 7)

/** A log after some steps. */
function logOf(steps: number, first = 0): LossLog {
  const log = new LossLog(first)
  for (let i = 0; i < steps; i++) log.push(loss(i), 0.01)
  return log
}

test.each([[0], [1], [1023], [1024], [5000], [2 ** 18 + 3], [2 ** 19 + 1]])(
  'a log of %i steps goes on bit for bit',
  (steps) => {
    const whole = logOf(steps + 500, 17)
    const again = LossLog.from(structuredClone(logOf(steps, 17).state()))
    expect(again.end).toBe(17 + steps)
    for (let i = steps; i < steps + 500; i++) again.push(loss(i), 0.01)
    expect(again.state()).toEqual(whole.state())
    expect(again.lastSmoothed).toBe(whole.lastSmoothed)
    expect(again.at(again.length - 1)).toEqual(whole.at(whole.length - 1))
  },
)

test('its points know their steps', () => {
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
])('what is no log is refused: %o', (wrong) => {
  const state = { ...logOf(10).state(), ...wrong }
  expect(() => LossLog.from(state as ReturnType<LossLog['state']>)).toThrow('cannot be read')
})
