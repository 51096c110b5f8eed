/** What is said of a malformed file, letter for letter: the place, and what was expected there. */
import { describe, expect, test } from 'vitest'
import { readSafetensors } from '../../src/index.js'
import { copyNumbers, headerLength } from '../../src/checkpoint/safetensors/read.js'
import { safetensorsPieces } from '../../src/checkpoint/safetensors/write.js'

/** A file around a header of the length that it has, at an odd place of a larger buffer. */
function file(header: string, numbers = 0): Uint8Array {
  const text = new TextEncoder().encode(header)
  const bytes = new Uint8Array(8 + text.length + numbers + 5).subarray(3, -2)
  new DataView(bytes.buffer, 3).setBigUint64(0, BigInt(text.length), true)
  bytes.set(text, 8)
  return bytes
}
const tensor = (shape: string, offsets: string, dtype = 'F64') =>
  `{"t":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}}`
const two = (a: string, b: string) =>
  `{"a":{"dtype":"F64","shape":[1],"data_offsets":${a}},"b":{"dtype":"F64","shape":[1],"data_offsets":${b}}}`
const list = (count: number) => `[${Array(count).fill(1).join()}]`
/** The largest number that is whole for certain. */
const MOST = Number.MAX_SAFE_INTEGER

describe('the header', () => {
  test.each<[string, string]>([
    [' {}', 'the header must have { at byte 8 of the file, got " "'],
    ['[]', 'the header must have { at byte 8 of the file, got "["'],
    ['{1', 'the header must have " at byte 9 of the file, got "1"'],
    ['{"a"1', 'the header must have : at byte 12 of the file, got "1"'],
    ['{"a":1', 'the header must have { at byte 13 of the file, got "1"'],
    ['{"a', 'the header must have " at byte 11 of the file, got its end'],
    ['{"a\\', 'the header must have " at byte 12 of the file, got its end'],
    ['{"a\n"', 'the header must have " at byte 11 of the file, got "\\n"'],
    ['{"a\\\n"', 'the header must have " at byte 12 of the file, got "\\n"'],
    ['{"__metadata__":{} "', 'the header must have , at byte 27 of the file, got "\\""'],
    ['{"__metadata__":{"a":"b"', 'the header must have , at byte 32 of the file, got its end'],
    ['{"__metadata__":{"a":1}}', 'the header must have " at byte 29 of the file, got "1"'],
    ['{} {', 'the header must have nothing but spaces at byte 11 of the file, got "{"'],
    ['{"a\\x":1', 'the header has a malformed string at byte 10 of the file'],
    ['{"__metadata__":{"a":"","a":""}}', 'the header has the key "a" twice'],
    ['{"__proto__":1}', 'the header has a key "__proto__", which is refused'],
    ['{"a":{"shape":1', 'the header must have [ at byte 22 of the file, got "1"'],
    ['{"a":{"shape":[1 2', 'the header must have , at byte 25 of the file, got "2"'],
    ['{"a":{"name":1}}', 'tensor "a" has a field "name", which is not in the format'],
    ['{"a":{}}', 'tensor "a" needs dtype, shape and data_offsets of two numbers'],
    [tensor('[1]', '[0]'), 'tensor "t" needs dtype, shape and data_offsets of two numbers'],
    [tensor('[1]', '[0,8,8]'), 'the header has a list of over 2 numbers'],
    [tensor(list(17), '[0,8]'), 'the header has a list of over 16 numbers'],
    [tensor('[1]', '[0,8]', 'I64'), 'tensor "t" must be of dtype F64, F32, F16, BF16, got "I64"'],
    ...['', '-1', '01', '1.5', '1e3', '1E3', `${MOST + 1}`, 'x', ':', '/'].map(
      (number): [string, string] => [
        `{"a":{"shape":[${number || ','}`,
        'a whole number from 0 below 2^53 was expected at byte 23 of the file',
      ],
    ),
  ])('%j: %s', (header, message) => {
    expect(() => readSafetensors(file(header))).toThrow(expect.objectContaining({ message }))
  })

  test('may have spaces of all four kinds, and escapes', () => {
    const header = '{ \t\r\n"__metadata__" : {"a\\n\\"" : "\\u00e9" } }\n\n'
    expect([...readSafetensors(file(header)).metadata]).toEqual([['a\n"', 'é']])
    for (const space of ['\v', '\f', '\x1f', '\x21']) {
      expect(() => readSafetensors(file(`{${space}}`))).toThrow('must have " at byte 9')
    }
  })

  test('has tensors of up to 16 dimensions, and numbers below 2^53', () => {
    expect(
      readSafetensors(file(tensor(list(16), '[0,8]'), 8)).tensors.get('t')!.shape,
    ).toHaveLength(16)
    const most = `[${MOST},0]`
    expect(readSafetensors(file(tensor(most, '[0,0]'))).tensors.get('t')!.shape).toEqual([MOST, 0])
  })
})

