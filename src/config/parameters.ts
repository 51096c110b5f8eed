/** The one table of a GPT's parameters: name, shape, initial spread and purpose of each matrix. */
import type { Config } from './config.js'

/** The name of a GPT's matrix in its state_dict. */
export type ParameterName =
  | 'wte'
  | 'wpe'
  | 'lm_head'
  | `layer${number}.${'attn_wq' | 'attn_wk' | 'attn_wv' | 'attn_wo' | 'mlp_fc1' | 'mlp_fc2'}`

/** One matrix of the table. */
export interface ParameterSpec {
  /** Name in the state_dict, such as layer0.attn_wq. */
  name: string
  /** [nout, nin], row-major. */
  shape: readonly [number, number]
  /** Standard deviation of the initial values. */
  std: number
  /** What the matrix is for, in one line. */
  purpose: string
}

/**
 * The matrices of a GPT in microgpt.py's order, which is also the order in the arena and of the
 * initial draws.
 * @param vocabSize number of tokens, BOS included
 */
export function gptTable(config: Config, vocabSize: number): ParameterSpec[] {
  const { n_embd, n_layer, block_size, init_std, zero_init_projections } = config
  const spec = (name: string, nout: number, nin: number, purpose: string, zero = false) => ({
    name,
    shape: [nout, nin] as const,
    std: zero && zero_init_projections ? 0 : init_std,
    purpose,
  })
  const table = [
    spec('wte', vocabSize, n_embd, 'token embedding: one row per token'),
    spec('wpe', block_size, n_embd, 'position embedding: one row per position'),
    spec('lm_head', vocabSize, n_embd, 'residual stream to a score for each token'),
  ]
  for (let i = 0; i < n_layer; i++) {
    const layer = `layer${i}.`
    table.push(
      spec(`${layer}attn_wq`, n_embd, n_embd, 'query: what a position looks for'),
      spec(`${layer}attn_wk`, n_embd, n_embd, 'key: what a position can be found by'),
      spec(`${layer}attn_wv`, n_embd, n_embd, 'value: what a position passes on'),
      spec(`${layer}attn_wo`, n_embd, n_embd, 'heads back to the residual stream', true),
      spec(`${layer}mlp_fc1`, 4 * n_embd, n_embd, 'residual stream to 4 times as many features'),
      spec(`${layer}mlp_fc2`, n_embd, 4 * n_embd, 'features back to the residual stream', true),
    )
  }
  return table
}

/** The number of parameters in a table, the sum of nout * nin. */
export function countParams(table: readonly ParameterSpec[]): number {
  return table.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
}
