/** Where one kind of file ends and the next begins: each rule at its limit. */
import { describe, expect, test } from 'vitest'
import { MAX_TEXT, checkSize, decode, decompressed } from '../../src/data/decode.js'
import { type DataReading, dataOf } from '../../src/data/decode-data.js'
import { columnOf, fieldOf, fieldsOf, tableOf } from '../../src/data/table.js'
import { DatasetError } from '../../src/index.js'

const lines = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i))
const docsOf = (text: string, reading: DataReading = {}) => {
  const data = dataOf(text, reading)
  return 'docs' in data ? data.docs : data.text
}

describe('what a file begins with', () => {
  test.each<[string, number[]]>([
    ['a ZIP archive', [0x50, 0x4b, 0x03, 0x04]],
    ['a PDF', [0x25, 0x50, 0x44, 0x46, 0x2d]],
    ['a PNG image', [0x89, 0x50, 0x4e, 0x47]],
    ['a JPEG image', [0xff, 0xd8, 0xff]],
    ['compressed by bzip2', [0x42, 0x5a, 0x68]],
    ['compressed by xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
    ['compressed by zstd', [0x28, 0xb5, 0x2f, 0xfd]],
    ['UTF-32', [0xff, 0xfe, 0x00, 0x00]],
    ['UTF-32', [0x00, 0x00, 0xfe, 0xff]],
  ])('%s is refused by all of its first bytes', (name, start) => {
    const said = `it is ${name}, not text`
    expect(() => decode(Uint8Array.from([...start, 0x61, 0x62]))).toThrow(said)
    expect(() => decode(Uint8Array.from(start), 'utf-8', 'replace')).toThrow(said)
    const others = [...start.slice(0, -1), 0x61]
    expect(() => decode(Uint8Array.from(others), 'utf-8', 'replace')).not.toThrow()
    expect(() => decode(Uint8Array.from(start), 'windows-1252')).not.toThrow()
  })

  test.each([
    [[0xff, 0xfe, 0x61, 0x00], 'utf-8', '\ufeffa'],
    [[0xfe, 0xff, 0x00, 0x61], 'utf-8', '\ufeffa'],
    [[0x61, 0x00], 'utf-16le', 'a'],
    [[0x00, 0x61], 'utf-16be', 'a'],
    [[0xff, 0x61], 'utf-8', '\ufffda'],
  ] as const)('%j as %s is %j', (bytes, encoding, text) => {
    expect(decode(Uint8Array.from(bytes), encoding, 'replace')).toBe(text)
  })

  test.each([
    [[0xff, 0xfe, 0x61], 'utf-8', 'UTF-16LE'],
    [[0x61], 'utf-16be', 'UTF-16BE'],
  ] as const)('%j as %s is not valid %s', (bytes, encoding, name) => {
    expect(() => decode(Uint8Array.from(bytes), encoding)).toThrow(`not valid ${name};`)
  })

  test('every byte of windows-1252 is a character', () => {
    // The index of the Encoding standard. Node 20's own decoder takes it for Latin-1.
    const index =
      '20ac 81 201a 192 201e 2026 2020 2021 2c6 2030 160 2039 152 8d 17d 8f ' +
      '90 2018 2019 201c 201d 2022 2013 2014 2dc 2122 161 203a 153 9d 17e 178'
    const codes = index.split(' ').map((code) => parseInt(code, 16))
    const bytes = Uint8Array.from({ length: 40_000 }, (_, i) => i)
    const text = decode(bytes, 'windows-1252')
    expect(text.length).toBe(bytes.length)
    const wrong = [...bytes.keys()].filter(
      (i) => text.charCodeAt(i) !== (codes[bytes[i]! - 0x80] ?? bytes[i]),
    )
    expect(wrong).toEqual([])
  })
})

describe('the first malformed byte', () => {
  /** Bytes that are looked at at once. */
  const SPAN = 2 ** 14
  test.each<[string, number, number]>([
    ['', 1, 1],
    ['a', 1, 2],
    ['\n', 2, 1],
    ['\n\n', 3, 1],
    ['a\n\nbc', 3, 3],
    ['é', 1, 3],
    ['\n😀', 2, 5],
    ...[-4, -3, -2, -1, 0, 1, 2, 3].flatMap((i): [string, number, number][] => [
      ['x'.repeat(SPAN + i), 1, SPAN + i + 1],
      [`${'x'.repeat(SPAN + i)}😀`, 1, SPAN + i + 5],
      [`${'x'.repeat(2 * SPAN + i)}€\n`, 2, 1],
    ]),
  ])('case %#: the line and the byte in it', (text, line, byte) => {
    const before = new TextEncoder().encode(text)
    for (const after of [
      [0xff],
      [0xc3],
      [0xc3, 0x28],
      [0xe2, 0x82, 0x0a],
      [0xf0, 0x9f, 0x98, 0x61],
    ]) {
      const said = `at line ${line}, byte ${byte} of it`
      expect(() => decode(Uint8Array.from([...before, ...after, 0x0a]))).toThrow(said)
      expect(() => decode(Uint8Array.from([...before, ...after]))).toThrow(said)
    }
  })
})

describe('sizes', () => {
  test('a text has at most 2^29 - 24 bytes, plain or not', async () => {
    expect(MAX_TEXT).toBe(2 ** 29 - 24)
    expect(() => checkSize(MAX_TEXT)).not.toThrow()
    expect(() => checkSize(MAX_TEXT + 1)).toThrow(DatasetError)
    expect(() => checkSize(2 ** 30)).toThrow('got 1024 MiB')
    const limits: number[] = []
    const gunzip = async (bytes: Uint8Array, limit: number) => (limits.push(limit), bytes)
    for (const start of [
      [0x1f, 0x8b],
      [0x1f, 0x8a],
      [0x1e, 0x8b],
    ]) {
      await decompressed(Uint8Array.from(start), gunzip)
    }
    expect(limits).toEqual([MAX_TEXT])
  })

  test('a single line of 2,000 characters is a document', () => {
    expect(docsOf(` ${'x'.repeat(2000)} \n`)).toEqual(['x'.repeat(2000)])
    expect(() => docsOf('x'.repeat(2001))).toThrow('it is one line of 2001 characters')
    for (const end of ['\n', '\r']) expect(docsOf(`${'x'.repeat(2001)}${end}y`)).toHaveLength(2)
  })

  test('HTML begins in the first 4,096 characters', () => {
    const page = (blanks: number) => `${' '.repeat(blanks)}<html>\n<p>a</p>`
    expect(() => docsOf(page(4096 - 6))).toThrow('it is an HTML page')
    expect(docsOf(page(4096 - 5))).toHaveLength(2)
  })
})

describe('a table', () => {
  const csv = (...rows: string[]) => tableOf(rows.join('\n'))?.columns ?? null

  test.each<[string, string[], string[] | null]>([
    ['three rows', ['name,x', 'a,b', 'c,d'], ['name', 'x']],
    ['two rows', ['name,x', 'a,b'], null],
    ['blank lines do not count', ['name,x', '', 'a,b', ' '], null],
    ['one column', ['name', 'a', 'b'], null],
    ['tabs', ['name\tx', 'a\tb', 'c\td'], ['name', 'x']],
    ['a row with fewer fields', ['name,x', 'a,b', 'c'], null],
    ['a row with more fields', ['name,x', 'a,b', 'c,d,e'], null],
    ['a name twice', ['name,name', 'a,b', 'c,d'], null],
    ['no usual name', ['foo,bar', 'a,b', 'c,d'], null],
    ['numbers below', ['foo,bar', 'a,1', 'c,-2.5'], ['foo', 'bar']],
    ['numbers below, with a decimal comma', ['foo,bar', 'a,"1,5"', 'c,3'], ['foo', 'bar']],
    ['not only numbers below', ['foo,bar', 'a,1', 'c,2x'], null],
    ['a name that begins with a digit', ['1name,id', 'a,b', 'c,d'], null],
    ['a name of one letter', ['name,x', 'a,1', 'b,2'], ['name', 'x']],
    [
      'a name of 60 letters',
      ['name', 'a', 'b'].map((s) => `${s},${'x'.repeat(60)}`),
      ['name', 'x'.repeat(60)],
    ],
    ['a name of 61 letters', ['name', 'a', 'b'].map((s) => `${s},${'x'.repeat(61)}`), null],
    ['quoted line ends', ['name,x', '"a', 'b",c', 'd,e'], ['name', 'x']],
  ])('%s', (_, rows, columns) => {
    expect(csv(...rows)).toEqual(columns)
    expect(csv(...rows.map((row) => `${row}\r`))).toEqual(columns)
  })

  test('is seen in its first 50 lines; the last of those may be cut', () => {
    const rows = (count: number) => ['name,x', ...lines(count - 1, (i) => `a${i},b`)]
    expect(csv(...rows(50))).toEqual(['name', 'x'])
    expect(csv(...rows(49).with(48, 'cut'))).toBeNull()
    expect(csv(...rows(50).with(49, 'cut'))).toEqual(['name', 'x'])
    expect(csv(...rows(60).with(48, 'cut'))).toBeNull()
    expect(csv(...rows(60).with(50, 'not seen'))).toEqual(['name', 'x'])
  })

  test.each<[string, string[]]>([
    ['a,b\n1,2\n', ['2']],
    ['a,b\r\n1,2\r\n\r\n3,4', ['2', '4']],
    ['a,b\r1,2\r3,4', ['2', '4']],
    ['a,b\n1\n', ['']],
    ['a,b\n1,"x""y"\n', ['x"y']],
    ['a,b\n1,"x,\ny"', ['x,\ny']],
    ['a,b\n1,"x', ['x']],
    ['a,b\n1,\n', ['']],
    ['\n\na,b\n1,2', ['2']],
    ['a\tb\n1,2\t3', ['3']],
  ])('column b of %j', (text, values) => expect(columnOf(text, 'b')).toEqual(values))

  test('a message names at most 20 columns', () => {
    const names = lines(21, (i) => `c${String.fromCharCode(97 + i)}`)
    const message = () => columnOf(`${names.join(',')}\n`, 'none')
    expect(message).toThrow('"ct"')
    expect(message).not.toThrow('"cu"')
  })
})

describe('JSON Lines', () => {
  test.each<[string[], string[] | null]>([
    [['{"a":"x","b":1}', '{"a":"y","b":2}'], ['a']],
    [['{"a":"x"}', '{"a":1}'], []],
    [['{"a":"x"}', '{"b":"y"}'], []],
    [['{"a":"x"}', '', ' {"a":"y","c":"z"}'], ['a']],
    [['{"a":"x"}', '[1]'], null],
    [['{"a":"x"}', '{"a":'], null],
    [['["a"]'], null],
    [[], null],
    [[...lines(50, () => '{"a":"x"}'), 'no object'], ['a']],
    [[...lines(49, () => '{"a":"x"}'), 'no object'], null],
  ])('%j has the fields %j', (rows, fields) => expect(fieldsOf(rows.join('\n'))).toEqual(fields))

  test.each([
    ['{"a":"x"}\n\n{"b":"y"}', 'line 3 has no string in the field "a"'],
    ['{"a":"x"}\r\n\r\n{"b":"y"}', 'line 3 has no string in the field "a"'],
    ['{"a":"x"}\r{"a":"x"}\n\r{"b":"y"}', 'line 4 has no string in the field "a"'],
    ['{"a":1}', 'line 1 has no string in the field "a"'],
    ['{"a":"x"}\n[2]', 'line 2 has no JSON object'],
    ['{"toString":"x"}\n{}', 'line 1 has no string in the field "a"'],
  ])('%j: %s', (text, message) => expect(() => fieldOf(text, 'a')).toThrow(message))

  test('a field is not inherited, and a message names those that each line has', () => {
    expect(() => fieldOf('{"a":"x"}', 'toString')).toThrow(
      /no string in the field "toString"; .*"a"/,
    )
    expect(() => fieldOf('{"a":1}', 'b')).toThrow(/the field "b"$/)
    expect(() => docsOf('{"a":1}\n{"a":2}')).toThrow('no field is a string in each line')
  })
})

test.each<[DataReading, string[] | string]>([
  [{ column: 'name' }, ['a a', 'b']],
  [{ column: 'all' }, ['name,x', '"a', 'a",1', 'b,2']],
  [{ field: 'all' }, ['name,x', '"a', 'a",1', 'b,2']],
  [{ field: 'all', column: 'name' }, ['name,x', '"a', 'a",1', 'b,2']],
  [{ mode: 'text', column: 'name' }, 'a\na\nb'],
  [{ mode: 'text' }, 'name,x\n"a\na",1\nb,2\n'],
])('%j of a table is %j', (reading, want) => {
  for (const mark of ['', '\ufeff']) {
    expect(docsOf(`${mark}name,x\n"a\na",1\nb,2\n`, reading)).toEqual(want)
  }
})
