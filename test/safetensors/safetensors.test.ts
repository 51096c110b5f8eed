/** The format: another reader reads what is written, and nothing malformed is accepted. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { CheckpointError, readSafetensors, writeSafetensors } from '../../src/index.js'
import { copyNumbers, headerLength } from '../../src/checkpoint/safetensors/read.js'
import { cpuTime } from '../helpers/cpu-time.js'

const here = fileURLToPath(new URL('.', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** The code that some bytes are refused with; '' when they are read. */
function codeOf(bytes: Uint8Array, limit?: number): string {
  try {
    readSafetensors(bytes, limit)
    return ''
  } catch (error) {
    if (!(error instanceof CheckpointError)) throw error
    return error.code
  }
}

/** Tensors and their numbers, as plain objects. */
function contents(bytes: Uint8Array) {
  const { metadata, tensors } = readSafetensors(bytes)
  const numbers = Array.from(tensors, ([name, tensor]) => {
    const data = new Float64Array(tensor.shape.reduce((a, b) => a * b, 1))
    copyNumbers(tensor, data)
    return [name, { dtype: tensor.dtype, shape: [...tensor.shape], data: [...data] }] as const
  })
  return { metadata: new Map(metadata), tensors: new Map(numbers) }
}

/** A file around a header as it is given. */
function file(header: string, data = new Uint8Array()): Uint8Array {
  const text = new TextEncoder().encode(header)
  const length = Math.ceil(text.length / 8) * 8
  const bytes = new Uint8Array(8 + length + data.length).fill(0x20)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true)
  bytes.set(text, 8)
  bytes.set(data, 8 + length)
  return bytes
}

const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype', '__metadata__'])
const key = fc.string({ unit: 'grapheme' }).filter((name) => !FORBIDDEN.has(name))
const double = fc.double()
const tensor = fc
  .array(fc.nat(4), { maxLength: 3 })
  .chain((shape) => {
    const count = shape.reduce((a, b) => a * b, 1)
    const data = fc.array(double, { minLength: count, maxLength: count })
    return fc.record({ name: key, shape: fc.constant(shape), data })
  })
  .map(({ name, shape, data }) => ({ name, shape, data: Float64Array.from(data) }))
const dict = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 6 })
const metadata = fc.dictionary(key, fc.string({ unit: 'binary' }), { noNullPrototype: true })

describe('any state_dict', () => {
  test('comes back number for number, aligned to 8 bytes', () => {
    fc.assert(
      fc.property(dict, metadata, fc.nat(7), (tensors, words, shift) => {
        const bytes = writeSafetensors(tensors, words)
        const length = Number(new DataView(bytes.buffer).getBigUint64(0, true))
        expect(length % 8).toBe(0)
        expect(bytes[8]).toBe('{'.charCodeAt(0))
        // A file need not begin at an address that float64 numbers may have.
        const room = new Uint8Array(bytes.length + shift)
        room.set(bytes, shift)
        const got = contents(room.subarray(shift))
        expect(got.metadata).toEqual(new Map(Object.entries(words)))
        const want = tensors.map(({ name, shape, data }) => {
          return [name, { dtype: 'F64', shape, data: [...data] }] as const
        })
        expect(got.tensors).toEqual(new Map(want))
      }),
    )
  })

  test('cut anywhere is rejected', () => {
    fc.assert(
      fc.property(dict, metadata, (tensors, words) => {
        const bytes = writeSafetensors(tensors, words)
        for (let end = 0; end < bytes.length; end++) {
          expect(codeOf(bytes.subarray(0, end))).toBe('truncated')
        }
      }),
      { numRuns: 20 },
    )
  })
})

test('any bytes are read, or rejected with a code', () => {
  const whole = fc.uint8Array({ maxLength: 200 })
  const headed = fc.string({ maxLength: 100 }).map((text) => file(text))
  const json = fc.json().map((text) => file(text))
  const bytes = fc.oneof(whole, headed, json)
  fc.assert(
    fc.property(bytes, (each) => void codeOf(each)),
    { numRuns: 2000 },
  )
})

