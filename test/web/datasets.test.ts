/** The datasets to choose from: what is said of each, and which one a text belongs to. */
import { expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { parseDocs } from '../../src/index.js'
import { datasetOf, datasets } from '../../src/web/datasets.js'
import { DATASETS } from '../../src/web/lib/datasets/index.js'
import { count } from '../../src/web/text.js'

const names = { text: NAMES, name: null, mode: 'docs', valFraction: 0 } as const
const list = datasets(names)
const sizes = Object.fromEntries(
  DATASETS.map(({ key, text }) => [
    key,
    { docs: parseDocs(text()).length, letters: text().length },
  ]),
)

test('each has its title, its size, and the text that the page ships', () => {
  expect(list.map(({ key, title, about }) => [key, title, about])).toEqual([
    ['names', 'Names', '2,787 names'],
    ['places', 'Places', `${count(sizes['places']!.docs)} lines`],
    ['dinosaurs', 'Dinosaurs', `${count(sizes['dinosaurs']!.docs)} lines`],
    ['sums', 'Sums', '12+7=19'],
    ['text', 'A long text', `${count(sizes['text']!.letters)} letters`],
  ])
  expect(list[0]!.source).toBe(names)
  for (const [i, { text, mode, valFraction, config }] of DATASETS.entries()) {
    const { source, config: own } = list[i + 1]!
    expect(source).toMatchObject({ text: text(), mode, valFraction })
    expect(own).toBe(config)
    // The page compares sources by identity.
    expect(list[i + 1]!.source).toBe(source)
  }
  expect(list.map(({ source }) => source.name)).toEqual([
    null,
    ...['the shipped places', 'the shipped dinosaurs', 'the shipped sums', 'the shipped long text'],
  ])
})

test('a text belongs to the dataset with the same text and mode, or else to the visitor', () => {
  for (const { key, source } of list) {
    expect(datasetOf(list, { ...source })).toBe(key)
    const mode = source.mode === 'docs' ? 'text' : 'docs'
    expect(datasetOf(list, { ...source, mode })).toBe('own')
    expect(datasetOf(list, { ...source, text: `${source.text}x` })).toBe('own')
  }
})
