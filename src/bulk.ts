/** Many documents invented side by side, each token of all of them in one pass of the model. */
import type { Arena } from './arena.js'
import type { Config } from './config.js'
import { decoderValues } from './memory.js'
import type { Random } from './random.js'
import { argmax, checkProbabilities, inverseOf, recordDecoder } from './sample.js'
import type { StateDict } from './state-dict.js'

/** Sequences side by side at the most: beyond it no more is gained. */
const MOST = 64

export interface BulkOptions {
  count: number
  temperature: number
  /** What begins and ends a document. */
  BOS: number
  vocabSize: number
  /** Numbers of the arena that may be taken; how many sequences are side by side depends on it. */
  room: number
}

/**
 * Invents documents. The order of the random draws: one for each sequence that is at work, then one
 * for the next token of each, and so on; where one ends, the next document begins.
 * @returns ids of each document, in the order in which they were begun
 */
export function sampleMany(
  arena: Arena,
  stateDict: StateDict,
  config: Config,
  random: Random,
  options: BulkOptions,
): number[][] {
  const { count, temperature, BOS, vocabSize, room } = options
  let rows = MOST
  while (rows > 1 && decoderValues(config, vocabSize, rows) > room) rows--
  const mark = arena.mark()
  const length = arena.core.tapeLength()
  try {
    const decoder = recordDecoder(arena, stateDict, config, vocabSize, rows)
    const { graph, tokens, positions, inverse } = decoder
    inverse.fill(inverseOf(temperature))
    const rowsOf = (x: Float64Array) =>
      Array.from({ length: rows }, (_, i) => x.subarray(i * vocabSize, (i + 1) * vocabSize))
    const logits = rowsOf(decoder.logits.data)
    const probabilities = rowsOf(decoder.probabilities.data)
    const all: number[][] = []
    // A row that has nothing more to do goes on computing, and is looked at no more.
    const atWork: (number[] | null)[] = []
    const begin = (row: number) => {
      atWork[row] = all.length < count ? [] : null
      if (atWork[row]) all.push(atWork[row])
      tokens.put(row, BOS)
      positions.put(row, 0)
    }
    for (let row = 0; row < rows; row++) begin(row)
    while (atWork.some((ids) => ids !== null)) {
      graph.forward()
      atWork.forEach((ids, row) => {
        if (!ids) return
        checkProbabilities(probabilities[row]![0]!)
        const token = temperature === 0 ? argmax(logits[row]!) : random.choice(probabilities[row]!)
        if (token !== BOS) ids.push(token)
        if (token === BOS || ids.length === config.block_size) return begin(row)
        tokens.put(row, token)
        positions.put(row, ids.length)
      })
    }
    return all
  } finally {
    arena.core.truncate(length)
    arena.release(mark)
  }
}
