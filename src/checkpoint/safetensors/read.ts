/**
 * The safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON
 * header, numbers. Files are written like those of the original implementation, with spaces up to a
 * multiple of 8. When reading, everything in the header is checked before it is used.
 */
import { show } from '../../config/checks.js'
import { type Dtype, HeaderReader, DTYPE_BYTES, fail } from './header.js'

export type { Dtype } from './header.js'
export { type NamedTensor, writeSafetensors } from './write.js'

/** A tensor of a file. */
export interface StoredTensor {
  /** The format of its numbers. */
  dtype: Dtype
  /** Its dimensions. */
  shape: readonly number[]
  /** The numbers, row-major, little-endian: a view of the file's bytes. */
  bytes: Uint8Array
}

/** The content of a safetensors file. */
export interface Safetensors {
  /** The strings of `__metadata__`. */
  metadata: ReadonlyMap<string, string>
  /** The tensors by name. */
  tensors: ReadonlyMap<string, StoredTensor>
}

/**
 * The specification's limit for a header, and the default limit, which is enough for any model that
 * fits.
 */
const MOST_HEADER = 100_000_000
const MAX_HEADER = 16 * 2 ** 20

/**
 * The length of the header, from the first eight bytes of a file.
 * @param size of the whole file, in bytes
 * @throws {CheckpointError} for a length that is not possible
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
 * Reads a safetensors file. The tensors are views of its bytes.
 * @param given the bytes of the file
 * @param limit largest accepted header, in bytes; default 16 MiB, at most 100,000,000
 * @throws {CheckpointError} if it is not exactly a safetensors file
 */
export function readSafetensors(given: Uint8Array | ArrayBuffer, limit = MAX_HEADER): Safetensors {
  const file = bytesOf(given)
  const start = 8 + headerLength(file, file.length, limit)
  const { metadata, claims } = new HeaderReader(file, start).read()
  const data = file.subarray(start)
  const tensors = new Map<string, StoredTensor>()
  let end = 0
  // With equal starts, sort by end: tensors without numbers come first.
  const sorted = [...claims].sort(([, a], [, b]) => a.from - b.from || a.to - b.to)
  for (const [name, { dtype, shape, from, to }] of sorted) {
    const span = `bytes ${from} to ${to}`
    if (from !== end) {
      const what = from < end ? 'overlaps the tensor before it' : 'leaves a hole before it'
      fail('offsets', `tensor ${show(name)}, ${span}, ${what}, which ends at ${end}`)
    }
    const size = DTYPE_BYTES[dtype]
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

/** Copies a tensor's numbers to a view of the same count; narrow formats are widened exactly. */
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

function bytesOf(file: unknown): Uint8Array {
  if (ArrayBuffer.isView(file)) return new Uint8Array(file.buffer, file.byteOffset, file.byteLength)
  if (file instanceof ArrayBuffer) return new Uint8Array(file)
  const got = `got ${show(file)}; read it into memory first`
  return fail('header', `a checkpoint is given as a Uint8Array or an ArrayBuffer, ${got}`)
}
