/** Many documents invented side by side, each token of all of them in one pass of the model. */
import type { Arena } from './arena.js'
import type { Config } from './config.js'
import { decoderValues } from './memory.js'
import type { Random } from './random.js'
import { type SampleLimits, recordDecoder, sampleDocs } from './sample.js'
import type { StateDict } from './state-dict.js'

/** Sequences side by side at the most: beyond it no more is gained. */
const MOST = 64

/**
 * sampleDocs of as many sequences as there is room for.
 * @param room numbers of the arena that may be taken
 */
export function sampleMany(
  arena: Arena,
  stateDict: StateDict,
  config: Config,
  vocabSize: number,
  random: Random,
  limits: SampleLimits,
  room: number,
): number[][] {
  let rows = MOST
  while (rows > 1 && decoderValues(config, vocabSize, rows) > room) rows--
  const mark = arena.mark()
  const length = arena.core.tapeLength()
  try {
    return sampleDocs(recordDecoder(arena, stateDict, config, vocabSize, rows), random, limits)
  } finally {
    arena.core.truncate(length)
    arena.release(mark)
  }
}
