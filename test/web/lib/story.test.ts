/** The sentences of the page about a run: each is true of the numbers it is made from. */
import { describe, expect, test } from 'vitest'
import {
  type RunNumbers,
  alternation,
  closing,
  distance,
  firstLetters,
  hasDiverged,
  headline,
  milestones,
  wordsOf,
} from '../../../src/web/lib/story.js'

/** A run of the names that has learned a little. Guessing among 27 tokens has a loss of 3.2958. */
const RUN: RunNumbers = {
  ...{ dataset: 'names', mode: 'docs', step: 100, numSteps: 500, vocabSize: 27, numParams: 4064 },
  ...{ loss: 2.7, firstLoss: 3.37, samples: [], zeros: { atStart: 2, woken: 2 } },
}
const run = (changes: Partial<RunNumbers> = {}): RunNumbers => ({ ...RUN, ...changes })
const told = (changes: Partial<RunNumbers>) =>
  Object.fromEntries(milestones(run(changes)).map(({ id, text }) => [id, text]))

const samplesAt = (step: number, texts: readonly string[], known: readonly string[] = []) =>
  texts.map((text) => ({ step, text, known: known.includes(text) }))
/** Twelve texts whose vowels and consonants alternate, and twelve in which they do not. */
const SPELLED = ['kana', 'tani', 'mira', 'sole', 'rami', 'dano', 'keli', 'suri', 'bora', 'lani']
  .concat('vera')
  .concat('nola')
const NOISE = SPELLED.map((_, i) => 'ktrsmnplbdfg'.slice(i) + 'aeio')

describe('the headline', () => {
  test('counts the parameters and says what they learn', () => {
    expect(headline(4064, 'names')).toBe(
      '4,064 random numbers. Press the button and watch them learn to spell names.',
    )
    expect(headline(1, 'own')).toBe(
      '1 random number. Press the button and watch it learn your words.',
    )
  })

  test.each(['', 'toString', '__proto__', 'other'])(
    'the dataset %j is the visitor’s own',
    (key) => {
      expect(wordsOf(key)).toBe(wordsOf('own'))
    },
  )
})

