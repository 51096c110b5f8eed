/** The candidates for the next character, and drawing a text from them. */
import { expect, test } from 'vitest'
import { candidatesOf, drawText } from '../../src/web/worker/next.js'

const CHARS = ['a', 'b', 'c']
/** Logits of a, b, c and BOS (a dot below), with the probabilities 1/8, 1/2, 1/8 and 1/4. */
const LOGITS = Float64Array.from([1, 4, 1, 2], Math.log)
const drawing = (temperature: number, topK: number | null = null) => ({
  ...{ prompt: '', temperature, topK },
})
const at = (temperature: number, topK: number | null = null, logits = LOGITS) =>
  candidatesOf(logits, CHARS, drawing(temperature, topK))

test.each([
  ['all, most likely first, equal ones by id', 1, null, 'b.ac', [4, 2, 1, 1]],
  ['temperature 0.5 squares the odds', 0.5, null, 'b.ac', [16, 4, 1, 1]],
  ['temperature 2 takes the square root of the odds', 2, null, 'b.ac', [2, Math.SQRT2, 1, 1]],
  ['top-k keeps the k most likely', 1, 2, 'b.', [4, 2]],
  ['top-k 3 takes the first of two equal ones', 1, 3, 'b.a', [4, 2, 1]],
  ['a top-k beyond the alphabet keeps all', 1, 99, 'b.ac', [4, 2, 1, 1]],
  ['top-k 1 leaves one', 2, 1, 'b', [1]],
  ['temperature 0 leaves one', 0, null, 'b', [1]],
  ['temperature 0 leaves one for any top-k', 0, 3, 'b', [1]],
  [
    'a tiny temperature gives the most likely one probability 1',
    1e-300,
    null,
    'b.ac',
    [1, 0, 0, 0],
  ],
])('%s', (_name, temperature, topK, chars, weights) => {
  const candidates = at(temperature, topK)
  expect(candidates.map(({ char }) => char || '.').join('')).toBe(chars)
  const total = weights.reduce((sum, weight) => sum + weight, 0)
  candidates.forEach(({ probability }, i) => {
    expect(probability).toBeCloseTo(weights[i]! / total, 14)
  })
})

test('large logits do not overflow, and a logit of -Infinity gives 0', () => {
  const candidates = at(1, null, Float64Array.of(1e4, 1e4, -Infinity, -1e4))
  expect(candidates.map(({ probability }) => probability)).toEqual([0.5, 0.5, 0, 0])
  expect(candidates.map(({ char }) => char)).toEqual(['a', 'b', '', 'c'])
})

/** Predicts the same character until the text has a given length, and then BOS. */
const writer = (char: string, length: number) => {
  const asked: string[] = []
  const next = async ({ prompt }: { prompt: string }) => {
    asked.push(prompt)
    return [{ char: [...prompt].length < length ? char : '', probability: 1 }]
  }
  return { asked, next }
}

test('a text continues its prompt until BOS', async () => {
  const { asked, next } = writer('x', 4)
  const text = await drawText({ ...drawing(1), prompt: 'ab' }, 1, 8, next)
  expect(text).toBe('abxx')
  expect(asked).toEqual(['ab', 'abx', 'abxx'])
})

test('a text ends when it has as many characters as the model sees', async () => {
  const { asked, next } = writer('😀', 99)
  expect(await drawText(drawing(1), 1, 3, next)).toBe('😀😀😀')
  expect(asked).toEqual(['', '😀', '😀😀'])
  expect(await drawText({ ...drawing(1), prompt: 'abc' }, 1, 3, next)).toBe('abc')
})

test('equal seeds draw equal texts, and the characters follow their probabilities', async () => {
  const next = async () => at(1)
  const draw = (seed: number) => drawText(drawing(1), seed, 400, next)
  expect(await draw(5)).toBe(await draw(5))
  const lengths: number[] = []
  const counts = { a: 0, b: 0, c: 0 }
  for (let seed = 0; seed < 2000; seed++) {
    const text = await draw(seed)
    lengths.push(text.length)
    for (const char of text) counts[char as 'a']++
  }
  // BOS has probability 1/4: on average 3 characters come before it, two thirds of them b.
  const total = counts.a + counts.b + counts.c
  expect(total / lengths.length).toBeGreaterThan(2.7)
  expect(total / lengths.length).toBeLessThan(3.3)
  expect(counts.b / total).toBeGreaterThan(0.63)
  expect(counts.b / total).toBeLessThan(0.7)
})
