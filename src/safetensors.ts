/**
 * The safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON
 * header, numbers. It is written as its own implementation writes it, with spaces up to a multiple
 * of 8, and read without believing it: whatever the header claims is checked before it is used.
 */
import { show } from './config.js'
import { type CheckpointCode, CheckpointError } from './errors.js'

/** Bytes of a number of each dtype that is read. */
const SIZES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const
export type Dtype = keyof typeof SIZES

export interface StoredTensor {
  dtype: Dtype
  shape: readonly number[]
  /** The numbers, little-endian: a part of the file's bytes. */
  bytes: Uint8Array
}

export interface Safetensors {
  metadata: ReadonlyMap<string, string>
  tensors: ReadonlyMap<string, StoredTensor>
}

/** A tensor to write, as F64. */
export interface NamedTensor {
  name: string
  shape: readonly number[]
  data: Float64Array
}

/** The specification's own limit of a header, and the one here: enough for any model that fits. */
const MOST_HEADER = 100_000_000
const MAX_HEADER = 16 * 2 ** 20
/** Further ones would take more memory than the file does. */
const MAX_ENTRIES = 65_536
const MAX_DIMENSIONS = 16
/** What JSON allows between its tokens. */
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])
const METADATA = '__metadata__'
/** Names that mean something else to objects of JavaScript. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** @param metadata of strings alone, as the format has it */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const entries = [`"${METADATA}":${JSON.stringify(metadata)}`]
  let end = 0
  for (const { name, shape, data } of tensors) {
    const data_offsets = [end, (end += data.byteLength)]
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F64', shape, data_offsets })}`)
  }
  const header = new TextEncoder().encode(`{${entries.join(',')}}`)
  const length = Math.ceil(header.length / 8) * 8
  const file = new Uint8Array(8 + length + end)
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true)
  file.set(header, 8)
  file.fill(0x20, 8 + header.length, 8 + length)
  let at = 8 + length
  for (const { data } of tensors) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at)
    at += data.byteLength
  }
  return file
}

/**
 * The header's length, from the first eight bytes of a file.
 * @param size bytes of the whole file
 * @throws {CheckpointError} for a length that cannot be
 */
export function headerLength(first: Uint8Array, size: number, limit = MAX_HEADER): number {
  if (size < 8 || first.length < 8) {
    fail('truncated', `a safetensors file has 8 bytes at least, got ${size}; is the copy whole?`)
  }
  const length = Number(new DataView(first.buffer, first.byteOffset).getBigUint64(0, true))
  const most = Math.min(limit, MOST_HEADER)
  if (length > most) {
    fail('header', `the header may have ${most} bytes, got ${length}; is this a safetensors file?`)
  }
  if (length < 2) fail('header', `the header has 2 bytes at least, got ${length}`)
  if (8 + length > size) {
    const want = `the header ends at byte ${8 + length}`
    fail('truncated', `${want}, and the file has ${size}; is the copy whole?`)
  }
  if (length % 8 !== 0) {
    fail('alignment', `the header's length must be a multiple of 8, got ${length}`)
  }
  return length
}

/**
 * What a file holds; the tensors are views of its bytes.
 * @param limit bytes that the header may have: 16 MiB unless given, 100,000,000 at the most
 * @throws {CheckpointError} for anything that is not exactly a safetensors file
 */
export function readSafetensors(file: Uint8Array, limit = MAX_HEADER): Safetensors {
  const start = 8 + headerLength(file, file.length, limit)
  const { metadata, claims } = new HeaderReader(file, start).read()
  const data = file.subarray(start)
  const tensors = new Map<string, StoredTensor>()
  let end = 0
  // Equal starts are in order of their ends: tensors without numbers come first.
  const sorted = [...claims].sort(([, a], [, b]) => a.from - b.from || a.to - b.to)
  for (const [name, { dtype, shape, from, to }] of sorted) {
    const span = `bytes ${from} to ${to}`
    if (from !== end) {
      const what = from < end ? 'overlaps the tensor before it' : 'leaves a hole before it'
      fail('offsets', `tensor ${show(name)}, ${span}, ${what}, which ends at ${end}`)
    }
    const size = SIZES[dtype]
    const bytes = shape.reduce((product, n) => product * n, size)
    if (!Number.isSafeInteger(bytes)) {
      fail('shape', `tensor ${show(name)} has a shape of more numbers than there can be`)
    }
    if (to - from !== bytes) {
      const want = `tensor ${show(name)} of ${dtype} [${shape}] takes ${bytes} bytes`
      fail('offsets', `${want}, and has ${span}`)
    }
    if (from % size !== 0) fail('alignment', `tensor ${show(name)} begins at byte ${from}`)
    if (to > data.length) {
      const want = `tensor ${show(name)} ends at byte ${to} of the numbers`
      fail('truncated', `${want}, and the file has ${data.length}; is the copy whole?`)
    }
    tensors.set(name, { dtype, shape, bytes: data.subarray(from, to) })
    end = to
  }
  if (end < data.length) {
    fail('trailing', `${data.length - end} bytes stand behind the last tensor`)
  }
  return { metadata, tensors }
}

/** Writes a tensor's numbers to a view of the same count; narrow ones are widened exactly. */
export function copyNumbers({ dtype, bytes }: StoredTensor, to: Float64Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (dtype === 'F64') new Uint8Array(to.buffer, to.byteOffset, to.byteLength).set(bytes)
  else if (dtype === 'F32') for (let i = 0; i < to.length; i++) to[i] = view.getFloat32(4 * i, true)
  else if (dtype === 'F16')
    for (let i = 0; i < to.length; i++) to[i] = half(view.getUint16(2 * i, true))
  else {
    // The upper half of a float32.
    const wide = new DataView(new ArrayBuffer(4))
    for (let i = 0; i < to.length; i++) {
      wide.setUint16(0, view.getUint16(2 * i, true))
      to[i] = wide.getFloat32(0)
    }
  }
}

/** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
function half(bits: number): number {
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  const sign = bits >> 15 ? -1 : 1
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24)
}

/** What the header says of a tensor. */
interface Claim {
  dtype: Dtype
  shape: number[]
  from: number
  to: number
}

/**
 * JSON of just this form, read from the bytes. JSON.parse would take the last of two equal keys and
 * as much memory as it likes; here nothing nests deeper than the form does.
 */
class HeaderReader {
  private readonly bytes: Uint8Array
  private readonly end: number
  private at = 8
  private entries = 0
  private readonly utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

  constructor(bytes: Uint8Array, end: number) {
    this.bytes = bytes
    this.end = end
  }

  read(): { metadata: Map<string, string>; claims: Map<string, Claim> } {
    const metadata = new Map<string, string>()
    const claims = new Map<string, Claim>()
    if (this.bytes[this.at] !== 0x7b) this.malformed('{')
    this.object((name) => {
      if (name === METADATA) this.object((key) => metadata.set(key, this.string()))
      else claims.set(name, this.claim(name))
    })
    if (this.peek() !== '') this.malformed('nothing but spaces')
    return { metadata, claims }
  }

  private claim(name: string): Claim {
    let dtype: string | undefined
    let shape: number[] | undefined
    let offsets: number[] | undefined
    this.object((key) => {
      if (key === 'dtype') dtype = this.string()
      else if (key === 'shape') shape = this.wholes('shape', MAX_DIMENSIONS)
      else if (key === 'data_offsets') offsets = this.wholes('offsets', 2)
      else fail('json', `tensor ${show(name)} has a field ${show(key)}, which the format has not`)
    })
    if (dtype === undefined || !shape || offsets?.length !== 2) {
      fail('json', `tensor ${show(name)} needs dtype, shape and data_offsets of two numbers`)
    }
    if (!Object.hasOwn(SIZES, dtype)) {
      const known = Object.keys(SIZES).join(', ')
      fail('dtype', `tensor ${show(name)} must be of dtype ${known}, got ${show(dtype)}`)
    }
    return { dtype: dtype as Dtype, shape, from: offsets[0]!, to: offsets[1]! }
  }

  /** { "key": value, ... }; a key comes once. @param value reads what stands behind a key */
  private object(value: (key: string) => void): void {
    const seen = new Set<string>()
    this.take('{')
    if (this.peek() === '}') return this.take('}')
    for (;;) {
      const key = this.string()
      if (FORBIDDEN.has(key)) fail('key', `the header has a key ${show(key)}, which is refused`)
      if (seen.has(key)) fail('duplicate', `the header has the key ${show(key)} twice`)
      if (++this.entries > MAX_ENTRIES) fail('header', `the header has over ${MAX_ENTRIES} keys`)
      seen.add(key)
      this.take(':')
      value(key)
      if (this.peek() === '}') return this.take('}')
      this.take(',')
    }
  }

  /** [1, 2, ...] of at most `most` whole numbers. */
  private wholes(code: CheckpointCode, most: number): number[] {
    const list: number[] = []
    this.take('[')
    while (this.peek() !== ']') {
      if (list.length > 0) this.take(',')
      if (list.length === most) fail(code, `the header has a list of over ${most} numbers`)
      list.push(this.whole(code))
    }
    this.take(']')
    return list
  }

  private whole(code: CheckpointCode): number {
    const first = this.peek()
    const from = this.at
    let n = 0
    for (; this.at < this.end; this.at++) {
      const digit = this.bytes[this.at]! - 0x30
      if (!(digit >= 0 && digit <= 9)) break
      n = 10 * n + digit
      if (n > Number.MAX_SAFE_INTEGER || (first === '0' && this.at > from)) break
    }
    if (this.at === from || /[0-9.eE]/.test(this.byte())) {
      fail(code, `a whole number from 0 below 2^53 was expected at byte ${from} of the file`)
    }
    return n
  }

  private string(): string {
    this.take('"')
    const from = this.at
    let escaped = false
    for (; this.bytes[this.at] !== 0x22; this.at++) {
      if (this.bytes[this.at] === 0x5c) {
        escaped = true
        this.at++
      }
      if (this.at >= this.end || this.bytes[this.at]! < 0x20) this.malformed('"')
    }
    if (this.at >= this.end) this.malformed('"')
    const raw = this.bytes.subarray(from, this.at++)
    try {
      const text = this.utf8.decode(raw)
      return escaped ? (JSON.parse(`"${text}"`) as string) : text
    } catch (cause) {
      const message = `the header has a malformed string at byte ${from} of the file`
      throw new CheckpointError('json', message, { cause })
    }
  }

  /** The next character, spaces skipped; '' at the end. */
  private peek(): string {
    while (this.at < this.end && SPACES.has(this.bytes[this.at]!)) this.at++
    return this.byte()
  }

  private take(char: string): void {
    if (this.peek() !== char) this.malformed(char)
    this.at++
  }

  private byte(): string {
    return this.at < this.end ? String.fromCharCode(this.bytes[this.at]!) : ''
  }

  private malformed(want: string): never {
    const got = this.byte() === '' ? 'its end' : show(this.byte())
    fail('json', `the header must have ${want} at byte ${this.at} of the file, got ${got}`)
  }
}

function fail(code: CheckpointCode, message: string): never {
  throw new CheckpointError(code, message)
}
