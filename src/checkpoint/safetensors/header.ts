/**
 * The JSON header of a safetensors file, read from its bytes. JSON.parse would accept duplicate
 * keys and use unlimited memory; this reader accepts only the form that the format has.
 */
import { show } from '../../config/checks.js'
import { type CheckpointCode, CheckpointError } from '../../errors.js'
import { METADATA } from './format.js'

/** Bytes of a number of each dtype that is read. */
export const DTYPE_BYTES = { F64: 8, F32: 4, F16: 2, BF16: 2 } as const
/** A supported number format: float64, float32, float16 or bfloat16. */
export type Dtype = keyof typeof DTYPE_BYTES

/** A model of 1,024 layers has 18,443 tensors, of four keys each. More would take more memory than the file. */
const MAX_ENTRIES = 65_536
const MAX_DIMENSIONS = 16
/** What JSON allows between its tokens. */
const SPACES = new Set([0x20, 0x09, 0x0a, 0x0d])
/** Names with a special meaning for JavaScript objects. */
const FORBIDDEN = new Set(['__proto__', 'constructor', 'prototype'])

/** What the header says about a tensor; not checked yet. */
export interface Claim {
  dtype: Dtype
  shape: number[]
  from: number
  to: number
}

/** Reads JSON of exactly the form of the format, from byte 8 to `end`. */
export class HeaderReader {
  private readonly bytes: Uint8Array
  private readonly end: number
  private at = 8
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
      if (name === METADATA) {
        this.object((key) => limited(metadata.set(key, this.string()), 'keys in its metadata'))
      } else limited(claims.set(name, this.claim(name)), 'tensors')
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
      else fail('json', `tensor ${show(name)} has a field ${show(key)}, which is not in the format`)
    })
    if (dtype === undefined || !shape || offsets?.length !== 2) {
      fail('json', `tensor ${show(name)} needs dtype, shape and data_offsets of two numbers`)
    }
    if (!Object.hasOwn(DTYPE_BYTES, dtype)) {
      const known = Object.keys(DTYPE_BYTES).join(', ')
      fail('dtype', `tensor ${show(name)} must be of dtype ${known}, got ${show(dtype)}`)
    }
    return { dtype: dtype as Dtype, shape, from: offsets[0]!, to: offsets[1]! }
  }

  /** { "key": value, ... } without duplicate keys. @param value reads the value of a key */
  private object(value: (key: string) => void): void {
    const seen = new Set<string>()
    this.take('{')
    if (this.peek() === '}') return this.take('}')
    for (;;) {
      const key = this.string()
      if (FORBIDDEN.has(key)) fail('key', `the header has a key ${show(key)}, which is refused`)
      if (seen.has(key)) fail('duplicate', `the header has the key ${show(key)} twice`)
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

  /** The next character after white space; '' at the end. */
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

/** @throws {CheckpointError} when there are more entries than a file may have */
function limited({ size }: ReadonlyMap<string, unknown>, what: string): void {
  if (size > MAX_ENTRIES) fail('header', `the header has over ${MAX_ENTRIES} ${what}`)
}

/** @throws {CheckpointError} */
export function fail(code: CheckpointCode, message: string): never {
  throw new CheckpointError(code, message)
}