describe('milestones', () => {
  test('none are reached before the first step or by a run that diverged', () => {
    expect(milestones(run({ step: 0 }))).toEqual([])
    expect(milestones(run({ loss: NaN }))).toEqual([])
    expect(milestones(run({ trouble: 'the loss is not finite' }))).toEqual([])
  })

  test('come in the order of their steps', () => {
    const samples = [...samplesAt(50, ['mila'], ['mila']), ...samplesAt(100, SPELLED)]
    const steps = milestones(run({ samples })).map(({ step, id }) => [step, id])
    expect(steps).toEqual([
      [50, 'known'],
      [100, 'woken'],
      [100, 'below-guessing'],
      [100, 'alternates'],
    ])
  })

  test.each([
    [{ atStart: 1, woken: 1 }, 'The matrix of zeros woke up: its numbers are no longer 0.'],
    [{ atStart: 2, woken: 2 }, 'Both matrices of zeros woke up: their numbers are no longer 0.'],
    [{ atStart: 6, woken: 6 }, 'All 6 matrices of zeros woke up: their numbers are no longer 0.'],
    [{ atStart: 6, woken: 5 }, undefined],
    [{ atStart: 0, woken: 0 }, undefined],
  ])('zeros wake: %j', (zeros, text) => {
    expect(told({ zeros })['woken']).toBe(text)
  })

  test.each([
    [19, 2.7, undefined, undefined],
    [20, 3.25, undefined, undefined],
    [20, 3.24, 'The loss is 3.24, below pure guessing (3.30).', undefined],
    [20, 1.65, expect.any(String), undefined],
    [20, 1.64, expect.any(String), 'The loss is 1.64, less than half of pure guessing.'],
  ])('at step %i with a loss of %d', (step, loss, below, half) => {
    const found = told({ step, loss })
    expect(found['below-guessing']).toEqual(below)
    expect(found['half']).toBe(half)
  })

  test('letters alternate in twelve samples or more, of the run and not of its start', () => {
    const text = 'Vowels and consonants alternate in 100% of letter pairs.'
    expect(told({ samples: samplesAt(80, SPELLED) })['alternates']).toBe(text)
    expect(told({ samples: samplesAt(80, SPELLED.slice(1)) })['alternates']).toBeUndefined()
    expect(told({ samples: samplesAt(0, SPELLED) })['alternates']).toBeUndefined()
    expect(told({ samples: samplesAt(80, NOISE) })['alternates']).toBeUndefined()
    const sums = { dataset: 'sums', samples: samplesAt(80, SPELLED) }
    expect(told(sums)['alternates']).toBeUndefined()
  })

  test('only the latest thirty samples count', () => {
    const noise = Array.from({ length: 3 }, () => NOISE).flat()
    const samples = [...samplesAt(40, SPELLED), ...samplesAt(80, noise.slice(0, 30))]
    expect(told({ samples })['alternates']).toBeUndefined()
    const spelled = Array.from({ length: 3 }, () => SPELLED).flat()
    const later = [...samplesAt(40, noise), ...samplesAt(80, spelled.slice(0, 30))]
    expect(told({ samples: later })['alternates']).toMatch(/ 100% /)
  })

  test('first letters are like those of the data', () => {
    const samples = samplesAt(80, SPELLED)
    const like = { samples, firstLetters: firstLetters(SPELLED) }
    expect(told(like)['first-letters']).toBe('Its names begin with the same letters as the data.')
    const unlike = { samples, firstLetters: { x: 1 } }
    expect(told(unlike)['first-letters']).toBeUndefined()
    expect(told({ ...like, mode: 'text' })['first-letters']).toBeUndefined()
  })

  test('the first sample that is training data is named, with its step', () => {
    const samples = [
      ...samplesAt(0, ['anna'], ['anna']),
      ...samplesAt(40, ['kra', 'otto'], ['otto']),
      ...samplesAt(80, ['mila'], ['mila']),
    ]
    expect(milestones(run({ samples })).find(({ id }) => id === 'known')).toEqual({
      ...{ id: 'known', step: 40 },
      text: 'It wrote "otto", a name that is in the training data.',
    })
  })

  test('half of the sums are solved', () => {
    expect(told({ rightAnswers: 0.5 })['answers']).toBe(
      'It solves 50% of the sums it has never seen.',
    )
    expect(told({ rightAnswers: 0.49 })['answers']).toBeUndefined()
  })
})

describe('a run has diverged', () => {
  test.each<[string, Partial<RunNumbers>, boolean]>([
    ['with an error', { trouble: 'the loss is not finite' }, true],
    ['without a step', { step: 0, loss: NaN }, false],
    ['with a loss that is no number', { loss: NaN }, true],
    ['with an infinite loss', { loss: Infinity }, true],
    // Three times the first loss, and one.
    ['just below the limit', { loss: 11.1 }, false],
    ['just above the limit', { loss: 11.12 }, true],
    ['by guessing, if the first loss is lower', { firstLoss: 1, loss: 10.8 }, false],
    ['by guessing, if the first loss is lower', { firstLoss: 1, loss: 10.9 }, true],
  ])('%s', (_, changes, expected) => {
    expect(hasDiverged(run(changes))).toBe(expected)
  })
})