describe('malformed files', () => {
  const corpus = join(here, 'corpus')
  const cases = readdirSync(corpus).flatMap((code) =>
    readdirSync(join(corpus, code)).map((name) => [code, name] as const),
  )

  test('are there', () => {
    expect(cases.length).toBeGreaterThan(100)
  })

  test.each(cases)('%s/%s', (code, name) => {
    const bytes = readFileSync(join(corpus, code, name))
    expect(codeOf(bytes)).toBe(code === 'good' ? '' : code)
    expect(Object.prototype).toEqual({})
  })

  test('a message names what is wrong and where', () => {
    const bytes = readFileSync(join(corpus, 'offsets', 'hole.safetensors'))
    const want = 'tensor "b", bytes 24 to 32, leaves a hole before it, which ends at 16'
    expect(() => readSafetensors(bytes)).toThrow(want)
  })
})

describe('the header', () => {
  const claims = (first: number[], size: number) => headerLength(Uint8Array.from(first), size)

  test('is bounded before it is read', () => {
    expect(claims([16, 0, 0, 0, 0, 0, 0, 0], 24)).toBe(16)
    expect(() => claims([24, 0, 0, 0, 0, 0, 0, 0], 24)).toThrow(/ends at byte 32, and .* has 24/)
    expect(() => claims([0, 0, 0, 2, 0, 0, 0, 0], 2 ** 31)).toThrow(/may have 16777216 bytes/)
  })

  test('may be longer on request, up to 100 MB', () => {
    const long = file(`{"__metadata__":{"a":"${'x'.repeat(17 * 2 ** 20)}"}}`)
    expect(codeOf(long)).toBe('header')
    expect(codeOf(long, 32 * 2 ** 20)).toBe('')
    const first = new Uint8Array(new BigUint64Array([100_000_008n]).buffer)
    expect(() => headerLength(first, 2 ** 30, Infinity)).toThrow(/may have 100000000 bytes/)
  })

  test('has at most 65,536 keys in its metadata', () => {
    const keys = Array.from({ length: 65_537 }, (_, i) => `"${i}":""`)
    expect(codeOf(file(`{"__metadata__":{${keys.join(',')}}}`))).toBe('header')
    expect(codeOf(file(`{"__metadata__":{${keys.slice(1).join(',')}}}`))).toBe('')
  })

  test.each([
    ['one long string', `{"__metadata__":{"a":"${'x'.repeat(15e6)}"}}`, ''],
    ['escapes', `{"__metadata__":{"a":"${'\\n'.repeat(7e6)}"}}`, ''],
    ['lists in lists', `{"a":${'['.repeat(15e6)}`, 'json'],
    ['objects in objects', '{"a":'.repeat(3e6), 'json'],
    ['digits', `{"a":{"shape":[${'9'.repeat(15e6)}`, 'shape'],
    ['spaces', `{${' '.repeat(15e6)}}`, ''],
    ['short keys', `{"__metadata__":{${'"":"",'.repeat(2e6)}`, 'duplicate'],
    ['a string without end', `{"a${'\\'.repeat(15e6)}`, 'json'],
  ])('of 15 MB of %s takes neither long nor much memory', (_, header, code) => {
    const bytes = file(header)
    collect()
    const before = process.memoryUsage()
    const start = cpuTime()
    expect(codeOf(bytes)).toBe(code)
    expect(cpuTime() - start).toBeLessThan(3000)
    const after = process.memoryUsage()
    const grown = after.heapUsed + after.external - before.heapUsed - before.external
    expect(grown).toBeLessThan(2 * bytes.length)
  })
})

