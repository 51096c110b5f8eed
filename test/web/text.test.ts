/** Numbers and texts as the page formats them. */
import { expect, test } from 'vitest'
import { count, digits, percent, sentence, short, visibleChar } from '../../src/web/text.js'

test.each([0, 7, 999, 1000, 4064, 12_345, 999_999, 1_000_000, 1_234_567_890, -1234, 0.5, 1234.5])(
  'count(%f) equals toLocaleString',
  (n) => expect(count(n)).toBe(n.toLocaleString('en-US')),
)

test('count does not group the digits after the decimal point', () => {
  expect(count(1234.56789)).toBe('1,234.56789')
})

test.each([
  [0, '0'],
  [1, '1.0000'],
  [-2.00005, '-2.0000'],
  [0.01, '0.0100'],
  [1e-3, '0.0010'],
  [0.000999, '9.99e-4'],
  [-1.23456e-7, '-1.23e-7'],
  [999_999, '999999.0000'],
  [1e6, '1.00e+6'],
  [NaN, 'NaN'],
  [Infinity, 'Infinity'],
  [-Infinity, '-Infinity'],
])('digits(%d) is %s', (x, text) => expect(digits(x)).toBe(text))

test.each([
  [0, '0.0%'],
  [0.0004, '0.0%'],
  [0.0123, '1.2%'],
  [0.0994, '9.9%'],
  [0.0995, '10%'],
  [0.5, '50%'],
  [0.996, '100%'],
  [1, '100%'],
])('percent(%d) is %s', (p, text) => expect(percent(p)).toBe(text))

test.each([
  ['', ''],
  ['anna', 'anna'],
  ['x'.repeat(60), 'x'.repeat(60)],
  ['x'.repeat(61), `${'x'.repeat(60)}…`],
  ['x'.repeat(1e6), `${'x'.repeat(60)}…`],
])('short cuts after 60 characters', (text, cut) => expect(short(text)).toBe(cut))

test('short counts characters, not UTF-16 units, and never splits one', () => {
  expect(short('😀😀😀', 3)).toBe('😀😀😀')
  expect(short('😀😀😀', 2)).toBe('😀😀…')
  expect(short('abc', 2)).toBe('ab…')
})

test.each([
  ['', 'BOS'],
  [' ', '␣'],
  ['a', 'a'],
  ['é', 'é'],
  ['😀', '😀'],
  ['<', '<'],
  ['\n', '↵'],
  ['\t', 'U+0009'],
  ['\u00a0', 'U+00A0'],
  ['\u200b', 'U+200B'],
  ['\u202e', 'U+202E'],
  ['\u{e0001}', 'U+E0001'],
])('visible(%j) is %s', (char, text) => expect(visibleChar(char)).toBe(text))

test.each([
  ['it is full', 'it is full.'],
  ['it is full.', 'it is full.'],
  ['is it?', 'is it?'],
  ['no!', 'no!'],
])('sentence(%j) is %s', (text, whole) => expect(sentence(text)).toBe(whole))
