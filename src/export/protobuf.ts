/**
 * Protocol Buffers (protobuf.dev/programming-guides/encoding), as much of it as an ONNX file needs:
 * a message is a list of fields, each a key, then a varint or a length and that many bytes.
 */
import { joined } from '../checkpoint/safetensors/write.js'

const VARINT = 0
const BYTES = 2

/** A message that is being written; its fields stay in the order of the calls. */
export class Message {
  /** Bytes so far. */
  length = 0
  private readonly parts: Uint8Array[] = []

  /** An integer, an enum or a bool. */
  int(field: number, value: number): this {
    return this.push(varint(8 * field + VARINT)).push(varint(value))
  }

  bytes(field: number, bytes: Uint8Array): this {
    return this.open(field, bytes.length).push(bytes)
  }

  text(field: number, text: string): this {
    return this.bytes(field, new TextEncoder().encode(text))
  }

  message(field: number, message: Message): this {
    return this.open(field, message.length).append(message)
  }

  /** The fields of another message of the same kind. */
  append({ parts }: Message): this {
    for (const part of parts) this.push(part)
    return this
  }

  /** The whole message in one piece. */
  finish(): Uint8Array {
    return joined({ byteLength: this.length, pieces: this.parts })
  }

  private open(field: number, length: number): this {
    return this.push(varint(8 * field + BYTES)).push(varint(length))
  }

  private push(bytes: Uint8Array): this {
    this.parts.push(bytes)
    this.length += bytes.length
    return this
  }
}

/** Seven bits per byte, the lowest first; a negative number has ten bytes, as an int64. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = BigInt.asUintN(64, BigInt(value))
  for (; rest > 0x7fn; rest >>= 7n) bytes.push(Number(rest & 0x7fn) | 0x80)
  bytes.push(Number(rest))
  return Uint8Array.from(bytes)
}
