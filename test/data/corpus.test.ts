/** The sequences that a step is given, id by id, and where a split is refused. */
import { describe, expect, test } from 'vitest'
import { DatasetError, Random, Tokenizer, loadCore } from '../../src/index.js'
import { type DataOptions, createCorpus, encodeText, modeOf } from '../../src/data/corpus.js'

const core = await loadCore()
const random = () => new Random(1, core)
/** Each of these is two code units. */
const FACES = '😀😁😂😃😄'
const tokenizer = Tokenizer.of(['abcdef', FACES])
const [a, b, c, d, e, f] = tokenizer.encode('abcdef')
const { BOS } = tokenizer

const docsOf = (docs: string[], blockSize: number, valFraction = 0) =>
  createCorpus('docs', { docs, valFraction }, tokenizer, blockSize, random())
const textOf = (text: string | undefined, blockSize: number, valFraction = 0) => {
  const data = text === undefined ? { valFraction } : { text, valFraction }
  return createCorpus('text', data, tokenizer, blockSize, random())
}

describe('documents', () => {
  test.each<[string, number, string]>([
    ['abc', 2, 'abc'],
    ['abcd', 2, 'abcd'],
    ['abcdef', 2, 'ab'],
    [FACES, 5, FACES],
    [FACES, 4, FACES.slice(0, 8)],
    [`a${FACES}`, 3, `a${FACES.slice(0, 4)}`],
  ])('%j in blocks of %i is read up to %j', (doc, blockSize, seen) => {
    const ids = [BOS, ...tokenizer.encode(seen), BOS]
    expect(docsOf([doc], blockSize).batch(1, 0, random())).toEqual([ids])
    expect(docsOf([doc], blockSize).encode(doc)).toEqual([BOS, ...tokenizer.encode(doc), BOS])
  })

  test('follow one another, and begin again after the last one', () => {
    const corpus = docsOf(['a', 'b', 'c'], 4)
    const ids = corpus.docs.map((doc) => [BOS, ...tokenizer.encode(doc), BOS])
    expect(corpus.batch(2, 0, random())).toEqual([ids[0], ids[1]])
    expect(corpus.batch(4, 2, random())).toEqual([ids[2], ids[0], ids[1], ids[2]])
  })

  test('are split after they are shuffled', () => {
    const docs = [...'abcdef']
    const whole = docsOf(docs, 4)
    expect(whole).toMatchObject({ counts: { train: 6, val: 0 }, valDocs: [], pieces: whole.docs })
    expect([...whole.heldOut()]).toEqual([])
    const split = docsOf(docs, 4, 0.5)
    expect(split.counts).toEqual({ train: 3, val: 3 })
    expect(split.docs).toEqual(whole.docs.slice(0, 3))
    expect(split.valDocs).toEqual(whole.docs.slice(3))
    expect(split.pieces).toEqual([...whole.docs, 'split 0.5'])
    expect([...split.heldOut()]).toEqual(split.valDocs.map((doc) => tokenizer.encodeDoc(doc)))
  })

  test.each<[number, number, string | number]>([
    [2, 0.5, 1],
    [2, 0.49, 'valFraction 0.49 of 2 documents holds out none'],
    [3, 0.99, 2],
    [1, 0.5, 'valFraction 0.5 of 1 documents holds out none'],
    [0, 0.5, 0],
  ])('%i with a fraction of %d: %s', (count, fraction, want) => {
    const make = () => docsOf([...'abc'].slice(0, count), 4, fraction)
    if (typeof want === 'number') expect(make().counts.val).toBe(want)
    else expect(make).toThrow(want)
  })
})

describe('a text', () => {
  test('is held out from its end, in whole blocks', () => {
    const corpus = textOf('abcdefabcdef', 2, 0.5)
    expect(corpus.counts).toEqual({ train: 6, val: 6 })
    expect([...corpus.heldOut()]).toEqual([
      [a, b, c],
      [c, d, e],
    ])
    expect(corpus.pieces.at(-1)).toBe('split 0.5')
    expect([...textOf('abcdefabcdefa', 2, 0.54).heldOut()]).toEqual([
      [a, b, c],
      [c, d, e],
      [e, f, a],
    ])
    expect(textOf('abcd', 2).pieces).toHaveLength(1)
  })

  test('gives blocks from its first to its last possible place', () => {
    const blocks = textOf('abcdef', 4).batch(60, 0, random())
    const distinct = [...new Set(blocks.map((ids) => tokenizer.decode(ids)))]
    expect(distinct.toSorted()).toEqual(['abcde', 'bcdef'])
  })

  test.each<[string, number, number, string | null]>([
    ['abc', 2, 0, null],
    ['abc', 3, 0, 'the text has 3 characters to train on, but a block takes 4 (block_size'],
    ['abcdef', 2, 0.5, null],
    ['abcdef', 3, 0.5, 'the text has 3 characters to train on, but a block takes 4'],
    ['abcdefabc', 3, 0.34, 'valFraction 0.34 holds out 3 characters, but a block takes 4'],
    ['abcdefabc', 2, 0.34, null],
  ])('%j in blocks of %i with a fraction of %d: %s', (text, blockSize, fraction, message) => {
    const make = () => textOf(text, blockSize, fraction)
    if (message === null) expect(make).not.toThrow()
    else expect(make).toThrow(message)
  })

  test('that is not there is empty', () => {
    expect(textOf(undefined, 4).counts).toEqual({ train: 0, val: 0 })
  })

  test('is ids of two bytes, as many as it has characters', () => {
    const ids = encodeText(tokenizer, `ab${FACES}`)
    expect(ids).toBeInstanceOf(Uint16Array)
    expect([...ids]).toEqual(tokenizer.encode(`ab${FACES}`))
    const alphabet = (count: number) =>
      Array.from({ length: count }, (_, i) => String.fromCodePoint(0x10000 + i))
    expect(encodeText(new Tokenizer(alphabet(65_535)), '')).toBeInstanceOf(Uint16Array)
    expect(encodeText(new Tokenizer(alphabet(65_536)), '')).toBeInstanceOf(Uint32Array)
  })

  test('has pieces of at least two characters', () => {
    expect(textOf('abcdef', 2).encode('ab')).toEqual([a, b])
    expect(() => textOf('abcdef', 2).encode('a')).toThrow(/at least 2 characters, got "a"/)
  })
})

test.each<[DataOptions, string | null]>([
  [{ docs: ['a'] }, 'docs'],
  [{ text: 'a' }, 'text'],
  [{}, null],
])('%j is of the mode %s', (data, mode) => expect(modeOf(data)).toBe(mode))

test.each<[object, string]>([
  [{ docs: ['a'], text: 'a' }, 'give docs or text, not both'],
  [{ text: '' }, 'text must have characters'],
  [{ text: 5 }, 'text must be a string, got 5'],
  [{ docs: [] }, 'got an empty one'],
  [{ docs: ['a', 5] }, 'docs must be strings, got 5 at 1 of them'],
  [{ docs: [5, 'a'] }, 'docs must be strings, got 5 at 0 of them'],
])('%j is refused: %s', (data, message) => {
  expect(() => modeOf(data)).toThrow(DatasetError)
  expect(() => modeOf(data)).toThrow(message)
})
