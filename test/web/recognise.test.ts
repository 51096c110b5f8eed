/** The format that a pasted text is recognized as, and the documents read from it. */
import { expect, test } from 'vitest'
import { documentsOf, recognise } from '../../src/web/recognise.js'

const PROSE = 'It was a cold morning, and the harbor lay under a thin sheet of ice. '

test.each([
  ['anna\nbob\ncarla\n', 'list', 'docs', 8],
  ['short\n'.repeat(9) + 'a line of twenty-two c.\n', 'list', 'docs', 8],
  ['a line of twenty-two c.\n'.repeat(9), 'list', 'docs', 24],
  [PROSE.repeat(20), 'text', 'text', 32],
  [`${PROSE}\n`.repeat(20), 'text', 'text', 32],
  ['name,city\nanna,rome\nbert,oslo\n', 'csv', 'docs', 8],
  ['name\tcity\nanna\trome\nbert\toslo\n', 'csv', 'docs', 8],
  ['{"word": "moss"}\n{"word": "fern"}\n', 'jsonl', 'docs', 8],
  // Sums and names with commas are lists.
  ['1+2=3\n4+5=9\n', 'list', 'docs', 8],
  ['smith, anna\njones, bob\n', 'list', 'docs', 11],
])('%j is a %s', (text, kind, mode, blockSize) => {
  expect(recognise(text)).toMatchObject({ kind, mode, blockSize })
})

test.each([
  ['name,city\nanna,rome\nbert,oslo\n', 'a table with columns between commas'],
  ['name\tcity\nanna\trome\nbert\toslo\n', 'a table with columns between tabs'],
  ['{"word": "moss"}\n{"word": "fern"}\n', 'JSON Lines: one object per line'],
  ['moss\nfern\n', 'a list: one document per line'],
  [PROSE.repeat(20), 'one long text: the model reads windows of it, and a tenth is held out'],
])('%j looks like %s', (text, about) => {
  expect(recognise(text).about).toBe(about)
})

test('a column gives one document per cell, even if a cell contains line breaks', () => {
  const text = 'id,word\n1,moss\n2,"fern\nand heather"\n3,"a ""quoted"" one"\n'
  const found = recognise(text)
  expect(found.columns).toEqual(['id', 'word'])
  expect(documentsOf(text, found, 1)).toBe('moss\nfern and heather\na "quoted" one')
  expect(documentsOf(text, found, 0)).toBe('1\n2\n3')
})

test('a field of JSON Lines gives one document per value, and a list stays as it is', () => {
  const text = '{"id": 1, "word": "moss"}\n{"id": 2, "word": "fern"}\n'
  const found = recognise(text)
  expect(found.columns).toEqual(['word'])
  expect(documentsOf(text, found, 0)).toBe('moss\nfern')
  expect(documentsOf('a\nb', recognise('a\nb'), 0)).toBe('a\nb')
})
