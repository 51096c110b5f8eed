/** Writes the safetensors format; read.ts describes it. */
import { METADATA } from './format.js'

/** A tensor to write, as F64. */
export interface NamedTensor {
  /** Its unique name. */
  name: string
  /** Its dimensions. */
  shape: readonly number[]
  /** The numbers, row-major: as many as the product of the shape. */
  data: Float64Array
}

/** Bytes in their own memory, as Blob and fetch take them; before TypeScript 5.7 a Uint8Array. */
export type Bytes = ReturnType<Uint8ArrayConstructor['from']>

/** A file that is written piece by piece, because it may be larger than one array can be. */
export interface PiecewiseFile {
  /** Of the whole file. */
  readonly byteLength: number
  /** Of its header alone. */
  readonly headerLength: number
  /** The bytes in their order; each piece is valid until the next one is taken. */
  readonly pieces: Iterable<Uint8Array>
}

/** Bytes of a piece: a file that is smaller is one. */
const PIECE = 2 ** 26

/**
 * The bytes of a safetensors file.
 * @param metadata strings only, as the format requires
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Bytes {
  return joined(safetensorsPieces(tensors, metadata))
}

/** The pieces as one array. @throws {RangeError} when it would be too large for one */
export function joined({
  byteLength,
  pieces,
}: Pick<PiecewiseFile, 'byteLength' | 'pieces'>): Bytes {
  const file = new Uint8Array(byteLength)
  let at = 0
  for (const piece of pieces) {
    file.set(piece, at)
    at += piece.length
  }
  return file
}

/** The same file in pieces. @param size largest number of bytes of a piece */
export function safetensorsPieces(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
  size = PIECE,
): PiecewiseFile {
  const entries = [`"${METADATA}":${JSON.stringify(metadata)}`]
  let end = 0
  for (const { name, shape, data } of tensors) {
    const data_offsets = [end, (end += data.byteLength)]
    entries.push(`${JSON.stringify(name)}:${JSON.stringify({ dtype: 'F64', shape, data_offsets })}`)
  }
  const json = new TextEncoder().encode(`{${entries.join(',')}}`)
  const headerLength = Math.ceil(json.length / 8) * 8
  const header = new Uint8Array(8 + headerLength).fill(0x20, 8 + json.length)
  new DataView(header.buffer).setBigUint64(0, BigInt(headerLength), true)
  header.set(json, 8)
  const byteLength = header.length + end
  function* parts(): Generator<Uint8Array> {
    yield header
    for (const { data } of tensors) {
      yield new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    }
  }
  const pieces = { [Symbol.iterator]: () => inPieces(parts(), Math.min(size, byteLength)) }
  return { byteLength, headerLength, pieces }
}

/** Parts of any length, copied to pieces of equal length; the last one may be shorter. */
function* inPieces(parts: Iterable<Uint8Array>, size: number): Generator<Uint8Array> {
  const piece = new Uint8Array(size)
  let filled = 0
  for (const part of parts) {
    for (let at = 0; at < part.length;) {
      const count = Math.min(size - filled, part.length - at)
      piece.set(part.subarray(at, at + count), filled)
      at += count
      filled += count
      if (filled === size) {
        yield piece
        filled = 0
      }
    }
  }
  if (filled > 0) yield piece.subarray(0, filled)
}
