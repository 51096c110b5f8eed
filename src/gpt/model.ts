/** The model: the same lines as in microgpt.py, for all positions at once. */
import type { Config } from '../config/config.js'
import type { Graph } from '../engine/graph.js'
import type { Bounds, Ids, Tensor } from '../engine/tensor.js'
import type { StateDict } from './state-dict.js'

/**
 * What each row attends to. With `bounds` (whole documents): the rows of its document up to itself.
 * With `keys` and `values` (one row per sequence): the positions of earlier calls, one cache per
 * layer.
 */
export type Context = { bounds: Bounds } | { keys: readonly Tensor[]; values: readonly Tensor[] }

/**
 * Records a GPT: GPT-2 with rmsnorm instead of layernorm, no biases, and a choice of activation.
 * @param g graph to record on
 * @param stateDict the matrices of gptTable(config, vocabSize)
 * @param tokens ids, [rows]
 * @param positions position of each token in its document, [rows]
 * @param context what each row attends to
 * @returns logits, [rows, vocab_size]
 */
export function gpt(
  g: Graph,
  stateDict: StateDict,
  config: Config,
  tokens: Ids,
  positions: Ids,
  context: Context,
): Tensor {
  const { n_layer, n_head, activation } = config
  const w = (name: string) => stateDict.get(name)!.tensor

  const tokEmb = g.embedding(w('wte'), tokens) // token embedding
  const posEmb = g.embedding(w('wpe'), positions) // position embedding
  let x = g.add(tokEmb, posEmb) // joint token and position embedding
  // Not redundant, although layer 0 normalizes again: the residual connection bypasses the rmsnorm
  // there, so without this line the residual stream would start from the raw embeddings.
  x = g.rmsnorm(x)

  for (let li = 0; li < n_layer; li++) {
    // 1) multi-head attention block
    let xResidual = x
    x = g.rmsnorm(x)
    const q = g.linear(x, w(`layer${li}.attn_wq`))
    const k = g.linear(x, w(`layer${li}.attn_wk`))
    const v = g.linear(x, w(`layer${li}.attn_wv`))
    let xAttn: Tensor
    if ('bounds' in context) {
      xAttn = g.attention(q, k, v, context.bounds, n_head) // causal: all positions at once
    } else {
      const [keys, values] = [context.keys[li]!, context.values[li]!]
      xAttn = g.attentionCached(q, k, v, { keys, values, positions }, n_head) // one new position
    }
    x = g.linear(xAttn, w(`layer${li}.attn_wo`))
    x = g.add(x, xResidual)
    // 2) MLP block
    xResidual = x
    x = g.rmsnorm(x)
    x = g.linear(x, w(`layer${li}.mlp_fc1`))
    x = g[activation](x) // relu, relu2 or gelu
    x = g.linear(x, w(`layer${li}.mlp_fc2`))
    x = g.add(x, xResidual)
  }

  return g.linear(x, w('lm_head'))
}
