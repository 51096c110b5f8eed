/** The model, to be read beside microgpt.py: the same lines, for all positions at once. */
import type { Ids, Tensor } from './arena.js'
import type { Config } from './config.js'
import type { Graph } from './graph.js'
import type { StateDict } from './state-dict.js'

/** Attention of layer li: over the rows of a document, or over a key/value cache. */
export type Attend = (q: Tensor, k: Tensor, v: Tensor, li: number) => Tensor

/**
 * Records a GPT: GPT-2 with rmsnorm for layernorm, no biases, and a relu for GELU.
 * @param tokens ids [rows]
 * @param positions where each token stands in its document [rows]
 * @returns logits [rows, vocab_size]
 */
export function gpt(
  g: Graph,
  stateDict: StateDict,
  config: Config,
  tokens: Ids,
  positions: Ids,
  attend: Attend,
): Tensor {
  const w = (name: string) => stateDict.get(name)!.tensor

  const tokEmb = g.embedding(w('wte'), tokens) // token embedding
  const posEmb = g.embedding(w('wpe'), positions) // position embedding
  let x = g.add(tokEmb, posEmb) // joint token and position embedding
  x = g.rmsnorm(x)

  for (let li = 0; li < config.n_layer; li++) {
    // 1) multi-head attention block
    let xResidual = x
    x = g.rmsnorm(x)
    const q = g.linear(x, w(`layer${li}.attn_wq`))
    const k = g.linear(x, w(`layer${li}.attn_wk`))
    const v = g.linear(x, w(`layer${li}.attn_wv`))
    x = attend(q, k, v, li)
    x = g.linear(x, w(`layer${li}.attn_wo`))
    x = g.add(x, xResidual)
    // 2) MLP block
    xResidual = x
    x = g.rmsnorm(x)
    x = g.linear(x, w(`layer${li}.mlp_fc1`))
    x = config.activation === 'relu' ? g.relu(x) : g.relu2(x)
    x = g.linear(x, w(`layer${li}.mlp_fc2`))
    x = g.add(x, xResidual)
  }

  return g.linear(x, w('lm_head'))
}
