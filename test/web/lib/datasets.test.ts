/** The datasets of the page: their format, the sums, and how answers are counted. */
import { describe, expect, test } from 'vitest'
import { MicroGPT } from '../../../src/index.js'
import { resolveConfig } from '../../../src/config/config.js'
import { parseDocs } from '../../../src/data/text.js'
import { DATASETS, SUMS_CONFIG } from '../../../src/web/lib/datasets/index.js'
import {
  SUMS_HELD_OUT,
  answerOf,
  judgeSum,
  makeSums,
  shareOfRightAnswers,
} from '../../../src/web/lib/datasets/sums.js'

const find = (key: string) => DATASETS.find((dataset) => dataset.key === key)!

describe.each(['places', 'dinosaurs'])('%s', (key) => {
  const text = find(key).text()
  const docs = parseDocs(text)

  test('300 to 600 different entries, sorted, one per line', () => {
    expect(docs.length).toBeGreaterThanOrEqual(300)
    expect(docs.length).toBeLessThanOrEqual(600)
    expect(docs.join('\n')).toBe(text)
    expect([...new Set(docs)].sort()).toEqual(docs)
  })

  test('only a to z, and each fits its block_size with its end token', () => {
    const { block_size } = resolveConfig('tutorial', find(key).config)
    for (const doc of docs) expect(doc).toMatch(/^[a-z]{4,}$/)
    expect(Math.max(...docs.map((doc) => doc.length)) + 1).toBeLessThanOrEqual(block_size)
  })
})

test('the dinosaurs are dinosaurs, and no dataset is another one', () => {
  expect(find('dinosaurs').text()).toMatch(/^tyrannosaurus$/m)
  expect(find('places').text()).not.toContain('saurus')
  expect(new Set(DATASETS.map(({ text }) => text())).size).toBe(DATASETS.length)
})

test('the text is 2 to 5 KB of plain ASCII, and its held-out part is larger than a block', () => {
  const { text, config, valFraction } = find('text')
  expect(text()).toMatch(/^[\n -~]+$/)
  expect(text().length).toBeGreaterThan(2000)
  expect(text().length).toBeLessThan(5000)
  expect(text().length * valFraction).toBeGreaterThan(config.block_size! + 1)
})

test.each(DATASETS)('a model of $key is made with its own configuration', async (dataset) => {
  const { mode, config, valFraction } = dataset
  const data = mode === 'text' ? { text: dataset.text() } : { docs: parseDocs(dataset.text()) }
  const gpt = await MicroGPT.create({ ...data, config, valFraction })
  const { loss } = [...gpt.train({ steps: 1 })][0]!
  expect(loss).toBeCloseTo(Math.log(gpt.tokenizer.vocabSize), 1)
  gpt.free()
})

describe('sums', () => {
  test('every sum of the range appears once and is correct', () => {
    const sums = makeSums()
    expect(sums.length).toBe(10_000)
    expect(new Set(sums).size).toBe(10_000)
    expect(sums.every((sum) => judgeSum(sum) === true)).toBe(true)
    expect(sums).toContain('12+7=19')
    expect(sums).toContain('99+99=198')
  })

  test('the seed determines the order', () => {
    expect(makeSums({ seed: 1 })).toEqual(makeSums({ seed: 1 }))
    expect(makeSums({ seed: 1 })).not.toEqual(makeSums({ seed: 2 }))
    expect(makeSums({ seed: 1 }).sort()).toEqual(makeSums({ seed: 2 }).sort())
  })

  test('a range limits the summands', () => {
    expect(makeSums({ from: 4, to: 5 }).sort()).toEqual(['4+4=8', '4+5=9', '5+4=9', '5+5=10'])
  })

  test.each([
    ['12+7=19', true],
    ['12+7=20', false],
    ['12+7=019', false],
    ['0+0=0', true],
    ['12+7=', null],
    ['12+7', null],
    ['', null],
    ['1+1=2=2', null],
  ])('%j is judged %j', (text, right) => expect(judgeSum(text)).toBe(right))

  /** A model that is right only if the first summand is below 5. */
  const halfWit = {
    *generate({ prompt }: { prompt: string }) {
      const [a, b] = prompt.split(/[+=]/).map(Number) as [number, number]
      for (const char of String(a < 5 ? a + b : a)) yield { char }
    },
  }

  test('the share of right answers counts whole answers', () => {
    expect(shareOfRightAnswers(halfWit, makeSums({ from: 1, to: 9 }))).toBeCloseTo(4 / 9, 12)
    expect(shareOfRightAnswers(halfWit, [])).toBeNaN()
    expect(answerOf(halfWit, '3+4')).toBe('7')
    expect(answerOf(halfWit, '30+4=')).toBe('30')
  })

  test('a small model learns sums of one digit', { timeout: 120_000 }, async () => {
    const docs = makeSums({ to: 9 })
    const config = { ...SUMS_CONFIG, block_size: 7, num_steps: 800 }
    const gpt = await MicroGPT.create({ docs, config, valFraction: SUMS_HELD_OUT })
    const before = shareOfRightAnswers(gpt, gpt.docs)
    for (const _ of gpt.train()) continue
    expect(before).toBeLessThan(0.2)
    expect(shareOfRightAnswers(gpt, gpt.docs)).toBeGreaterThan(0.9)
    gpt.free()
  })
})
