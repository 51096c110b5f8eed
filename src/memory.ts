/** What a model will need, reckoned before any memory is taken. */
import { type ArenaPlan, even } from './arena.js'
import type { Config } from './config.js'
import { countParams, gptTable } from './state-dict.js'
import { MAX_GRAPHS } from './train.js'

/** Values that gpt() of model.ts allocates for some rows, attention weights over `span` included. */
function gptValues(config: Config, vocabSize: number, rows: number, span: number): number {
  const { n_embd, n_head, n_layer } = config
  const x = even(rows * n_embd)
  const rmsnorm = x + even(rows)
  const attention = x + even(rows * n_head * span)
  const mlp = 2 * even(rows * 4 * n_embd) + x
  const layer = rmsnorm + 3 * x + attention + 2 * x + rmsnorm + mlp + x
  return 3 * x + rmsnorm + n_layer * layer + even(rows * vocabSize)
}

/** The arena of a GPT that trains on one document of up to block_size tokens, and samples. */
export function planGPT(config: Config, vocabSize: number): ArenaPlan {
  const { n_embd, n_layer, block_size } = config
  const cachePointers = even(3)
  const decoder =
    2 * even(1) + // token, position
    n_layer * (2 * even(block_size * n_embd) + cachePointers) +
    3 * even(vocabSize) + // inverse temperature, its product with the logits, probabilities
    gptValues(config, vocabSize, 1, block_size)
  const training =
    3 * even(Math.ceil(block_size / 2)) + // tokens, targets, positions
    even(1) + // bounds
    gptValues(config, vocabSize, block_size, block_size) +
    even(1) + // loss
    even(block_size * vocabSize) // probabilities
  const gptRecords = 5 + 12 * n_layer
  const graphs = Math.min(block_size, MAX_GRAPHS)
  return {
    params: countParams(gptTable(config, vocabSize)),
    values: decoder + training,
    scratch: Math.max(
      4 * Math.ceil(vocabSize / 4) * n_embd, // lm_head, transposed
      4 * n_embd * 4 * Math.ceil(n_embd / 4), // mlp_fc1, mlp_fc2
      4 * n_embd * n_embd,
      block_size,
      vocabSize,
    ),
    records: gptRecords + 2 + graphs * (gptRecords + 1),
  }
}
