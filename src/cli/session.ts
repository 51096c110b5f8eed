/** A complete run: data, model, training steps, samples. Signals are checked between steps. */
import { hasFusedMultiplyAdd } from '../engine/core.js'
import { TrainingError } from '../errors.js'
import { countCut } from './data.js'
import type { TrainStep } from '../gpt/trainable.js'
import type { CliModel } from './engine.js'
import { UsageError, complain } from './exit.js'
import type { Interrupt } from './interrupt.js'
import { Autosave } from './autosave.js'
import { type Origin, checkFlags, originOf } from './origin.js'
import type { Output } from './output.js'
import type { Flags } from './parse.js'
import type { Report, RunStart } from './report.js'
import { textOf } from './settings.js'
import { LossWatch, warnOfRate } from './warnings.js'

/** Time between pauses: short enough for Ctrl-C, and much longer than a small step (20 µs). */
const PAUSE_MS = 16

export interface Surroundings {
  out: Output
  interrupt: Interrupt
}

/** Flushes the output and lets the event loop handle signals. */
async function pause({ out, interrupt }: Surroundings): Promise<void> {
  await out.flush(interrupt.signal)
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Takes all values of a synchronous source, with regular pauses, until a signal arrives.
 * @returns the seconds it took, without the pauses
 */
async function takeAll<T>(
  source: Iterable<T>,
  surroundings: Surroundings,
  take: (value: T) => void,
  beforePause?: (now: number) => void,
): Promise<number> {
  const { interrupt } = surroundings
  let worked = 0
  let paused = performance.now()
  for (const value of source) {
    take(value)
    const now = performance.now()
    if (now - paused < PAUSE_MS) continue
    worked += now - paused
    beforePause?.(now)
    await pause(surroundings)
    paused = performance.now()
    if (interrupt.code) break
  }
  return (worked + performance.now() - paused) / 1000
}

/**
 * Trains and samples as the flags say.
 * @param report makes the report, from the total number of steps
 * @param sampler called before training, so that it can throw early; it draws after training
 * @param evalEvery also called before training; returns the steps between validations, if any
 * @returns the exit code
 */
export async function session(
  flags: Flags,
  surroundings: Surroundings,
  report: (total: number) => Report,
  sampler: (engine: CliModel) => Iterable<string>,
  evalEvery: (engine: CliModel) => number | undefined = () => undefined,
): Promise<number> {
  checkFlags(flags)
  const autosave = new Autosave(flags)
  try {
    return await run(flags, surroundings, autosave, report, sampler, evalEvery)
  } finally {
    autosave.release()
  }
}

async function run(
  flags: Flags,
  surroundings: Surroundings,
  autosave: Autosave,
  report: (total: number) => Report,
  sampler: (engine: CliModel) => Iterable<string>,
  evalEvery: (engine: CliModel) => number | undefined,
): Promise<number> {
  const { out, interrupt } = surroundings
  const origin = await originOf(flags, interrupt.signal)
  const { engine, readOnly } = origin
  const total = engine.config.num_steps
  checkUnfinished(flags, engine)
  const texts = sampler(engine)
  const every = evalEvery(engine)
  const fast = flags.has('fast') ? { fast: hasFusedMultiplyAdd() } : {}
  if (fast.fast === false) {
    complain('this Node has no relaxed SIMD for --fast; the standard core runs')
  }
  if (!readOnly) warnOfRate(engine.config)
  const told = report(total)
  told.start({ ...startOf(origin), ...fast })
  await pause(surroundings)

  const before = engine.step
  autosave.watch(engine)
  out.beforeExit = () => autosave.save()
  let seconds = 0
  let val: number | undefined
  try {
    const options = every === undefined ? {} : { evalEvery: every }
    const steps = interrupt.code || readOnly ? [] : engine.train(options)
    const watch = new LossWatch(engine)
    const take = (step: TrainStep) => {
      told.step(step)
      watch.step(step)
      val = step.valLoss ?? val
      autosave.step()
    }
    seconds = await takeAll(steps, surroundings, take, told.pause)
    autosave.save()
  } catch (error) {
    throw error instanceof TrainingError ? autosave.explained(error) : error
  } finally {
    told.trained(performance.now())
  }

  let index = 0
  await pause(surroundings)
  if (!interrupt.code) await takeAll(texts, surroundings, (text) => told.sample(++index, text))
  const { code } = interrupt
  told.end({
    steps: engine.step - before,
    seconds,
    ...(val === undefined ? {} : { valLoss: val }),
    ...(autosave.path === undefined ? {} : { saved: autosave.path }),
    ...(code ? { interrupted: true } : {}),
  })
  await out.flush()
  if (code) {
    const where = engine.step < total ? `at step ${engine.step} of ${total}` : 'while sampling'
    complain(`stopped ${where}${autosave.left}`)
  }
  return code
}

/** @throws {UsageError} if a resumed run is complete; with --json the output shows it instead */
function checkUnfinished(flags: Flags, { step, config }: CliModel): void {
  const path = flags.has('fresh') ? undefined : textOf(flags, 'resume')
  if (path === undefined || step < config.num_steps || flags.has('json')) return
  const where = `${path} is already at step ${step} of ${config.num_steps}`
  throw new UsageError(`${where}; raise --steps`)
}

function startOf({ engine, name, preset, seed, data }: Origin): RunStart {
  const { mode = 'docs', counts = { train: 0, val: 0 } } = engine
  const docs = data.docs ?? []
  const cut = countCut(docs, engine.config.block_size)
  return {
    ...(mode === 'docs'
      ? { numDocs: docs.length, numCut: cut }
      : { mode, numChars: counts.train + counts.val }),
    ...(counts.val > 0 ? { numVal: counts.val } : {}),
    vocabSize: engine.tokenizer.vocabSize,
    numParams: engine.numParams,
    ...(engine.threads && engine.threads > 1 ? { threads: engine.threads } : {}),
    config: engine.config,
    preset,
    seed: String(seed),
    engine: name,
  }
}
