/** The train command: trains a model and prints samples. */
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
 * Steps between validations: --eval-every if given, otherwise a tenth of the run. undefined (no
 * validation) if nothing is held out, or if it is not given and --quiet would hide the result.
 * @throws {UsageError} if --eval-every is given and nothing is held out
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

/** The default number of samples. In text mode a single sample is long, so it is one. */
export const defaultCount = ({ mode }: CliModel) => (mode === 'text' ? 1 : 20)

/** Samples drawn as microgpt.py does: one after the other, from the model's random generator. */
export function* sampled(engine: CliModel, count = defaultCount(engine), length?: number) {
  const options = length === undefined ? { count: 1 } : { count: 1, length }
  for (let i = 0; i < count; i++) yield* engine.sample(options)
}
