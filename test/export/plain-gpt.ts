/**
 * The GPT in plain loops over a checkpoint's numbers: what the exports' logits are held against.
 */
import { type Config, readCheckpoint } from '../../src/index.js'

type Row = number[]

const sum = (xs: readonly number[]) => xs.reduce((a, b) => a + b, 0)
const dot = (a: Row, b: Row) => sum(a.map((x, i) => x * b[i]!))
const add = (a: Row, b: Row) => a.map((x, i) => x + b[i]!)
const rmsnorm = (x: Row) => x.map((xi) => xi / Math.sqrt(dot(x, x) / x.length + 1e-5))

export function softmax(xs: Row): Row {
  const top = Math.max(...xs)
  const exps = xs.map((x) => Math.exp(x - top))
  return exps.map((x) => x / sum(exps))
}

/** GELU's other form, 0.5 (1 + tanh(z)) = 1 / (1 + exp(-2 z)). */
const gelu = (x: number) =>
  x / (1 + Math.exp(-2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)))
const ACTIVATIONS: Record<string, (x: number) => number> = {
  relu: (x) => Math.max(0, x),
  relu2: (x) => Math.max(0, x) ** 2,
  gelu,
}

/**
 * Logits of each position, [ids.length][vocab_size].
 * @param fields of another config than the file's
 */
export function logitsOf(file: Uint8Array, ids: readonly number[], fields: object = {}): Row[] {
  const { config, tensors } = readCheckpoint(file)
  const { n_head, n_layer, head_dim, activation }: Config = { ...config, ...fields }
  const matrix = (name: string): Row[] => {
    const { shape, bytes } = tensors.get(name)!
    const flat = new Float64Array(bytes.slice().buffer)
    const rows = Array.from({ length: shape[0]! }, (_, i) => i * shape[1]!)
    return rows.map((at) => Array.from(flat.subarray(at, at + shape[1]!)))
  }
  const linear = (rows: Row[], w: Row[]) => rows.map((x) => w.map((row) => dot(x, row)))
  const [wte, wpe] = [matrix('wte'), matrix('wpe')]
  let x = ids.map((id, t) => rmsnorm(add(wte[id]!, wpe[t]!)))
  for (let i = 0; i < n_layer; i++) {
    const w = (name: string) => matrix(`layer${i}.${name}`)
    const a = x.map(rmsnorm)
    const [q, k, v] = ['attn_wq', 'attn_wk', 'attn_wv'].map((name) => linear(a, w(name)))
    const y = x.map((_, t) =>
      Array.from({ length: n_head }, (__, h) => {
        const head = (row: Row) => row.slice(h * head_dim, (h + 1) * head_dim)
        const past = k!.slice(0, t + 1)
        const scores = past.map((key) => dot(head(q![t]!), head(key)) / Math.sqrt(head_dim))
        const p = softmax(scores)
        return head(q![t]!).map((___, j) => sum(p.map((pu, u) => pu * head(v![u]!)[j]!)))
      }).flat(),
    )
    x = linear(y, w('attn_wo')).map((row, t) => add(row, x[t]!))
    const h = linear(x.map(rmsnorm), w('mlp_fc1')).map((row) => row.map(ACTIVATIONS[activation]!))
    x = linear(h, w('mlp_fc2')).map((row, t) => add(row, x[t]!))
  }
  return linear(x, matrix('lm_head'))
}

/** The mean of -log p(next id) over a sequence, from its logits. */
export function lossOf(logits: readonly Row[], targets: readonly number[]): number {
  return sum(targets.map((id, t) => -Math.log(softmax(logits[t]!)[id]!))) / targets.length
}