describe('the closing', () => {
  const end = { step: 500, loss: 2.51 }
  const twenty = (known: number) => {
    const texts = Array.from({ length: 20 }, (_, i) => `name${i}`)
    return samplesAt(500, texts, texts.slice(0, known))
  }

  test.each<[string, Partial<RunNumbers>, string, string]>([
    [
      'untrained',
      { step: 0, loss: NaN },
      'Nothing is trained yet: all it writes is chance.',
      'Press the button to train it.',
    ],
    [
      'diverged',
      { step: 12, loss: 1e14 },
      'Training diverged after 12 steps: the loss is 1.0e+14, where pure guessing has 3.30.',
      'Try a smaller learning_rate, or set grad_clip to 1.',
    ],
    [
      'diverged',
      { step: 1, loss: NaN },
      'Training diverged after 1 step: the loss is not a number any more, where pure guessing has 3.30.',
      'Try a smaller learning_rate, or set grad_clip to 1.',
    ],
    [
      'did-not-learn',
      { step: 400, loss: 3.28 },
      'After 400 steps the loss is 3.28, no better than pure guessing (3.30): the model did not learn.',
      'Let it train to the end, or try a larger learning_rate.',
    ],
    [
      'did-not-learn',
      { step: 500, loss: 3.28 },
      'After 500 steps the loss is 3.28, no better than pure guessing (3.30): the model did not learn.',
      'Try more steps, another learning_rate, or an init_std that is not 0.',
    ],
    [
      'memorized',
      { ...end, samples: twenty(14) },
      'In 500 steps the loss fell from 3.37 to 2.51; 6 of its 20 names are invented, 14 are in the training data.',
      'It repeats its data: try more of it, a smaller model, or a higher temperature.',
    ],
    [
      'learned',
      { ...end, samples: twenty(0) },
      'In 500 steps the loss fell from 3.37 to 2.51; all of its 20 names are invented.',
      'Try your own words, or a larger n_embd and more steps.',
    ],
    [
      'learned',
      { ...end, samples: twenty(1), dataset: 'own' },
      'In 500 steps the loss fell from 3.37 to 2.51; 19 of its 20 words are invented, 1 is in the training data.',
      'Try a higher temperature for bolder words, or more lines of data.',
    ],
    [
      'learned',
      { ...end, step: 499, samples: samplesAt(0, ['x']) },
      'In 499 steps the loss fell from 3.37 to 2.51: 4,064 numbers have learned to spell names.',
      'Let it train to the end: the learning rate still falls.',
    ],
    [
      'learned',
      { ...end, mode: 'text', dataset: 'text', valLoss: 2.82, samples: twenty(0) },
      'In 500 steps the loss fell from 3.37 to 2.51 (2.82 on what was held out): 4,064 numbers have learned to imitate a text.',
      'It does worse on what was held out: try fewer steps, or more data.',
    ],
    [
      'learned',
      { ...end, dataset: 'sums', rightAnswers: 0.89, valLoss: 2.8 },
      'In 500 steps the loss fell from 3.37 to 2.51 (2.80 on what was held out), and 4,064 numbers now solve 89% of the sums they have never seen.',
      'Try two layers and more steps.',
    ],
    [
      'learned',
      { ...end, dataset: 'sums', rightAnswers: 0.9 },
      'In 500 steps the loss fell from 3.37 to 2.51, and 4,064 numbers now solve 90% of the sums they have never seen.',
      'Type a sum of your own under Try it, or set n_layer to 1: one layer is not enough.',
    ],
  ])('%s, case %#', (outcome, changes, happened, next) => {
    expect(closing(run(changes))).toEqual({ outcome, happened, next })
  })

  test('seven samples are too few to call it memorized, and sums are meant to be known', () => {
    const seven = samplesAt(500, ['a', 'b', 'c', 'd', 'e', 'f', 'g'], [...'abcdefg'])
    expect(closing(run({ ...end, samples: seven })).outcome).toBe('learned')
    expect(closing(run({ ...end, dataset: 'sums', samples: twenty(20) })).outcome).toBe('learned')
  })

  test('the samples of the last step are counted, not those before', () => {
    const samples = [...samplesAt(400, ['anna', 'otto']), ...twenty(0)]
    expect(closing(run({ ...end, samples })).happened).toContain('all of its 20 names')
  })
})

describe('measures of texts', () => {
  test('alternation counts pairs of letters with exactly one vowel', () => {
    expect(alternation(['kana'])).toBe(1)
    expect(alternation(['aab', 'kr'])).toBeCloseTo(1 / 3)
    expect(alternation(['A-k'])).toBe(1)
    expect(alternation(['k', ''])).toBeNaN()
  })

  test('first letters are shares of the texts that are not empty', () => {
    expect(firstLetters(['ab', 'ac', 'b', ''])).toEqual({ a: 2 / 3, b: 1 / 3 })
    expect(firstLetters(['😀x'])).toEqual({ '😀': 1 })
  })

  test('the distance is 0 for equal distributions and 1 for disjoint ones', () => {
    expect(distance({ a: 0.5, b: 0.5 }, { a: 0.5, b: 0.5 })).toBe(0)
    expect(distance({ a: 1 }, { b: 1 })).toBe(1)
    expect(distance({ a: 0.5, b: 0.5 }, { a: 1 })).toBe(0.5)
  })
})
