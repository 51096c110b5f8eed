/** train: trains a model and invents some documents. */
import type { CliModel } from './engine.js'
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
  const every = whole(flags, 'eval-every', 1, undefined)
  const quiet = flags.has('quiet')
  const logEvery = whole(flags, 'log-every', 1, undefined)
  const report = (total: number) => {
    const all = flags.has('json') ? jsonReport(out) : textReport(out, total, logEvery)
    return quiet ? { ...SILENT, sample: all.sample } : all
  }
  const sampler = (engine: CliModel) => sampled(engine, samples)
  return session(flags, surroundings, report, sampler, (engine) =>
    evalEveryOf(engine, every, quiet),
  )
}

/**
 * Steps between two validations: as many as are given, or else a tenth of the run; none where
 * nothing is held out, or where nobody would see it.
 * @throws {UsageError} when they are asked for and nothing is held out
 */
export function evalEveryOf(
  { counts, config }: Pick<CliModel, 'counts' | 'config'>,
  given: number | undefined,
  quiet: boolean,
): number | undefined {
  if (counts?.val) return given ?? (quiet ? undefined : Math.ceil(config.num_steps / 10))
  if (given === undefined) return undefined
  throw new UsageError('--eval-every needs something held out; give --val-fraction 0.1')
}

/** How many texts are drawn, unless told otherwise: a long one takes the room of many documents. */
export const defaultCount = ({ mode }: CliModel) => (mode === 'text' ? 1 : 20)

/** Texts as microgpt.py draws them, one after the other from the model's own generator. */
export function* sampled(engine: CliModel, count = defaultCount(engine), length?: number) {
  const options = length === undefined ? { count: 1 } : { count: 1, length }
  for (let i = 0; i < count; i++) yield* engine.sample(options)
}
