/** Writes the safetensors format; read.ts describes it. */
import { METADATA } from './header.js'

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

/**
 * The bytes of a safetensors file.
 * @param metadata strings only, as the format requires
 */
export function writeSafetensors(
  tensors: readonly NamedTensor[],
  metadata: Readonly<Record<string, string>>,
): Bytes {
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
