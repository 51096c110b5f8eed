/**
 * The safetensors format (github.com/huggingface/safetensors): eight bytes of header length, a JSON
 * header, numbers. Files are written like those of the original implementation, with spaces up to a
 * multiple of 8. When reading, everything in the header is checked before it is used.
 */
import { show } from '../../config/checks.js'
import { ConfigError } from '../../errors.js'
import { MAX_HEADER } from './format.js'
import { type Dtype, HeaderReader, DTYPE_BYTES, fail } from './header.js'

export type { Dtype } from './header.js'
export { type NamedTensor, writeSafetensors } from './write.js'

/** A tensor of a file. */
export interface StoredTensor {
  /** The format of its numbers. */
  readonly dtype: Dtype
  /** Its dimensions. */
  readonly shape: readonly number[]
  /** The numbers, row-major, little-endian: a view of the file's bytes, or read from a ByteSource. */
  readonly bytes: Uint8Array
}

/** A file that is not in memory: its bytes are read where they are needed. */
export interface ByteSource {
  /** Bytes of the whole file. */
  readonly byteLength: number
  /** Bytes [from, to). */
  read(from: number, to: number): Uint8Array
}

/** What a checkpoint is read from. */
export type CheckpointBytes = Uint8Array | ArrayBuffer | ByteSource

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

/**
 * The length of the header, from the first eight bytes of a file.
 * @param size of the whole file, in bytes
 * @throws {CheckpointError} for a length that is not possible
 */
export function headerLength(first: Uint8Array, size: number, limit = MAX_HEADER): number {
  if (size < 8 || first.length < 8) {
    fail('truncated', `a safetensors file has 8 bytes at least, got ${size}; is the copy whole?`)
  }
  if (!(typeof limit === 'number' && limit >= 2)) {
    const want = `maxHeader must be a number of bytes from 2, got ${show(limit)}`
    throw new ConfigError('maxHeader', limit, `${want}; try ${MAX_HEADER}`)
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
  return length
}

/**
 * Reads a safetensors file. The tensors are views of its bytes.
 * Its header may have any length: other programs write it without padding.
 * @param given the bytes of the file
 * @param limit largest accepted header, in bytes; default 16 MiB, at most 100,000,000
 * @throws {CheckpointError} if it is not exactly a safetensors file
 * @throws {ConfigError} for a limit that is not a number of bytes from 2
 */
export function readSafetensors(given: CheckpointBytes, limit = MAX_HEADER): Safetensors {
  const file = sourceOf(given)
  const { byteLength } = file
  const first = file.read(0, Math.min(8, byteLength))
  const start = 8 + headerLength(first, byteLength, limit)
  const { metadata, claims } = new HeaderReader(file.read(0, start), start).read()
  const length = byteLength - start
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
    if (to > length) {
      const want = `tensor ${show(name)} ends at byte ${to} of the numbers`
      fail('truncated', `${want}, and the file has ${length}; is the copy whole?`)
    }
    tensors.set(name, storedTensor(file, dtype, shape, start + from, start + to))
    end = to
  }
  if (end < length) {
    fail('trailing', `there are ${length - end} bytes after the last tensor`)
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

/** A tensor whose numbers are read when they are asked for. */
function storedTensor(
  file: ByteSource,
  dtype: Dtype,
  shape: readonly number[],
  from: number,
  to: number,
): StoredTensor {
  return {
    dtype,
    shape,
    get bytes() {
      return file.read(from, to)
    },
  }
}

/** Bytes of a tensor's numbers, without reading them. */
export const byteLengthOf = ({ dtype, shape }: Pick<StoredTensor, 'dtype' | 'shape'>) =>
  shape.reduce((product, n) => product * n, DTYPE_BYTES[dtype])

function sourceOf(file: unknown): ByteSource {
  const bytes = bytesOf(file)
  if (bytes) return { byteLength: bytes.length, read: (from, to) => bytes.subarray(from, to) }
  const { byteLength, read } = (file ?? {}) as Partial<ByteSource>
  if (Number.isSafeInteger(byteLength) && typeof read === 'function') return file as ByteSource
  const got = `got ${show(file)}; read it into memory first`
  return fail('header', `a checkpoint is given as a Uint8Array or an ArrayBuffer, ${got}`)
}

/** What is in memory, as bytes; a view of shared memory is copied, because nothing decodes it. */
function bytesOf(file: unknown): Uint8Array | undefined {
  const isBuffer = file instanceof ArrayBuffer || Object.prototype.toString.call(file) === SHARED
  if (!isBuffer && !ArrayBuffer.isView(file)) return undefined
  const { byteLength, byteOffset = 0, buffer = file } = file as ArrayBufferView
  // A buffer that was transferred has no bytes, and cannot be viewed.
  if (byteLength === 0) return new Uint8Array(0)
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength)
  return Object.prototype.toString.call(buffer) === SHARED ? bytes.slice() : bytes
}

const SHARED = '[object SharedArrayBuffer]'
