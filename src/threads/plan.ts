/** What a team needs, each thread of which has room for a chunk of its own. */
import { type ArenaPlan, even } from '../arena-plan.js'
import type { Config } from '../config.js'
import { chunkRecords, decoderValues, planGPT } from '../memory.js'

/** The arena of a GPT that trains on several threads, and samples. */
export function planTeam(config: Config, vocabSize: number, threads: number): ArenaPlan {
  const { params, values, scratch, records } = planGPT(config, vocabSize)
  const more = threads - 1
  return {
    params,
    values: values + more * (values - decoderValues(config, vocabSize, 1)),
    scratch: threads * even(scratch),
    // The control block of assembly/team.ts lies there too.
    records: records + more * chunkRecords(config) + 2 + 2 * threads,
  }
}
