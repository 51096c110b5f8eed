/** Numbers and texts as the page formats them. */
import { expect, test } from 'vitest'
import { count, digits, duration, percent, plain } from '../../src/web/text.js'
import { modelFileName, sentence, short, visibleChar } from '../../src/web/text.js'

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
  [0, '0'],
  [0.06, '0.06'],
  [-2, '-2'],
  [1.5, '1.5'],
  [100, '100'],
  [1e-7, '1.00e-7'],
])('plain(%d) is %s', (x, text) => expect(plain(x)).toBe(text))

const [SECOND, MINUTE] = [1000, 60_000]
const [HOUR, DAY] = [60 * MINUTE, 24 * 60 * MINUTE]

test.each([
  [0, '0.0 µs'],
  [0.0123, '12.3 µs'],
  [0.0999, '99.9 µs'],
  [0.1, '100 µs'],
  [0.75, '750 µs'],
  [1, '1.0 ms'],
  [9.94, '9.9 ms'],
  [10, '10 ms'],
  [999, '999 ms'],
  [SECOND, '1.0 s'],
  [9.94 * SECOND, '9.9 s'],
  [10 * SECOND, '10 s'],
  [119 * SECOND, '119 s'],
  [120 * SECOND, '2 minutes'],
  [119 * MINUTE, '119 minutes'],
  [2 * HOUR, '2 hours'],
  [24 * HOUR, '24 hours'],
  [47 * HOUR, '47 hours'],
  [2 * DAY, '2 days'],
  [1234 * DAY, '1,234 days'],
])('%d ms are %s', (ms, text) => expect(duration(ms)).toBe(text))

test('the file of a model has its preset, its step and its type', () => {
  expect(modelFileName('gist', 1234, 'onnx')).toBe('microgpt-gist-step-1234.onnx')
})

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
