/** What the page is told about documents and matrices: what is cut, and what a cell covers. */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { readyOf, summarise } from '../../src/web/worker/summary.js'
import { detail, thumb } from '../../src/web/worker/matrices.js'

test.each([
  [['anna'], 1, 'anna', 4, 'an'],
  [['otto', 'a', 'hannah'], 3, 'hannah', 6, 'ahnot'],
  [['b', 'a'], 2, 'b', 1, 'ab'],
  [['😀😀', 'abc'], 2, 'abc', 3, 'abc😀'],
  [['\uffff', '😀'], 2, '\uffff', 1, '\uffff😀'],
])('%j is summarized', (docs, numDocs, longestDoc, longest, chars) => {
  const source = { text: docs.join('\n'), name: null, mode: 'docs', valFraction: 0, docs } as const
  const want = { mode: 'docs', numDocs, longest, longestDoc, chars: [...chars] }
  expect(summarise(source)).toEqual(want)
})

test.each([
  [['abc', 'abcd', 'abcde'], 4, 2],
  [['abc', 'abcd', 'abcde'], 6, 0],
  [['abc', 'abcd', 'abcde'], 3, 3],
  // Characters are counted, not UTF-16 units.
  [['😀😀', '😀😀😀'], 3, 1],
])('of %j a block_size of %i cuts %i', async (docs, block_size, cut) => {
  const gpt = await MicroGPT.create({ docs, config: { block_size } })
  const ready = readyOf(gpt, 'docs', 'wasm')
  expect(ready.cut).toBe(cut)
  expect(ready.numDocs).toBe(docs.length)
  expect(ready.firstDocs).toEqual(gpt.docs)
  expect(ready.vocabSize).toBe(gpt.tokenizer.vocabSize)
  expect(ready.numParams).toBe(gpt.numParams)
})

test.each([
  ['docs', { docs: Array.from({ length: 10 }, (_, i) => `${i}a`), valFraction: 0.2 }, 8, 2],
  ['text', { text: 'abcdefghij'.repeat(10), valFraction: 0.1 }, 90, 10],
  ['text', { text: 'abcdefghij'.repeat(10) }, 100, 0],
] as const)(
  'of %s it says how much trains and how much is held out',
  async (mode, data, train, val) => {
    const gpt = await MicroGPT.create({ ...data, config: { block_size: 4 } })
    expect(readyOf(gpt, mode, 'wasm')).toMatchObject({ mode, numDocs: train, numVal: val })
  },
)

/** A matrix of 1, -2, 3, -4 and so on. */
const matrix = (rows: number, columns: number) => ({
  ...{ name: 'm', rows, columns },
  values: Float64Array.from({ length: rows * columns }, (_, i) => (i % 2 ? -1 : 1) * (i + 1)),
})

test.each([
  [2, 3, 2, 3],
  [512, 2, 512, 2],
  [513, 2, 512, 2],
  [2, 600, 2, 512],
])('a [%i, %i] matrix in detail has its first [%i, %i] rows and columns', (m, n, rows, columns) => {
  const whole = matrix(m, n)
  const shown = detail(whole)
  expect([shown.rows, shown.columns, shown.values.length]).toEqual([rows, columns, rows * columns])
  for (const [i, j] of [
    [0, 0],
    [0, columns - 1],
    [rows - 1, 0],
    [rows - 1, columns - 1],
  ]) {
    expect(shown.values[i! * columns + j!]).toBe(whole.values[i! * n + j!])
  }
})

test.each([
  [64, 64, 64, 64],
  [65, 64, 33, 64],
  [64, 130, 64, 44],
  [128, 128, 64, 64],
])('the thumbnail of a [%i, %i] matrix has [%i, %i] cells', (m, n, rows, columns) => {
  const small = thumb(matrix(m, n))
  expect([small.rows, small.columns, small.values.length]).toEqual([rows, columns, rows * columns])
})

test('a cell of a thumbnail is the number of largest magnitude that it covers', () => {
  const { values, columns } = thumb(matrix(128, 128))
  // The last of the four numbers of a cell is the largest: [2i + 1][2j + 1], negative here.
  expect(values[0]).toBe(-(128 + 2))
  expect(values[5 * columns + 7]).toBe(-((2 * 5 + 1) * 128 + 2 * 7 + 2))
})

test('both are copies, because the model keeps training', () => {
  const whole = matrix(2, 2)
  const [shown, small] = [detail(whole), thumb(whole)]
  whole.values.fill(0)
  expect([...shown.values]).toEqual([1, -2, 3, -4])
  expect([...small.values]).toEqual([1, -2, 3, -4])
})
