/** The typed-array twin's forward on the core's own parameters: no second copy of a large model. */
import { attention } from '../../reference/typed-attention.js'
import { linear } from '../../reference/typed-linear.js'
import { add, crossEntropy, embedding, relu, rmsnorm } from '../../reference/typed-ops.js'
import type { TimedCore } from '../setup.js'

/** The loss of one document, by the twin's loops over gpt.stateDict. */
export function twinLoss(gpt: TimedCore, doc: string): number {
  const { n_embd: n, n_layer, n_head, head_dim, block_size: B, activation } = gpt.config
  const V = gpt.tokenizer.vocabSize
  const ids = gpt.tokenizer.encodeDoc(doc)
  const T = Math.min(B, ids.length - 1)
  const tokens = Int32Array.from(ids.slice(0, T + 1))
  const w = (name: string) => gpt.stateDict.get(name)!.data
  const floats = (length: number) => new Float64Array(length)
  const scale = floats(T)
  const norm = (x: Float64Array) => {
    const y = floats(T * n)
    rmsnorm(y, scale, x, 0, T, n)
    return y
  }

  const embedded = floats(T * n)
  embedding(embedded, w('wte'), w('wpe'), tokens, 0, T, n)
  let x = norm(embedded)
  for (let li = 0; li < n_layer; li++) {
    const layer = `layer${li}.`
    const qkv = floats(T * 3 * n)
    const normed = norm(x)
    ;['attn_wq', 'attn_wk', 'attn_wv'].forEach((name, part) => {
      const y = floats(T * n)
      linear(y, normed, w(layer + name), 0, T, n, n)
      for (let t = 0; t < T; t++) qkv.set(y.subarray(t * n, t * n + n), (3 * t + part) * n)
    })
    const heads = floats(T * n)
    attention(heads, floats(n_head * B * B), qkv, 0, T, n, head_dim, B)
    const mid = floats(T * n)
    linear(mid, heads, w(`${layer}attn_wo`), 0, T, n, n)
    add(mid, x, 0, T * n)
    const hidden = floats(T * 4 * n)
    linear(hidden, norm(mid), w(`${layer}mlp_fc1`), 0, T, 4 * n, n)
    relu(hidden, hidden, 0, T * 4 * n, activation === 'relu2')
    x = floats(T * n)
    linear(x, hidden, w(`${layer}mlp_fc2`), 0, T, n, 4 * n)
    add(x, mid, 0, T * n)
  }
  const logits = floats(T * V)
  linear(logits, x, w('lm_head'), 0, T, V, n)
  return crossEntropy(floats(T * V), logits, tokens, T, V)
}
