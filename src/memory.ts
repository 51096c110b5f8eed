/** What a model will need, reckoned before any memory is taken. */
import { type ArenaPlan, attentionScratch, even, linearScratch } from './arena-plan.js'
import type { Config } from './config.js'
import { countParams, gptTable } from './state-dict.js'
import { MAX_GRAPHS, chunkRows } from './chunks.js'

/** Values that gpt() of model.ts allocates for some rows, where attention keeps so many weights. */
function gptValues(config: Config, vocabSize: number, rows: number, weights: number): number {
  const { n_embd, n_layer } = config
  const x = even(rows * n_embd)
  const rmsnorm = x + even(rows)
  const attention = x + even(weights)
  const mlp = 2 * even(rows * 4 * n_embd) + x
  const layer = rmsnorm + 3 * x + attention + 2 * x + rmsnorm + mlp + x
  return 3 * x + rmsnorm + n_layer * layer + even(rows * vocabSize)
}

/** Values that recordDecoder() of sample.ts allocates for sequences side by side. */
export function decoderValues(config: Config, vocabSize: number, rows: number): number {
  const { n_embd, n_layer, block_size } = config
  return (
    2 * even(Math.ceil(rows / 2)) + // tokens, positions
    n_layer * 2 * even(rows * block_size * n_embd) +
    3 * even(rows * vocabSize) + // inverse temperature, its product with the logits, probabilities
    gptValues(config, vocabSize, rows, even(block_size))
  )
}

/** Rows of the tape that gpt() of model.ts takes. */
const gptRecords = ({ n_layer }: Config) => 5 + 12 * n_layer

/** Rows of the tape for the graphs that DocumentPass keeps for each chunk. */
export const chunkRecords = (config: Config) => MAX_GRAPHS * (gptRecords(config) + 1)

/** The arena of a GPT that trains, on batches of any size, and samples. */
export function planGPT(config: Config, vocabSize: number): ArenaPlan {
  const { n_embd, n_head, block_size } = config
  const rows = chunkRows(config)
  const training =
    3 * even(Math.ceil(rows / 2)) + // tokens, targets, positions
    even(Math.ceil((rows + 1) / 2)) + // bounds
    gptValues(config, vocabSize, rows, rows * n_head * even(block_size)) +
    even(rows) + // losses, one a document
    even(rows * vocabSize) // probabilities
  return {
    params: countParams(gptTable(config, vocabSize)),
    values: decoderValues(config, vocabSize, 1) + training,
    scratch: Math.max(
      linearScratch(rows, n_embd, vocabSize), // lm_head
      linearScratch(rows, n_embd, 4 * n_embd), // mlp_fc1
      linearScratch(rows, 4 * n_embd, n_embd), // mlp_fc2
      attentionScratch(n_embd / n_head, block_size),
      vocabSize, // softmax
    ),
    records: gptRecords(config) + 2 + chunkRecords(config),
  }
}
