/** The cost per parameter, from the tutorial's 4,064 to the largest model that fits. */
import { checkLoss } from '../equal.js'
import type { Setup, TimedCore } from '../setup.js'
import { median, time } from '../time.js'
import { BATCH, DOC, bytesOf, inputOf } from './plan.js'

export interface ParametersResult {
  numParams: number
  bytes: number
  msPerStep: number
  /** Forward and backward, in nanoseconds per position and parameter. */
  nsPerPosition: number
  /** Adam, in nanoseconds per parameter. */
  nsAdam: number
  /** |first loss - expectedLoss|. */
  lossDifference: number
}

/**
 * Measures a fixed batch on one model; each model runs in a new process.
 * @throws {Error} if the loss is not the expected one
 */
export async function measureParameters(setup: Setup, n: number): Promise<ParametersResult> {
  // A small model first: it uses the same code, so that the optimizing compiler has finished.
  const small = await setup.wasm({ docs: [DOC], config: inputOf(64) })
  time(setup.now, small, 300)
  small.free()

  const gpt = await setup.wasm({ docs: [DOC], config: inputOf(n) })
  const { numParams } = gpt
  const want = await expectedLoss(setup, gpt, n)
  // The first step touches all of the memory for the first time.
  const [first] = [...gpt.train({ steps: 1 })]
  const lossDifference = checkLoss(`${numParams} parameters`, first!.loss, want, 1e-11)

  const watch = await setup.watchAdam()
  const [whole, adam] = [[] as number[], [] as number[]]
  const round = (steps: number): number => {
    const before = watch.ms()
    whole.push(time(setup.now, gpt, steps))
    adam.push((watch.ms() - before) / steps)
    return whole.at(-1)!
  }
  // A step of half a second or more is long enough to be measured once.
  const once = round(1)
  if (once < 500) {
    const steps = Math.max(1, Math.min(500, Math.round(40 / once)))
    for (let i = 0; i < 6; i++) round(steps)
  }
  watch.stop()
  const msPerStep = median(whole)
  const msAdam = median(adam)
  const positions = BATCH * gpt.config.block_size
  return {
    numParams,
    bytes: bytesOf(await setup.countingCore(), n),
    msPerStep,
    nsPerPosition: (1e6 * (msPerStep - msAdam)) / numParams / positions,
    nsAdam: (1e6 * msAdam) / numParams,
    lossDifference,
  }
}

/** Largest n_embd for which a second model in typed arrays is small enough to compare with. */
const MAX_TWIN = 256

/**
 * The loss of the document from the typed-array engine; for larger models from the core, without
 * training.
 */
async function expectedLoss(setup: Setup, gpt: TimedCore, n: number): Promise<number> {
  if (n > MAX_TWIN) return gpt.loss([DOC])
  const config = { ...inputOf(n), batch_size: 1 }
  return (await setup.typed({ docs: [DOC], config })).loss([DOC])
}
