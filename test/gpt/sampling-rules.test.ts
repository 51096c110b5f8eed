/** The rules of sampling and of cutting a batch, on numbers that can be checked by hand. */
import { describe, expect, test } from 'vitest'
import {
  ConfigError,
  PRESETS,
  Random,
  Tokenizer,
  TokenizerError,
  loadCore,
} from '../../src/index.js'
import { cutBatch, microBatchRows } from '../../src/gpt/cut-batch.js'
import { snapshot } from '../../src/gpt/options.js'
import { continuationOf } from '../../src/gpt/policy.js'
import {
  type SamplingPolicy,
  type Sequences,
  argmax,
  drawRanked,
  rankIds,
  sampleSequences,
} from '../../src/gpt/sample.js'

const core = await loadCore()

describe('how a prompt goes on', () => {
  const letters = new Tokenizer(['a', 'b', 'c'])
  const lines = new Tokenizer(['a', '\n', 'c'])

  test.each([
    ['docs', letters, '', undefined, { start: [3], stop: 3, banned: null, length: 4 }],
    ['docs', letters, 'abc', undefined, { start: [3, 0, 1, 2], stop: 3, banned: null, length: 1 }],
    ['text', letters, '', undefined, { start: [0], stop: null, banned: 3, length: 200 }],
    ['text', lines, '', 5, { start: [1], stop: null, banned: 3, length: 5 }],
    ['text', letters, 'cbabc', 0, { start: [2, 1, 0, 1, 2], stop: null, banned: 3, length: 0 }],
  ] as const)('%s: %#', (mode, tokenizer, prompt, length, want) => {
    expect(continuationOf(mode, tokenizer, 4, prompt, length)).toEqual(want)
  })

  test.each([
    ['docs', 'abca', undefined, 'prompt has 4 characters, but the model sees 3; shorten it'],
    ['docs', 'abcab', undefined, 'prompt has 5 characters, but the model sees 3; shorten it'],
    [
      'docs',
      '',
      5,
      'length is for models of a text; a document ends by itself or at block_size; leave it out',
    ],
    ['text', '', -1, 'length must be a whole number from 0, got -1; try 200'],
    ['text', '', 0.5, 'length must be a whole number from 0, got 0.5; try 200'],
  ] as const)('%s %j of length %s: %s', (mode, prompt, length, message) => {
    const call = () => continuationOf(mode, letters, 4, prompt, length)
    expect(call).toThrow(ConfigError)
    expect(call).toThrow(expect.objectContaining({ message }))
    expect(() => continuationOf(mode, letters, 4, 'x', undefined)).toThrow(TokenizerError)
  })
})

describe('ranked ids', () => {
  const next = (...logits: number[]) => {
    const weights = logits.map((x) => Math.exp(x))
    const sum = weights.reduce((a, b) => a + b)
    return { logits, probabilities: weights.map((w) => w / sum) }
  }
  const rank = (
    token: ReturnType<typeof next>,
    { banned = null, temperature = 1, ...rest }: Partial<SamplingPolicy>,
  ) => rankIds(token, { banned, temperature, ...rest }, Math.exp)
  const ids = (...args: Parameters<typeof rank>) => rank(...args).map(({ id }) => id)

  test('the most likely first, of equal ones the lowest', () => {
    expect(ids(next(1, 3, 2, 3), {})).toEqual([1, 3, 2, 0])
    expect(ids(next(1, 3, 2, 3), { topK: 2 })).toEqual([1, 3])
    expect(ids(next(1, 3, 2, 3), { banned: 1 })).toEqual([3, 2, 0])
    expect(ids(next(1, 3, 2, 3), { banned: 0, topK: 9 })).toEqual([1, 3, 2])
    expect(argmax([1, 3, 2, 3])).toBe(1)
    expect(argmax([-1])).toBe(0)
    expect(argmax([5, 1])).toBe(0)
  })

  test('with probabilities that sum to 1', () => {
    const token = next(Math.log(1), Math.log(3), Math.log(4))
    const p = (policy: Partial<SamplingPolicy>) => rank(token, policy).map((x) => x.probability)
    const close = (got: number[], want: number[]) =>
      got.forEach((x, i) => expect(x).toBeCloseTo(want[i]!, 12))
    close(p({}), [4 / 8, 3 / 8, 1 / 8])
    close(p({ topK: 2 }), [4 / 7, 3 / 7])
    close(p({ banned: 2 }), [3 / 4, 1 / 4])
  })

  test('where the banned id has all the probability, they follow from the logits', () => {
    const token = { logits: [1000, Math.log(1), Math.log(4)], probabilities: [1, 0, 0] }
    const p = (temperature: number) =>
      rank(token, { banned: 0, temperature }).map((x) => x.probability)
    expect(p(1)).toEqual([expect.closeTo(0.8, 12), expect.closeTo(0.2, 12)])
    expect(p(0.5)).toEqual([expect.closeTo(16 / 17, 12), expect.closeTo(1 / 17, 12)])
    expect(p(0)).toEqual([1, 0])
  })

  test('are drawn by their probability, or the first without a draw', () => {
    const ranked = [0.5, 0.3, 0.2].map((probability, id) => ({ id, probability }))
    const random = new Random(1, core)
    const counts = [0, 0, 0]
    for (let i = 0; i < 2000; i++) counts[drawRanked(ranked, { temperature: 1 }, random)]!++
    counts.forEach((count, i) => expect(count / 2000).toBeCloseTo(ranked[i]!.probability, 1))
    const [one, other] = [new Random(2, core), new Random(2, core)]
    expect(drawRanked(ranked, { temperature: 0 }, one)).toBe(0)
    expect(one.random()).toBe(other.random())
  })
})

