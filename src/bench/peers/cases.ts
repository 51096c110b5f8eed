/** The input of the peers: one model, its weights and its batches, as files. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../../config/config.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import { blockDocuments } from '../texts.js'

/** Steps whose losses are compared before anything is timed. */
export const PEER_STEPS = 4
const BLOCK = 32
const BATCH = 16

/** What a peer reads; see case.mjs. */
export interface Case {
  /** Options to create our model with. */
  options: ReturnType<typeof modelOf>
  config: Config & { vocab_size: number }
  lr: number
  table: { name: string; shape: readonly [number, number] }[]
  /** A file of all weights, float64, little-endian, in the table's order. */
  weights: string
  /** Token ids, [batch][document][block_size + 1]; used in turn. */
  batches: number[][][]
  compared: number
  seconds: number
}

/**
 * Options of MicroGPT.create for a width: one layer, documents that fill the block, vocabulary 65.
 */
export const modelOf = (n_embd: number) => ({
  docs: blockDocuments(BLOCK),
  preset: 'gist',
  config: {
    ...{ n_embd, n_head: 4, n_layer: 1, block_size: BLOCK, batch_size: BATCH },
    ...{ init_std: 0.05, learning_rate: 1e-3, lr_schedule: 'constant' as const },
  },
})

/** Writes a new model's case into a folder; returns the path of its JSON. */
export function writeCase(folder: string, gpt: MicroGPT, seconds: number): string {
  const { config, tokenizer, docs } = gpt
  const name = `n_embd-${config.n_embd}`
  const weights = join(folder, `${name}.f64`)
  writeFileSync(weights, gpt.params)
  const ids = docs.map((doc) => tokenizer.encodeDoc(doc).slice(0, config.block_size + 1))
  const batches = Array.from({ length: docs.length / config.batch_size }, (_, i) =>
    ids.slice(i * config.batch_size, (i + 1) * config.batch_size),
  )
  const given: Case = {
    options: modelOf(config.n_embd),
    config: { ...config, vocab_size: tokenizer.vocabSize },
    lr: config.learning_rate,
    table: [...gpt.stateDict.values()].map((one) => ({ name: one.name, shape: one.shape })),
    ...{ weights, batches, compared: PEER_STEPS, seconds },
  }
  const file = join(folder, `${name}.json`)
  writeFileSync(file, JSON.stringify(given))
  return file
}
