/** train: trains a model and invents some documents. */
import type { Engine } from './engine.js'
import { UsageError } from './exit.js'
import type { Flags } from './parse.js'
import { SILENT } from './report.js'
import { jsonReport } from './report-json.js'
import { textReport } from './report-text.js'
import { type Surroundings, session } from './session.js'
import { whole } from './settings.js'

export function train(flags: Flags, surroundings: Surroundings): Promise<number> {
  const { out } = surroundings
  const samples = whole(flags, 'samples', 0, undefined)
  const evalEvery = whole(flags, 'eval-every', 1, undefined)
  const logEvery = whole(flags, 'log-every', 1, undefined)
  const report = (total: number) => {
    const all = flags.has('json') ? jsonReport(out) : textReport(out, total, logEvery)
    return flags.has('quiet') ? { ...SILENT, sample: all.sample } : all
  }
  const sampler = (engine: Engine) => sampled(engine, samples)
  return session(flags, surroundings, report, sampler, (engine) => {
    if (engine.counts?.val) return evalEvery ?? defaultEvery(flags, engine)
    if (evalEvery === undefined) return undefined
    throw new UsageError('--eval-every needs something held out; give --val-fraction 0.1')
  })
}

/** Ten times in a run; never where nobody would see it. */
function defaultEvery(flags: Flags, { config }: Engine): number | undefined {
  return flags.has('quiet') ? undefined : Math.ceil(config.num_steps / 10)
}

/** How many texts are drawn, unless told otherwise: a long one takes the room of many documents. */
export const defaultCount = ({ mode }: Engine) => (mode === 'text' ? 1 : 20)

/** Texts as microgpt.py draws them, one after the other from the model's own generator. */
export function* sampled(engine: Engine, count = defaultCount(engine), length?: number) {
  const options = length === undefined ? { count: 1 } : { count: 1, length }
  for (let i = 0; i < count; i++) yield* engine.sample(options)
}
