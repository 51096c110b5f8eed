/** The attention of the first layer, computed from the parameters with plain loops. */
import type { MicroGPT } from '../../src/index.js'

type Rows = number[][]

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, i) => sum + x * b[i]!, 0)

const rmsnorm = (x: readonly number[]) => {
  const scale = 1 / Math.sqrt(dot(x, x) / x.length + 1e-5)
  return x.map((value) => value * scale)
}

const softmax = (x: readonly number[]) => {
  const exps = x.map((value) => Math.exp(value - Math.max(...x)))
  const sum = exps.reduce((total, value) => total + value, 0)
  return exps.map((value) => value / sum)
}

/** The attention weights [n_head][rows][positions] of BOS and the tokens of a text. */
export function firstLayerAttention(gpt: MicroGPT, word: string): Rows[] {
  const { n_embd, n_head, head_dim } = gpt.config
  const matrix = (name: string): Rows => {
    const { data, shape } = gpt.stateDict.get(name)!
    return Array.from({ length: shape[0] }, (_, i) =>
      Array.from(data.subarray(i * n_embd, (i + 1) * n_embd)),
    )
  }
  const [wte, wpe] = [matrix('wte'), matrix('wpe')]
  const ids = [gpt.tokenizer.BOS, ...gpt.tokenizer.encode(word)]
  const rows = ids.map((id, t) => rmsnorm(rmsnorm(wte[id]!.map((x, j) => x + wpe[t]![j]!))))
  const linear = (name: string) => {
    const weights = matrix(name)
    return rows.map((row) => weights.map((weight) => dot(weight, row)))
  }
  const [q, k] = [linear('layer0.attn_wq'), linear('layer0.attn_wk')]
  return Array.from({ length: n_head }, (_, h) => {
    const head = (x: readonly number[]) => x.slice(h * head_dim, (h + 1) * head_dim)
    return q.map((query, t) =>
      softmax(k.slice(0, t + 1).map((key) => dot(head(query), head(key)) / Math.sqrt(head_dim))),
    )
  })
}
