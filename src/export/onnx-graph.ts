/**
 * An ONNX graph under construction (onnx.ai/onnx/repo-docs/IR.html). Field numbers are those of
 * onnx.proto.
 */
import { MicroGPTError } from '../errors.js'
import { Message } from './protobuf.js'

/** IR and operator set that every engine since 2022 reads. */
const IR_VERSION = 8
const OPSET = 17
/** Protocol Buffers end a file there. */
const MAX_BYTES = 2 ** 31 - 1

/** TensorProto.DataType. */
export const TYPES = { float32: 1, int64: 7, float64: 11 } as const
export type OnnxType = keyof typeof TYPES
/** AttributeProto.AttributeType. */
const INT = 2
const INTS = 7

/** Integers alone: a float attribute has single precision. */
export type Attributes = Readonly<Record<string, number | readonly number[]>>

/** Sizes of a tensor; a name stands for a size that is known when the model runs. */
type Shape = readonly (number | string)[]

export class OnnxGraph {
  private readonly nodes: Message[] = []
  private readonly initializers: Message[] = []
  private readonly values: Message[] = []

  /** Adds a node. @returns the name of its output */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Attributes = {},
    output?: string,
  ): string {
    const name = output ?? `${op}_${this.nodes.length}`
    const node = new Message()
    for (const input of inputs) node.text(1, input)
    node.text(2, name).text(3, `node_${this.nodes.length}`).text(4, op)
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value))
    this.nodes.push(node)
    return name
  }

  /** Adds a constant. @param bytes its numbers, little-endian, row-major */
  constant(name: string, type: OnnxType, shape: readonly number[], bytes: Uint8Array): string {
    const tensor = new Message()
    for (const size of shape) tensor.int(1, size)
    tensor.int(2, TYPES[type]).text(8, name).bytes(9, bytes)
    this.initializers.push(tensor)
    return name
  }

  input(name: string, type: OnnxType, shape: Shape): string {
    this.values.push(new Message().message(11, valueInfo(name, type, shape)))
    return name
  }

  output(name: string, type: OnnxType, shape: Shape): void {
    this.values.push(new Message().message(12, valueInfo(name, type, shape)))
  }

  /**
   * The file.
   * @param about one sentence on the graph
   * @param metadata as metadata_props
   * @throws {MicroGPTError} when it would have 2 GiB or more
   */
  file(name: string, about: string, metadata: Readonly<Record<string, string>>): Uint8Array {
    const graph = new Message()
    for (const node of this.nodes) graph.message(1, node)
    graph.text(2, name)
    for (const tensor of this.initializers) graph.message(5, tensor)
    graph.text(10, about)
    for (const value of this.values) graph.append(value)
    const model = new Message().int(1, IR_VERSION).text(2, 'microgpt-wasm').message(7, graph)
    model.message(8, new Message().text(1, '').int(2, OPSET))
    for (const [key, value] of Object.entries(metadata)) {
      model.message(14, new Message().text(1, key).text(2, value))
    }
    if (model.length > MAX_BYTES) {
      const got = `this model needs ${model.length.toLocaleString('en-US')}`
      throw new MicroGPTError(`an ONNX file has at most 2 GiB, ${got} bytes; export it as float32`)
    }
    return model.finish()
  }
}

function attribute(name: string, value: number | readonly number[]): Message {
  const message = new Message().text(1, name)
  if (typeof value === 'number') return message.int(3, value).int(20, INT)
  for (const each of value) message.int(8, each)
  return message.int(20, INTS)
}

function valueInfo(name: string, type: OnnxType, shape: Shape): Message {
  const sizes = new Message()
  for (const size of shape) {
    const dim = new Message()
    sizes.message(1, typeof size === 'number' ? dim.int(1, size) : dim.text(2, size))
  }
  const tensor = new Message().int(1, TYPES[type]).message(2, sizes)
  return new Message().text(1, name).message(2, new Message().message(1, tensor))
}
