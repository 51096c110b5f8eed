/**
 * Evaluates a decoded ONNX model as the operators' specification says, in float64, loop by loop.
 */
import type { OnnxModel, OnnxTensor } from './onnx-decode.js'

export interface Value {
  dims: number[]
  data: number[]
}

const count = (dims: readonly number[]) => dims.reduce((a, b) => a * b, 1)
const scalar = (x: number): Value => ({ dims: [], data: [x] })

/** The indices of each number of a tensor, row-major. */
function* indices(dims: readonly number[]): Generator<number[]> {
  for (let i = 0; i < count(dims); i++) {
    let rest = i
    yield dims.map((_, axis) => {
      const below = count(dims.slice(axis + 1))
      const index = Math.floor(rest / below)
      rest %= below
      return index
    })
  }
}

/** The number at some indices; missing axes and those of size 1 are broadcast. */
function at({ dims, data }: Value, index: readonly number[]): number {
  const own = index.slice(index.length - dims.length)
  return data[dims.reduce((sum, size, axis) => sum * size + (size === 1 ? 0 : own[axis]!), 0)]!
}

function broadcast(inputs: Value[], f: (...xs: number[]) => number): Value {
  const rank = Math.max(...inputs.map(({ dims }) => dims.length))
  const dims = Array.from({ length: rank }, (_, i) =>
    Math.max(...inputs.map((one) => one.dims[i - rank + one.dims.length] ?? 1)),
  )
  for (const one of inputs) {
    const odd = one.dims.some((size, i) => size !== 1 && size !== dims[i + rank - one.dims.length])
    if (odd) throw new Error(`sizes ${one.dims} do not fit ${dims}`)
  }
  return { dims, data: Array.from(indices(dims), (index) => f(...inputs.map((x) => at(x, index)))) }
}

function matMul([a, b]: Value[]): Value {
  const [m, k] = a!.dims.slice(-2) as [number, number]
  const n = b!.dims.at(-1)!
  if (b!.dims.at(-2) !== k) throw new Error(`MatMul of ${a!.dims} and ${b!.dims}`)
  const batch = a!.dims.slice(0, -2)
  const dims = [...batch, m, n]
  const data = Array.from(indices(dims), (index) => {
    const [row, col] = index.slice(-2) as [number, number]
    const lead = index.slice(0, -2)
    let sum = 0
    for (let i = 0; i < k; i++) sum += at(a!, [...lead, row, i]) * at(b!, [...lead, i, col])
    return sum
  })
  return { dims, data }
}

function transpose(x: Value, perm: readonly number[]): Value {
  const dims = perm.map((axis) => x.dims[axis]!)
  const from = (index: number[]) => x.dims.map((_, axis) => index[perm.indexOf(axis)]!)
  return { dims, data: Array.from(indices(dims), (index) => at(x, from(index))) }
}

/** Along the last axis. */
function rows(x: Value, f: (row: number[]) => number[]): Value {
  const n = x.dims.at(-1)!
  const data = Array.from({ length: x.data.length / n }, (_, i) =>
    f(x.data.slice(i * n, (i + 1) * n)),
  )
  return { dims: [...x.dims.slice(0, -1), data[0]!.length], data: data.flat() }
}

function softmax(row: number[]): number[] {
  const top = Math.max(...row)
  const exps = row.map((x) => Math.exp(x - top))
  const sum = exps.reduce((a, b) => a + b, 0)
  return exps.map((x) => x / sum)
}

function gather(x: Value, ids: Value): Value {
  const [entries, ...rest] = x.dims as [number, ...number[]]
  const size = count(rest)
  const data = ids.data.map((id) => {
    if (id < 0 || id >= entries) throw new Error(`Gather of ${id}, of ${entries}`)
    return x.data.slice(id * size, (id + 1) * size)
  })
  return { dims: [...ids.dims, ...rest], data: data.flat() }
}

function reshape({ dims, data }: Value, shape: readonly number[]): Value {
  const to = shape.map((size, axis) => (size === 0 ? dims[axis]! : size))
  if (count(to) !== data.length) throw new Error(`Reshape of ${dims} to ${to}`)
  return { dims: to, data }
}

function unsqueeze({ dims, data }: Value, axis: number): Value {
  return { dims: [...dims.slice(0, axis), 1, ...dims.slice(axis)], data }
}

function range(start: number, end: number): Value {
  const data = Array.from({ length: end - start }, (_, i) => start + i)
  return { dims: [data.length], data }
}

type Op = (inputs: Value[], attributes: Record<string, number | number[]>) => Value
const OPS: Record<string, Op> = {
  Add: (xs) => broadcast(xs, (a, b) => a! + b!),
  Mul: (xs) => broadcast(xs, (a, b) => a! * b!),
  Div: (xs) => broadcast(xs, (a, b) => a! / b!),
  Sqrt: (xs) => broadcast(xs, (a) => Math.sqrt(a!)),
  Tanh: (xs) => broadcast(xs, (a) => Math.tanh(a!)),
  Relu: (xs) => broadcast(xs, (a) => Math.max(0, a!)),
  LessOrEqual: (xs) => broadcast(xs, (a, b) => Number(a! <= b!)),
  Where: (xs) => broadcast(xs, (condition, a, b) => (condition ? a! : b!)),
  MatMul: matMul,
  Transpose: ([x], { perm }) => transpose(x!, perm as number[]),
  Softmax: ([x]) => rows(x!, softmax),
  ReduceMean: ([x]) => rows(x!, (row) => [row.reduce((a, b) => a + b, 0) / row.length]),
  Gather: ([x, ids]) => gather(x!, ids!),
  Reshape: ([x, shape]) => reshape(x!, shape!.data),
  Unsqueeze: ([x, axes]) => unsqueeze(x!, axes!.data[0]!),
  Shape: ([x]) => ({ dims: [x!.dims.length], data: x!.dims }),
  Range: ([start, end]) => range(start!.data[0]!, end!.data[0]!),
}

export function numbersOf({ type, dims, raw }: OnnxTensor): Value {
  const { buffer } = raw.slice()
  if (type === 7) return { dims, data: Array.from(new BigInt64Array(buffer), Number) }
  const data = type === 1 ? new Float32Array(buffer) : new Float64Array(buffer)
  return { dims, data: Array.from(data) }
}

/** The logits, [batch][positions][vocab_size], row-major. */
export function runOnnx(model: OnnxModel, ids: readonly (readonly number[])[]): Value {
  const values = new Map<string, Value>(
    Array.from(model.initializers, ([name, tensor]) => [name, numbersOf(tensor)]),
  )
  values.set(model.inputs[0]![0], { dims: [ids.length, ids[0]!.length], data: ids.flat() })
  for (const { op, inputs, output, attributes } of model.nodes) {
    if (!OPS[op]) throw new Error(`no operator ${op}`)
    values.set(
      output,
      OPS[op](
        inputs.map((name) => values.get(name) ?? scalar(NaN)),
        attributes,
      ),
    )
  }
  return values.get(model.outputs[0]![0])!
}
