/** train: trains a model and invents some documents. */
import type { Engine } from './engine.js'
import type { Flags } from './parse.js'
import { SILENT } from './report.js'
import { jsonReport } from './report-json.js'
import { textReport } from './report-text.js'
import { type Surroundings, session } from './session.js'
import { whole } from './settings.js'

export function train(flags: Flags, surroundings: Surroundings): Promise<number> {
  const { out } = surroundings
  const samples = whole(flags, 'samples', 0, 20)
  const logEvery = whole(flags, 'log-every', 1, undefined)
  const report = (total: number) => {
    const all = flags.has('json') ? jsonReport(out) : textReport(out, total, logEvery)
    return flags.has('quiet') ? { ...SILENT, sample: all.sample } : all
  }
  return session(flags, surroundings, report, (engine) => sampled(engine, samples))
}

/** Texts as microgpt.py draws them, one after the other from the model's own generator. */
export function* sampled(engine: Engine, count: number): Generator<string> {
  for (let i = 0; i < count; i++) yield* engine.sample({ count: 1 })
}
