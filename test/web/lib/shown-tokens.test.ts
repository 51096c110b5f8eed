/** Which tokens of a large vocabulary the picture of next characters shows. */
import { expect, test } from 'vitest'
import { shownTokens } from '../../../src/web/lib/shown-tokens.js'

/** Eight tokens a to g and BOS, at two positions. */
const look = {
  tokens: ['', 'b', 'g'],
  chars: [...'abcdefg', ''],
  rows: 2,
  probabilities: Float64Array.of(
    ...[0.1, 0.0, 0.3, 0.05, 0.4, 0.15, 0, 0],
    ...[0.2, 0.01, 0.3, 0.35, 0.1, 0.02, 0.01, 0.01],
  ),
}

test('a small vocabulary is shown whole', () => {
  expect(shownTokens(look, 8)).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
})

test.each([
  [7, [0, 1, 2, 3, 4, 5, 6]],
  [5, [1, 2, 3, 4, 6]],
  [3, [1, 4, 6]],
  [2, [1, 6]],
])('of a larger one %i: those that come next, and the most likely', (most, wanted) => {
  expect(shownTokens(look, most)).toEqual(wanted)
})

test('positions that are not shown do not count', () => {
  expect(shownTokens({ ...look, rows: 1 }, 2)).toEqual([1, 4])
})
