/** The smoothed loss: an exponential moving average with bias correction. */
import { expect, test } from 'vitest'
import { Smooth } from '../../src/web/smooth.js'

/** The same mean as a sum: the weight of a loss is 0.97 to the power of the steps since then. */
function meanOf(losses: readonly number[]): number {
  const weights = losses.map((_, i) => 0.97 ** (losses.length - 1 - i))
  const sum = (numbers: readonly number[]) => numbers.reduce((total, x) => total + x, 0)
  return sum(losses.map((loss, i) => loss * weights[i]!)) / sum(weights)
}

test('there is no mean before the first loss', () => {
  expect(new Smooth().value).toBeNaN()
})

test.each([
  [[3.25], 3.25],
  [[2, 2, 2], 2],
  [[1, 2], (0.97 + 2) / 1.97],
  [[0, 0, 1], 1 / (0.97 ** 2 + 0.97 + 1)],
])('the mean of %j is %f', (losses, mean) => {
  const smooth = new Smooth()
  let last = NaN
  for (const loss of losses) last = smooth.add(loss)
  expect(last).toBeCloseTo(mean, 14)
  expect(smooth.value).toBe(last)
})

test('after any number of steps it is the weighted mean of all losses', () => {
  const losses = Array.from({ length: 300 }, (_, i) => 3 + Math.sin(i * i))
  const smooth = new Smooth()
  losses.forEach((loss, i) => {
    expect(smooth.add(loss)).toBeCloseTo(meanOf(losses.slice(0, i + 1)), 12)
  })
})

test('a restored mean continues bit for bit', () => {
  const [whole, again] = [new Smooth(), new Smooth()]
  for (const loss of [3, 2.5, 2.75]) whole.add(loss)
  again.restore(whole.mean, whole.weight)
  expect(again.value).toBe(whole.value)
  expect(again.add(1.5)).toBe(whole.add(1.5))
})