describe('sequences', () => {
  /** A model whose next token is a function of a row's tokens so far. */
  function modelOf(rows: number, nextOf: (past: number[]) => number) {
    const pasts: number[][] = Array.from({ length: rows }, () => [])
    let runs = 0
    const model: Sequences = {
      rows: pasts.map(() => ({ logits: [0, 0, 0, 0], probabilities: [] as number[] })),
      setTemperature: () => {},
      feed(row, token, position) {
        if (position === 0) pasts[row] = []
        expect(pasts[row]).toHaveLength(position)
        pasts[row]!.push(token)
      },
      run() {
        runs++
        pasts.forEach((past, row) => {
          const logits = [0, 0, 0, 0]
          logits[nextOf(past)] = 1
          Object.assign(model.rows[row]!, { logits })
        })
      },
    }
    return { model, runs: () => runs }
  }
  const policy = { start: [3], stop: 3, banned: null, length: 3, temperature: 0 }
  const sample = (rows: number, count: number, nextOf: (past: number[]) => number, more = {}) => {
    const { model, runs } = modelOf(rows, nextOf)
    const all = sampleSequences(model, new Random(1, core), { ...policy, ...more }, count)
    return { all, runs: runs() }
  }

  test.each([1, 2, 3, 5])('end at the stop, with %i at a time', (rows) => {
    const { all } = sample(rows, 4, (past) => (past.length < 3 ? past.length - 1 : 3))
    expect(all).toEqual(Array.from({ length: 4 }, () => [0, 1]))
  })

  test('end at their length, and take no more runs than they need', () => {
    expect(sample(1, 2, () => 1)).toEqual({
      all: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      runs: 6,
    })
    expect(sample(2, 2, () => 1)).toEqual({
      all: [
        [1, 1, 1],
        [1, 1, 1],
      ],
      runs: 3,
    })
    expect(sample(2, 3, () => 1).runs).toBe(6)
    expect(sample(2, 0, () => 1)).toEqual({ all: [], runs: 0 })
    expect(sample(1, 1, () => 3, { stop: null })).toEqual({ all: [[3, 3, 3]], runs: 3 })
  })
})

test.each<[number[], number, number, number[]]>([
  [[4, 4], 8, 1, [2]],
  [[4, 5], 8, 1, [1, 2]],
  [[4, 4, 4, 4], 8, 1, [2, 4]],
  [[4, 4, 4, 4], 8, 2, [2, 4]],
  [[4, 4, 4, 4], 100, 2, [2, 4]],
  [[4, 4, 4, 4], 100, 3, [1, 3, 4]],
  [[4, 4, 4, 4], 100, 8, [1, 2, 3, 4]],
  [[10, 1, 1], 4, 1, [1, 2, 3]],
  [[1, 1, 1, 1, 10], 4, 1, [1, 2, 3, 4, 5]],
  [[1, 1, 1, 1, 1, 1, 6], 6, 1, [6, 7]],
  [[2, 2, 2, 2, 2, 2], 6, 1, [3, 6]],
])('a batch of %j, at most %i rows, on %i threads is cut at %j', (lengths, most, threads, ends) => {
  expect(cutBatch(lengths, most, threads)).toEqual(ends)
})

test.each([
  [8, 16, 128],
  [8, 191, 128],
  [8, 192, 256],
  [300, 16, 300],
])('a micro-batch of block_size %i and n_embd %i has %i rows', (block_size, n_embd, rows) => {
  expect(microBatchRows({ ...PRESETS.tutorial, block_size, n_embd })).toBe(rows)
})

test('a snapshot of options does not change with them; what is no option is left', () => {
  const options = { docs: ['a'], config: { n_embd: 8 }, seed: 1 }
  const copy = snapshot(options)
  options.docs.push('b')
  options.config.n_embd = 4
  expect(copy).toEqual({ docs: ['a'], config: { n_embd: 8 }, seed: 1 })
  expect(Object.keys(snapshot({ text: 'a' }))).toEqual(['text'])
  for (const odd of [null, 5, undefined]) expect(snapshot(odd as never)).toBe(odd)
  const date = new Date()
  expect(snapshot({ docs: 'a', config: date } as never)).toEqual({ docs: 'a', config: date })
  expect(snapshot({ docs: null, config: null } as never)).toEqual({ docs: null, config: null })
})
