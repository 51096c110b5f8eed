/** A whole run: data, model, steps, samples. Signals are seen between two steps. */
import { TrainingError } from '../errors.js'
import { countCut } from './docs.js'
import type { Engine, Step } from './engine.js'
import { complain } from './exit.js'
import type { Interrupt } from './interrupt.js'
import { Keeper } from './keeper.js'
import { checkFlags, originOf } from './origin.js'
import type { Output } from './output.js'
import type { Flags } from './parse.js'
import type { Report } from './report.js'

/** A step of the core takes 20 us: often enough for Ctrl-C, too seldom to cost anything. */
const PAUSE_MS = 16

export interface Surroundings {
  out: Output
  interrupt: Interrupt
}

/** Lets the event loop see signals and the reader of the output see what there is. */
async function pause({ out, interrupt }: Surroundings): Promise<void> {
  await out.flush(interrupt.signal)
  await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Takes all values of a synchronous source, pausing now and then, until a signal comes.
 * @returns seconds that it took, without the pauses
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
 * @param report told of all that happens
 * @param sampler checks what it needs at once, before training; its texts are drawn one by one
 * @returns the exit code
 */
export async function session(
  flags: Flags,
  surroundings: Surroundings,
  report: (total: number) => Report,
  sampler: (engine: Engine) => Iterable<string>,
): Promise<number> {
  checkFlags(flags)
  const keeper = new Keeper(flags)
  try {
    return await run(flags, surroundings, keeper, report, sampler)
  } finally {
    keeper.release()
  }
}

async function run(
  flags: Flags,
  surroundings: Surroundings,
  keeper: Keeper,
  report: (total: number) => Report,
  sampler: (engine: Engine) => Iterable<string>,
): Promise<number> {
  const { out, interrupt } = surroundings
  const { engine, name, preset, seed, docs, readOnly } = await originOf(flags, interrupt.signal)
  const total = engine.config.num_steps
  const texts = sampler(engine)
  const told = report(total)
  told.start({
    numDocs: docs.length,
    numCut: countCut(docs, engine.config.block_size),
    vocabSize: engine.tokenizer.vocabSize,
    numParams: engine.numParams,
    config: engine.config,
    preset,
    seed: String(seed),
    engine: name,
  })
  await pause(surroundings)

  const before = engine.step
  keeper.watch(engine)
  out.beforeExit = () => keeper.save()
  let seconds = 0
  try {
    const steps = interrupt.code || readOnly ? [] : engine.train()
    const take = (step: Step) => {
      told.step(step)
      keeper.step()
    }
    seconds = await takeAll(steps, surroundings, take, told.pause)
    keeper.save()
  } catch (error) {
    throw error instanceof TrainingError ? keeper.explained(error) : error
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
    ...(keeper.path === undefined ? {} : { saved: keeper.path }),
    ...(code ? { interrupted: true } : {}),
  })
  await out.flush()
  if (code) {
    const where = engine.step < total ? `at step ${engine.step} of ${total}` : 'while sampling'
    complain(`stopped ${where}${keeper.path === undefined ? '' : `; ${keeper.path} keeps it`}`)
  }
  return code
}
