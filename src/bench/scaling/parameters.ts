/** What a parameter costs, from the tutorial's 4,064 to the largest model that fits. */
import { loadCore } from '../../engine/core.js'
import { Adam } from '../../engine/adam.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import { checkLoss } from '../equal.js'
import { median, time } from '../time.js'
import { BATCH, DOC, bytesOf, inputOf } from './plan.js'
import { twinLoss } from './twin-loss.js'

export interface ParametersResult {
  numParams: number
  bytes: number
  msPerStep: number
  /** Forward and backward of a position, by the parameters; nanoseconds. */
  nsPerPosition: number
  /** Adam, by the parameters; nanoseconds. */
  nsAdam: number
  /** |first loss - the typed-array twin's of the same document|. */
  lossDifference: number
}

/** A watch on Adam.update, which train calls once a step. */
function watchAdam(): { ms(): number; stop(): void } {
  const { update } = Adam.prototype
  let ms = 0
  Adam.prototype.update = function (lr) {
    const start = performance.now()
    update.call(this, lr)
    ms += performance.now() - start
  }
  return { ms: () => ms, stop: () => (Adam.prototype.update = update) }
}

/**
 * A fixed batch on one model; a fresh process each.
 * @throws {Error} when the loss is not the twin's
 */
export async function measureParameters(n: number): Promise<ParametersResult> {
  // A small model first: it shares the compiled code, and leaves the baseline compiler behind.
  const small = await MicroGPT.create({ docs: [DOC], config: inputOf(64) })
  time(small, 300)
  small.free()

  const gpt = await MicroGPT.create({ docs: [DOC], config: inputOf(n) })
  const { numParams } = gpt
  const want = twinLoss(gpt, DOC)
  // The first step is the one that touches all of the memory.
  const [first] = [...gpt.train({ steps: 1 })]
  const lossDifference = checkLoss(`${numParams} parameters`, first!.loss, want, 1e-11)

  const watch = watchAdam()
  const [whole, adam] = [[] as number[], [] as number[]]
  const round = (steps: number): number => {
    const before = watch.ms()
    whole.push(time(gpt, steps))
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
    bytes: bytesOf(await loadCore(), n),
    msPerStep,
    nsPerPosition: (1e6 * (msPerStep - msAdam)) / numParams / positions,
    nsAdam: (1e6 * msAdam) / numParams,
    lossDifference,
  }
}