describe('the tensors', () => {
  test.each<[string, number, string]>([
    [
      tensor('[1]', '[8,16]'),
      16,
      'tensor "t", bytes 8 to 16, leaves a hole before it, which ends at 0',
    ],
    [
      two('[0,8]', '[0,8]'),
      8,
      'tensor "b", bytes 0 to 8, overlaps the tensor before it, which ends at 8',
    ],
    [
      two('[0,8]', '[9,17]'),
      17,
      'tensor "b", bytes 9 to 17, leaves a hole before it, which ends at 8',
    ],
    [tensor('[2]', '[0,8]'), 8, 'tensor "t" of F64 [2] takes 16 bytes, and has bytes 0 to 8'],
    [
      tensor('[2,3]', '[0,8]', 'F16'),
      8,
      'tensor "t" of F16 [2,3] takes 12 bytes, and has bytes 0 to 8',
    ],
    [tensor(`[${MOST},2]`, '[0,8]'), 8, 'tensor "t" has a shape of more numbers than there can be'],
    [
      tensor('[1]', '[0,8]'),
      7,
      'tensor "t" ends at byte 8 of the numbers, and the file has 7; is the copy whole?',
    ],
    [tensor('[1]', '[0,8]'), 9, 'there are 1 bytes after the last tensor'],
    [
      '{"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2]},"b":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}}',
      6,
      'tensor "b" begins at byte 2',
    ],
  ])('%s with %i bytes: %s', (header, bytes, message) => {
    expect(() => readSafetensors(file(header, bytes))).toThrow(expect.objectContaining({ message }))
  })

  test('without numbers come first where others begin', () => {
    const header =
      '{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},' +
      '"b":{"dtype":"F64","shape":[0],"data_offsets":[0,0]},' +
      '"c":{"dtype":"F64","shape":[0,5],"data_offsets":[8,8]}}'
    expect([...readSafetensors(file(header, 8)).tensors.keys()]).toEqual(['b', 'a', 'c'])
  })

  test('are widened with their signs', () => {
    const numbers = (dtype: 'F16' | 'BF16' | 'F32', ...bits: number[]) => {
      const to = new Float64Array(bits.length)
      const raw = dtype === 'F32' ? Uint32Array.from(bits) : Uint16Array.from(bits)
      copyNumbers({ dtype, shape: [bits.length], bytes: new Uint8Array(raw.buffer) }, to)
      return [...to]
    }
    expect(numbers('F16', 0x8000, 0x8001, 0x7bff, 0xfc00, 0xfe00)).toEqual([
      ...[-0, -(2 ** -24), 65504, -Infinity, NaN],
    ])
    expect(numbers('BF16', 0xbf80, 0x3f81, 0x8001, 0x7f80)).toEqual([
      ...[-1, 1.0078125, -(2 ** -133), Infinity],
    ])
    expect(numbers('F32', 0xbf800000, 1)).toEqual([-1, 2 ** -149])
  })
})

describe('the first eight bytes', () => {
  const length = (size: number, file_: number, limit?: number) => {
    const first = new Uint8Array(new BigUint64Array([BigInt(size)]).buffer)
    return headerLength(first, file_, limit)
  }

  test.each<[number, number, number | undefined, number | string]>([
    [2, 10, undefined, 2],
    [2, 9, undefined, 'the header ends at byte 10, and the file has 9; is the copy whole?'],
    [1, 100, undefined, 'the header has 2 bytes at least, got 1'],
    [2, 10, 2, 2],
    [3, 11, 2, 'the header may have 2 bytes, got 3; is this a safetensors file?'],
    [2, 10, 1, 'maxHeader must be a number of bytes from 2, got 1; try 16777216'],
    [16 * 2 ** 20, 2 ** 30, undefined, 16 * 2 ** 20],
    [
      16 * 2 ** 20 + 1,
      2 ** 30,
      undefined,
      'the header may have 16777216 bytes, got 16777217; is this a safetensors file?',
    ],
    [100_000_000, 2 ** 30, 2 ** 40, 100_000_000],
    [2, 7, undefined, 'a safetensors file has 8 bytes at least, got 7; is the copy whole?'],
  ])('a header of %d bytes in a file of %d, with the limit %d: %s', (size, whole, limit, want) => {
    if (typeof want === 'number') expect(length(size, whole, limit)).toBe(want)
    else
      expect(() => length(size, whole, limit)).toThrow(expect.objectContaining({ message: want }))
  })

  test('are there', () => {
    expect(() => headerLength(new Uint8Array(7), 100)).toThrow('has 8 bytes at least, got 100')
  })
})

test.each([0, 1, 2, 3])('the header of a file with %i tensors ends at a multiple of 8', (count) => {
  const tensors = Array.from({ length: count }, (_, i) => ({
    name: `n${'x'.repeat(3 * i)}`,
    shape: [i + 1],
    data: new Float64Array(i + 1).fill(i),
  }))
  const { byteLength, headerLength: length, pieces } = safetensorsPieces(tensors, { a: 'b' }, 24)
  expect(length % 8).toBe(0)
  const parts = Array.from(pieces, (piece) => piece.slice())
  expect(parts.map((part) => part.length).slice(0, -1)).toEqual(Array(parts.length - 1).fill(24))
  expect(byteLength).toBe(parts.reduce((sum, part) => sum + part.length, 0))
  expect(byteLength).toBe(8 + length + (8 * count * (count + 1)) / 2)
  const text = Buffer.concat(parts).toString('latin1', 8, 8 + length)
  expect(text.trimEnd().length).toBeGreaterThan(length - 8)
})
