/** What a GPT needs in the arena, counted by recording it. */
import type { Config } from '../config/config.js'
import { gptTable } from '../config/parameters.js'
import { Arena } from '../engine/arena.js'
import type { Core } from '../engine/core.js'
import { SerialExecutor } from '../engine/executor.js'
import type { ArenaPlan } from '../engine/plan.js'
import { Decoder } from './decoder.js'
import { mapStateDict } from './state-dict.js'
import { MAX_GRAPHS, Trainer } from './train.js'

/**
 * The arena of a GPT that trains, on batches of any size, and samples. Nothing is allocated, so that
 * models far beyond 4 GiB can be planned too.
 * @param core any core; one that has an arena keeps it as it is
 * @param threads each has room for a micro-batch
 */
export function planGPT(core: Core, config: Config, vocabSize: number, threads = 1): ArenaPlan {
  const sampling = planDecoder(core, config, vocabSize, 1)
  const training = Arena.count(core, (arena) => {
    const dict = mapStateDict(arena, gptTable(config, vocabSize))
    new Trainer(arena, dict, config, vocabSize, new SerialExecutor(arena)).recordLargest()
  })
  return {
    params: training.params,
    values: sampling.values + threads * training.values,
    scratch: Math.max(sampling.scratch, training.scratch),
    records: sampling.records + threads * MAX_GRAPHS * training.records,
  }
}

/** The arena of a GPT that samples some sequences side by side. */
export function planDecoder(
  core: Core,
  config: Config,
  vocabSize: number,
  rows: number,
): ArenaPlan {
  return Arena.count(core, (arena) => {
    const dict = mapStateDict(arena, gptTable(config, vocabSize))
    return new Decoder(arena, dict, config, vocabSize, rows)
  })
}