describe('narrow numbers are widened exactly', () => {
  const widened = (dtype: 'F32' | 'F16' | 'BF16', raw: ArrayLike<number>) => {
    const bytes = new Uint8Array(Uint16Array.from(raw).buffer)
    const to = new Float64Array(bytes.length / (dtype === 'F32' ? 4 : 2))
    copyNumbers({ dtype, shape: [to.length], bytes }, to)
    return to
  }
  const all = Array.from({ length: 65536 }, (_, bits) => bits)

  test('every BF16', () => {
    const float = new Float32Array(Uint32Array.from(all, (bits) => bits * 65536).buffer)
    expect(widened('BF16', all)).toEqual(Float64Array.from(float))
  })

  test('every F16', () => {
    const got = widened('F16', all)
    const want = (bits: number) => {
      const [exponent, fraction] = [(bits >> 10) & 31, bits % 1024]
      if (exponent === 31) return fraction === 0 ? Infinity : NaN
      return exponent === 0 ? fraction / 2 ** 24 : (1 + fraction / 1024) * 2 ** (exponent - 15)
    }
    expect(got.subarray(0, 32768)).toEqual(Float64Array.from(all.slice(0, 32768), want))
    expect(got.subarray(32768)).toEqual(got.subarray(0, 32768).map((x) => -x))
  })

  test('F32', () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 1 }), (floats) => {
        expect(widened('F32', new Uint16Array(floats.buffer))).toEqual(Float64Array.from(floats))
      }),
    )
  })
})

describe.skipIf(spawnSync('python3', ['--version']).status !== 0)('Python', () => {
  const spec = join(here, 'spec.py')
  const path = join(folder, 'file.safetensors')
  const run = (verb: string, input?: string) => {
    const args = { input, encoding: 'utf8', maxBuffer: 1e9 } as const
    const { status, stdout, stderr } = spawnSync('python3', [spec, verb, path], args)
    expect(stderr).toBe('')
    expect(status).toBe(0)
    return stdout
  }

  test('reads what is written here', () => {
    const data = Float64Array.from([0, -0, 1, -1.5, 5e-324, 2 ** -1022, Number.MAX_VALUE, 1 / 3])
    const words = { format: 'pt', text: 'é"\\\n名😀' }
    const tensors = [
      { name: 'wte', shape: [2, 4], data },
      { name: 'é "b"', shape: [0, 3], data: new Float64Array() },
      { name: 'one', shape: [], data: Float64Array.of(Math.PI) },
    ]
    writeFileSync(path, writeSafetensors(tensors, words))
    const got = JSON.parse(run('read'))
    expect(got.metadata).toEqual(words)
    expect(Object.keys(got.tensors).sort()).toEqual(['one', 'wte', 'é "b"'])
    const [dtype, shape, numbers] = got.tensors.wte
    expect([dtype, shape]).toEqual(['F64', [2, 4]])
    expect(numbers).toEqual([
      ...['0x0.0p+0', '-0x0.0p+0', '0x1.0000000000000p+0', '-0x1.8000000000000p+0'],
      ...['0x0.0000000000001p-1022', '0x1.0000000000000p-1022', '0x1.fffffffffffffp+1023'],
      '0x1.5555555555555p-2',
    ])
  })

  test('writes what is read here', () => {
    const numbers = [0.5, -2, 1, 96, 2 ** -14, -(2 ** -8)]
    const tensors = {
      b: ['F32', [3, 2], numbers],
      a: ['F64', [2, 3], numbers],
      c: ['BF16', [6], numbers],
      d: ['F16', [1, 6], numbers],
    }
    run('write', JSON.stringify({ tensors, metadata: { format: 'pt', é: '\ud83d\ude00' } }))
    const got = contents(readFileSync(path))
    expect(got.metadata).toEqual(new Map(Object.entries({ format: 'pt', é: '\ud83d\ude00' })))
    const want = Object.entries(tensors).map(([name, [dtype, shape, data]]) => {
      return [name, { dtype, shape, data }] as const
    })
    expect(got.tensors).toEqual(new Map(want as never))
  })
})
