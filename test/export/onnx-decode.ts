/**
 * Reads an ONNX file without any of the code that wrote it: enough of Protocol Buffers and
 * onnx.proto.
 */

type Value = number | Uint8Array

/** The fields of a message by number; integers as numbers, all else as bytes. */
function fieldsOf(bytes: Uint8Array): Map<number, Value[]> {
  const fields = new Map<number, Value[]>()
  let at = 0
  const varint = () => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return Number(BigInt.asIntN(64, value))
    }
  }
  while (at < bytes.length) {
    const key = varint()
    if (key % 8 !== 0 && key % 8 !== 2) throw new Error(`wire type ${key % 8} at ${at}`)
    const number = varint()
    const value = key % 8 === 0 ? number : bytes.subarray(at, (at += number))
    fields.set(key >> 3, [...(fields.get(key >> 3) ?? []), value])
  }
  if (at !== bytes.length) throw new Error('a field goes beyond its message')
  return fields
}

const textOf = (value: Value | undefined) => new TextDecoder().decode(value as Uint8Array)

export interface OnnxTensor {
  name: string
  /** TensorProto.DataType: 1 float32, 7 int64, 11 float64. */
  type: number
  dims: number[]
  raw: Uint8Array
}

export interface OnnxNode {
  op: string
  inputs: string[]
  output: string
  attributes: Record<string, number | number[]>
}

export interface OnnxModel {
  irVersion: number
  opset: number
  producer: string
  graph: { name: string; about: string }
  /** The names of the nodes. */
  names: string[]
  metadata: Record<string, string>
  nodes: OnnxNode[]
  initializers: Map<string, OnnxTensor>
  /** Name, type and sizes. */
  inputs: [string, number, (number | string)[]][]
  outputs: [string, number, (number | string)[]][]
}

export function decodeOnnx(file: Uint8Array): OnnxModel {
  const model = fieldsOf(file)
  const under = (fields: Map<number, Value[]>, field: number) =>
    (fields.get(field) ?? []).map((value) => fieldsOf(value as Uint8Array))
  const [graph] = under(model, 7)
  const tensors = under(graph!, 5).map((fields) => ({
    name: textOf(fields.get(8)![0]),
    type: fields.get(2)![0] as number,
    dims: (fields.get(1) ?? []) as number[],
    raw: fields.get(9)![0] as Uint8Array,
  }))
  const valueInfo = (fields: Map<number, Value[]>) => {
    const [tensor] = under(under(fields, 2)[0]!, 1)
    const dims = under(under(tensor!, 2)[0]!, 1)
    const sizes = dims.map((dim) =>
      dim.has(1) ? (dim.get(1)![0] as number) : textOf(dim.get(2)![0]),
    )
    const info = [textOf(fields.get(1)![0]), tensor!.get(1)![0] as number, sizes]
    return info as [string, number, (number | string)[]]
  }
  const nodes = under(graph!, 1).map((fields) => ({
    op: textOf(fields.get(4)![0]),
    inputs: (fields.get(1) ?? []).map(textOf),
    output: textOf(fields.get(2)![0]),
    attributes: Object.fromEntries(
      under(fields, 5).map((attribute) => {
        const one = attribute.get(20)![0] === 2
        const value = one ? (attribute.get(3)![0] as number) : (attribute.get(8) as number[])
        return [textOf(attribute.get(1)![0]), value]
      }),
    ),
  }))
  return {
    irVersion: model.get(1)![0] as number,
    opset: under(model, 8)[0]!.get(2)![0] as number,
    producer: textOf(model.get(2)![0]),
    graph: { name: textOf(graph!.get(2)![0]), about: textOf(graph!.get(10)![0]) },
    names: under(graph!, 1).map((fields) => textOf(fields.get(3)![0])),
    metadata: Object.fromEntries(
      under(model, 14).map((pair) => [textOf(pair.get(1)![0]), textOf(pair.get(2)![0])]),
    ),
    nodes,
    initializers: new Map(tensors.map((tensor) => [tensor.name, tensor])),
    inputs: under(graph!, 11).map(valueInfo),
    outputs: under(graph!, 12).map(valueInfo),
  }
}
