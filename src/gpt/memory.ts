/** The memory that a GPT needs in the arena, counted by recording it. */
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
 * The plan of an arena for a GPT that trains, on batches of any size, and samples. Nothing is
 * allocated, so models far beyond 4 GiB can be planned, too.
 * @param core any core; if it has an arena, that is not touched
 * @param vocabSize number of tokens, BOS included
 * @param threads number of threads, each with room for a micro-batch; default 1
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

/** The plan of an arena for sampling several sequences at the same time. */
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
