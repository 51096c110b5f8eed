import { describe, expect, test } from 'vitest'
import { DatasetError, Tokenizer, TokenizerError } from '../src/index.js'

const abc = Tokenizer.of(['cab', 'bb'])

describe('the alphabet', () => {
  test.each<[string, string[], string[]]>([
    ['is sorted and distinct', ['cab', 'bb'], ['a', 'b', 'c']],
    ['is sorted by code point', ['zA9 é'], [' ', '9', 'A', 'z', 'é']],
    ['sorts astral characters last', ['😀\uff21𝔘a'], ['a', '\uff21', '𝔘', '😀']],
    ['keeps combining marks apart', ['ée\u0301'], ['e', 'é', '\u0301']],
    ['takes code points, not emoji sequences', ['👍🏽'], ['🏽', '👍']],
    ['takes blanks and zero', ['a \0'], ['\0', ' ', 'a']],
    ['passes over empty documents', ['', 'a'], ['a']],
    ['takes unpaired surrogates', ['\ud800a\udc00'], ['a', '\ud800', '\udc00']],
    ['sorts unpaired surrogates by their code', ['😀\uff21\ud83d'], ['\ud83d', '\uff21', '😀']],
  ])('%s', (_, docs, want) => {
    const tokenizer = Tokenizer.of(docs)
    expect(tokenizer.chars).toEqual(want)
    expect(tokenizer.BOS).toBe(want.length)
    expect(tokenizer.vocabSize).toBe(want.length + 1)
    for (const doc of docs) expect(tokenizer.decode(tokenizer.encodeDoc(doc))).toBe(doc)
  })

  test('is the same as one that is given', () => {
    expect(new Tokenizer(['a', 'b', 'c'])).toEqual(abc)
  })

  test('may have another order, which is kept', () => {
    expect(new Tokenizer(['b', 'a']).encode('ab')).toEqual([1, 0])
  })

  test('is a copy that cannot be written to', () => {
    const chars = ['a', 'b']
    const tokenizer = new Tokenizer(chars)
    chars[0] = 'z'
    expect(tokenizer.chars[0]).toBe('a')
    expect(() => (tokenizer.chars as string[]).push('c')).toThrow(TypeError)
  })

  test.each([[['a', 'a']], [['ab']], [['']], [['e\u0301']]])('%j is none', (chars) => {
    expect(() => new Tokenizer(chars)).toThrow(TokenizerError)
    expect(() => new Tokenizer(chars)).toThrow(/distinct single characters, got /)
  })

  test.each([
    [[]],
    ['abc'],
    [undefined],
    [null],
    [new Set(['a'])],
    [['a', 5]],
    [['a', undefined]],
    [['', '']],
  ])('documents that are %s are rejected', (docs) => {
    expect(() => Tokenizer.of(docs as any)).toThrow(DatasetError)
  })
})

describe('ids', () => {
  test('of a text; BOS is the last, and around a document', () => {
    expect(abc.encode('abcb')).toEqual([0, 1, 2, 1])
    expect(abc.encodeDoc('ca')).toEqual([3, 2, 0, 3])
    expect([abc.encode(''), abc.encodeDoc('')]).toEqual([[], [3, 3]])
  })

  test('one for an astral character', () => {
    const tokenizer = Tokenizer.of(['a😀'])
    expect(tokenizer.encodeDoc('😀a😀')).toEqual([2, 1, 0, 1, 2])
    expect(tokenizer.decode([1, 0])).toBe('😀a')
  })

  test.each([
    [[], ''],
    [[3, 2, 0, 3, 1], 'cab'],
    [new Uint8Array([0, 1]), 'ab'],
    [new Set([2, 0]), 'ca'],
  ])('%s are the text %j', (ids, want) => {
    expect(abc.decode(ids)).toBe(want)
  })

  test.each([4, -1, 0.5, NaN, Infinity, '0', null])('%s is none', (id: any) => {
    expect(() => abc.decode([0, id])).toThrow(TokenizerError)
    expect(() => abc.decode([0, id])).toThrow(/from 0 to 3, got /)
  })
})

describe('a character outside', () => {
  test.each([
    ['abx', '"x"'],
    ['A', '"A"'],
    ['a\n', '"\\n"'],
    ['c😀', '"😀"'],
    ['\ud83d', '"\\ud83d"'],
  ])('of %j is named with the alphabet', (text, shown) => {
    const message = `the character ${shown} is not in the alphabet: abc`
    expect(() => abc.encode(text)).toThrow(TokenizerError)
    expect(() => abc.encodeDoc(text)).toThrow(message)
  })

  test('is named, with a long alphabet shortened', () => {
    const chars = Array.from({ length: 5000 }, (_, i) => String.fromCodePoint(0x4e00 + i))
    const encode = () => new Tokenizer(chars).encode('x')
    expect(encode).toThrow('丂七')
    expect(encode).toThrow(/^.{50,300}$/u)
  })
})
