/** What a parameter costs, from the tutorial's 4,064 to the largest model that fits. */
import { checkLoss } from '../equal.js'
import type { Setup, TimedCore } from '../setup.js'
import { median, time } from '../time.js'
import { BATCH, DOC, bytesOf, inputOf } from './plan.js'

export interface ParametersResult {
  numParams: number
  bytes: number
  msPerStep: number
  /** Forward and backward of a position, by the parameters; nanoseconds. */
  nsPerPosition: number
  /** Adam, by the parameters; nanoseconds. */
  nsAdam: number
  /** |first loss - what expectedLoss gives|. */
  lossDifference: number
}

/**
 * A fixed batch on one model; a fresh process each.
 * @throws {Error} when the loss is not the expected one
 */
export async function measureParameters(setup: Setup, n: number): Promise<ParametersResult> {
  // A small model first: it shares the compiled code, and leaves the baseline compiler behind.
  const small = await setup.wasm({ docs: [DOC], config: inputOf(64) })
  time(setup.now, small, 300)
  small.free()

  const gpt = await setup.wasm({ docs: [DOC], config: inputOf(n) })
  const { numParams } = gpt
  const want = await expectedLoss(setup, gpt, n)
  // The first step is the one that touches all of the memory.
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

/** n_embd up to which a second model in typed arrays is small enough to check against. */
const MAX_TWIN = 256

/** The loss of the document by the typed-array engine; of larger models by the core without training. */
async function expectedLoss(setup: Setup, gpt: TimedCore, n: number): Promise<number> {
  if (n > MAX_TWIN) return gpt.loss([DOC])
  const config = { ...inputOf(n), batch_size: 1 }
  return (await setup.typed({ docs: [DOC], config })).loss([DOC])
}
