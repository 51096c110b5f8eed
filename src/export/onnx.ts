/** A model as an ONNX file: ids [batch, positions] to logits [batch, positions, vocab_size]. */
import type { Checkpoint } from '../checkpoint/read.js'
import { OnnxGraph } from './onnx-graph.js'

/** What readCheckpoint gives. */
export type OnnxSource = Pick<Checkpoint, 'config' | 'mode' | 'tokenizer' | 'table' | 'tensors'>

export interface OnnxOptions {
  /** Round the parameters to float32, which every engine computes fast; false unless given. */
  float32?: boolean
}

/**
 * The file's bytes. Initializers have the names and, in float64, the bytes of the checkpoint's
 * matrices; config, alphabet and mode are in metadata_props. The token of `alphabet[i]` is i, and
 * BOS is `alphabet.length`. More positions than block_size are out of range.
 *
 * onnxruntime rewrites graphs and keeps the factors that it folds as float32. A scalar beside a
 * MatMul is one: it made logits 5.7e-9 wrong. So factors are vectors here, and rmsnorm is made of
 * plain operators, not of opset 23's RMSNormalization, whose epsilon is a float32.
 * @throws {MicroGPTError} when the file would have 2 GiB or more
 */
export function onnxFile(model: OnnxSource, { float32 = false }: OnnxOptions = {}): Uint8Array {
  const { config, mode, tokenizer, table, tensors } = model
  const { n_embd, n_head, n_layer, head_dim, activation } = config
  const type = float32 ? 'float32' : 'float64'
  const g = new OnnxGraph()

  for (const { name, shape } of table) {
    const { bytes } = tensors.get(name)!
    g.constant(name, type, shape, float32 ? narrowed(bytes) : bytes)
  }
  const numbers = (name: string, values: number[], shape = [values.length]) => {
    const data = float32 ? Float32Array.from(values) : Float64Array.from(values)
    return g.constant(name, type, shape, new Uint8Array(data.buffer))
  }
  const integers = (name: string, values: number[], shape = [values.length]) => {
    const data = BigInt64Array.from(values, BigInt)
    return g.constant(name, 'int64', shape, new Uint8Array(data.buffer))
  }
  const filled = (name: string, size: number, value: number) =>
    numbers(
      name,
      Array.from({ length: size }, () => value),
    )

  const zero = integers('zero', [0], [])
  const one = integers('one', [1], [])
  const first = integers('first_axis', [0])
  const second = integers('second_axis', [1])
  const split = integers('split_heads', [0, 0, n_head, head_dim])
  const join = integers('join_heads', [0, 0, n_embd])
  const epsilon = numbers('epsilon', [1e-5], [])
  const never = numbers('minus_infinity', [-Infinity], [])
  // head_dim 1 needs no factor, and n_embd 1 would make a scalar of it.
  const scale = head_dim > 1 ? filled('score_scale', n_embd, 1 / Math.sqrt(head_dim)) : null

  const rmsnorm = (x: string) => {
    const square = g.node('Mul', [x, x])
    const mean = g.node('ReduceMean', [square], { axes: [-1], keepdims: 1 })
    return g.node('Div', [x, g.node('Sqrt', [g.node('Add', [mean, epsilon])])])
  }
  const linear = (x: string, w: string, output?: string) =>
    g.node('MatMul', [x, g.node('Transpose', [w], { perm: [1, 0] })], {}, output)
  const heads = (x: string, perm: number[]) =>
    g.node('Transpose', [g.node('Reshape', [x, split])], { perm })
  const gelu = geluOf(g, filled, 4 * n_embd)
  const activate = (x: string) => {
    if (activation !== 'relu' && activation !== 'relu2') return gelu(x)
    const y = g.node('Relu', [x])
    return activation === 'relu' ? y : g.node('Mul', [y, y])
  }

  const ids = g.input('ids', 'int64', ['batch', 'positions'])
  const length = g.node('Gather', [g.node('Shape', [ids]), one])
  const positions = g.node('Range', [zero, length, one])
  // [queries, keys]: whether a position may look at another.
  const keys = g.node('Unsqueeze', [positions, first])
  const causal = g.node('LessOrEqual', [keys, g.node('Unsqueeze', [positions, second])])

  let x = g.node('Add', [g.node('Gather', ['wte', ids]), g.node('Gather', ['wpe', positions])])
  x = rmsnorm(x)
  for (let i = 0; i < n_layer; i++) {
    const layer = `layer${i}.`
    const a = rmsnorm(x)
    let q = linear(a, `${layer}attn_wq`)
    if (scale) q = g.node('Mul', [q, scale])
    const k = heads(linear(a, `${layer}attn_wk`), [0, 2, 3, 1])
    const v = heads(linear(a, `${layer}attn_wv`), [0, 2, 1, 3])
    const scores = g.node('MatMul', [heads(q, [0, 2, 1, 3]), k])
    const weights = g.node('Softmax', [g.node('Where', [causal, scores, never])], { axis: -1 })
    const y = g.node('Transpose', [g.node('MatMul', [weights, v])], { perm: [0, 2, 1, 3] })
    x = g.node('Add', [linear(g.node('Reshape', [y, join]), `${layer}attn_wo`), x])
    const h = activate(linear(rmsnorm(x), `${layer}mlp_fc1`))
    x = g.node('Add', [linear(h, `${layer}mlp_fc2`), x])
  }
  linear(x, 'lm_head', 'logits')
  g.output('logits', type, ['batch', 'positions', tokenizer.vocabSize])

  const about = 'logits for the next token at each position'
  return g.file('microgpt', about, {
    microgpt: '1',
    config: JSON.stringify(config),
    alphabet: JSON.stringify(tokenizer.chars),
    mode,
  })
}

/**
 * GELU in its tanh form: 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))), of rows of n numbers.
 */
function geluOf(
  g: OnnxGraph,
  filled: (name: string, size: number, value: number) => string,
  n: number,
) {
  let made: string[] | null = null
  return (x: string) => {
    made ??= [
      filled('gelu_half', n, 0.5),
      filled('gelu_one', n, 1),
      filled('gelu_root', n, 0.7978845608028654),
      filled('gelu_cube', n, 0.044715),
    ]
    const [half, one, root, factor] = made as [string, string, string, string]
    const cube = g.node('Mul', [g.node('Mul', [x, x]), x])
    const inner = g.node('Mul', [root, g.node('Add', [x, g.node('Mul', [factor, cube])])])
    return g.node('Mul', [g.node('Mul', [half, x]), g.node('Add', [one, g.node('Tanh', [inner])])])
  }
}

/** Float64 numbers, rounded to float32. */
function narrowed(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const data = Float32Array.from({ length: bytes.length / 8 }, (_, i) =>
    view.getFloat64(8 * i, true),
  )
  return new Uint8Array(data.buffer)
}
