import { describe, expect, test } from 'vitest'
import { NAMES } from '../src/data/names.js'
import { DatasetError, decodeUtf8, parseDocs, parseText, strip } from '../src/index.js'

/** Code points for which Python's str.isspace() holds: what its strip() removes. */
const SPACE = [
  9, 10, 11, 12, 13, 28, 29, 30, 31, 32, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002, 0x2003, 0x2004,
  0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f, 0x3000,
]

describe('strip', () => {
  test('removes the same code points as Python, at both ends', () => {
    const taken: number[] = []
    for (let code = 0; code < 0x110000; code++) {
      const char = String.fromCodePoint(code)
      const rest = strip(`${char}x${char}`)
      if (rest === 'x') taken.push(code)
      else if (rest !== `${char}x${char}`) throw new Error(`one end only: ${code}`)
    }
    expect(taken).toEqual(SPACE)
  })

  test.each([
    ['', ''],
    [' \t\u3000', ''],
    ['x', 'x'],
    [' \x1c a b \x85\xa0', 'a b'],
    ['\ufeffx\u200b', '\ufeffx\u200b'],
  ])('%j to %j', (text, want) => {
    expect(strip(text)).toBe(want)
  })
})

describe('parseDocs', () => {
  test.each<[string, string, string[]]>([
    ['LF', 'ab\ncd\n', ['ab', 'cd']],
    ['CRLF', 'ab\r\ncd\r\n', ['ab', 'cd']],
    ['CR', 'ab\rcd\r', ['ab', 'cd']],
    ['all three', 'a\r\nb\rc\nd', ['a', 'b', 'c', 'd']],
    ['no line end', 'ab', ['ab']],
    ['blank lines', '\n\n a \n \t \n\r\n\u3000\nb', ['a', 'b']],
    ['repeated documents', 'b\na\nb', ['b', 'a', 'b']],
    ['spaces inside', 'a b\n', ['a b']],
    ['a byte order mark', '\ufeffab\ncd', ['ab', 'cd']],
    ['a second mark, and one further on', '\ufeff\ufeffab\n\ufeffcd', ['\ufeffab', '\ufeffcd']],
    ['NEL at an end', 'ab\x85\n\x85cd', ['ab', 'cd']],
    ['what str.splitlines would split at', 'a\x85b\vc\fd\x1ce\u2028f\u2029g', []],
    ['astral characters', '😀x\n𝔘', ['😀x', '𝔘']],
  ])('%s', (_, text, want) => {
    expect(parseDocs(text)).toEqual(want.length > 0 ? want : [text])
  })

  test.each(['', '\n', ' \r\n\t\u3000\n', '\ufeff', '\ufeff\n'])('%j is empty', (text) => {
    expect(() => parseDocs(text)).toThrow(DatasetError)
    expect(() => parseDocs(text)).toThrow(/no document.*at least one line/)
  })
})

describe('parseText', () => {
  test.each([
    ['ab', 'ab'],
    ['\ufeffa\ufeffb', 'a\ufeffb'],
    ['\ra\r\n\r\nb\n\rc \n', '\na\n\nb\n\nc \n'],
    ['\n', '\n'],
    [' \x85\u2028\v', ' \x85\u2028\v'],
  ])('%j to %j', (text, want) => {
    expect(parseText(text)).toBe(want)
  })

  test.each(['', '\ufeff'])('%j is empty', (text) => {
    expect(() => parseText(text)).toThrow(DatasetError)
    expect(() => parseText(text)).toThrow(/empty: give some characters/)
  })
})

describe('decodeUtf8', () => {
  const utf8 = (text: string) => new TextEncoder().encode(text)

  test.each(['', 'ab\r\ncd', '\ufeffab', 'é名😀\u2028', '\0'])('%j as it was', (text) => {
    expect(decodeUtf8(utf8(text))).toBe(text)
  })

  test('a part of a buffer', () => {
    expect(decodeUtf8(utf8('xxabxx').subarray(2, 4))).toBe('ab')
  })

  // Line, and byte in it, at which the malformed sequence begins: where Python's decoder points.
  test.each<[string, number[], number, number]>([
    ['a byte that UTF-8 has not', [0x61, 0xff], 1, 2],
    ['the first byte', [0xfe], 1, 1],
    ['the second line', [0x61, 0x0a, 0x62, 0x80, 0x0a], 2, 2],
    ['after CRLF', [0x61, 0x0d, 0x0a, 0x80], 2, 1],
    ['after characters of two, three and four bytes', [...utf8('é名😀'), 0xc0], 1, 10],
    ['the third line, after a blank one', [0x61, 0x0a, 0x0a, 0xff], 3, 1],
    ['the first of two', [0x61, 0x0a, 0xff, 0x0a, 0xff], 2, 1],
    ['after a byte order mark', [0xef, 0xbb, 0xbf, 0xff], 1, 4],
    ['Latin-1 in a line', [0x63, 0xe9, 0x72, 0x0a, 0x62], 1, 2],
    ['Latin-1 at the end of a line', [0x63, 0x61, 0x66, 0xe9, 0x0a, 0x62], 1, 4],
    ['a character cut off by the end', [0x61, 0x0a, 0x62, 0xe2, 0x82], 2, 2],
  ])('rejects %s', (_, bytes, line, byte) => {
    const decode = () => decodeUtf8(Uint8Array.from(bytes))
    expect(decode).toThrow(DatasetError)
    expect(decode).toThrow(`not valid UTF-8 at line ${line}, byte ${byte} of it`)
  })
})

describe('the embedded names', () => {
  const names = parseDocs(NAMES)

  test('are at least 2,000, distinct and sorted', () => {
    expect(names.length).toBeGreaterThanOrEqual(2000)
    expect([...new Set(names)].sort()).toEqual(names)
  })

  test('are only a-z, one per line', () => {
    expect(names.filter((name) => !/^[a-z]+$/.test(name))).toEqual([])
    expect(NAMES).toBe(names.map((name) => `${name}\n`).join(''))
  })

  test('use the whole alphabet', () => {
    expect(new Set(NAMES).size).toBe(27)
  })
})
