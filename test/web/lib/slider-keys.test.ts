/** Keys move the cursor of a chart as they move a slider (ARIA Authoring Practices, slider). */
import { expect, test } from 'vitest'
import { sliderMove } from '../../../src/web/lib/slider-keys.js'

test.each([
  ['ArrowLeft', 39],
  ['ArrowDown', 39],
  ['ArrowRight', 41],
  ['ArrowUp', 41],
  ['PageDown', 35],
  ['PageUp', 45],
  ['Home', 0],
  ['End', 100],
])('%s moves 40 of 100 to %i', (key, to) => {
  expect(sliderMove(key, 40, 100)).toBe(to)
})

test('a page is one point at least', () => {
  expect(sliderMove('PageUp', 3, 9)).toBe(4)
  expect(sliderMove('PageDown', 3, 9)).toBe(2)
  expect(sliderMove('PageUp', 0, 0)).toBe(1)
})

test.each(['Enter', 'a', 'Tab', 'toString', 'constructor'])('%s is not such a key', (key) => {
  expect(sliderMove(key, 40, 100)).toBe(null)
})
