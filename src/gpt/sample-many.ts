/**
 * Samples many documents at the same time: each run of the model computes the next token of all.
 */
import type { Config } from '../config/config.js'
import type { Arena } from '../engine/arena.js'
import type { Random } from '../random.js'
import { Decoder } from './decoder.js'
import { planDecoder } from './memory.js'
import { type SamplingPolicy, sampleSequences } from './sample.js'
import type { StateDict } from './state-dict.js'

/** Largest number of sequences at the same time: more are not faster. */
const MAX_ROWS = 64

/**
 * sampleSequences, with as many sequences at the same time as there is room for.
 * @param room available numbers of the arena
 */
export function sampleMany(
  arena: Arena,
  stateDict: StateDict,
  config: Config,
  vocabSize: number,
  random: Random,
  policy: SamplingPolicy,
  count: number,
  room: number,
): number[][] {
  let rows = MAX_ROWS
  while (rows > 1 && planDecoder(arena.core, config, vocabSize, rows).values > room) rows--
  const mark = arena.mark()
  const length = arena.core.tapeLength()
  try {
    const decoder = new Decoder(arena, stateDict, config, vocabSize, rows)
    return sampleSequences(decoder, random, policy, count)
  } finally {
    arena.core.truncate(length)
    arena.release(mark)
  }
}
