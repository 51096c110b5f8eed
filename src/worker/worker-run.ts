/** A training run in a worker, as the caller sees it. */
import type { StepResult } from '../gpt/microgpt.js'
import { AsyncQueue } from './async-queue.js'
import type { Steps } from './model-api.js'

/** How a run ended (`status`), and why it failed (`error`). `step` counts all steps of the model. */
export type RunResult =
  | { status: 'completed'; step: number }
  | { status: 'aborted'; step: number }
  | { status: 'failed'; step: number; error: Error }

/**
 * A training run in a worker. Loop over its steps with `for await`; `result` says how it ended. A loop
 * may start late: it still gets all steps from the first, or the newest ones if more than 16,384 steps
 * have not been read.
 */
export class WorkerRun implements AsyncIterable<StepResult> {
  static readonly name = 'WorkerRun'
  /** How the run ended; it never rejects. */
  readonly result: Promise<RunResult>
  private readonly abort: () => void
  private readonly steps = new AsyncQueue<StepResult>()

  /** @param start begins the run, and passes its steps on as they come */
  constructor(start: (onSteps: (steps: Steps) => void) => Promise<RunResult>, abort: () => void) {
    this.abort = abort
    this.result = start((steps) => this.steps.push(unpack(steps))).then((result) => {
      this.steps.close(result.status === 'failed' ? result.error : null)
      return result
    })
  }

  /** The steps as they arrive. Leaving the loop aborts the run. @throws the error of a failed run */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepResult, void, undefined> {
    try {
      yield* this.steps
    } finally {
      this.abort()
    }
  }
}

function* unpack({ step: last, losses, lrs, valLosses }: Steps): Generator<StepResult> {
  for (const [i, loss] of losses.entries()) {
    const step = last - losses.length + 1 + i
    const valLoss = valLosses.get(step)
    yield { step, loss, lr: lrs[i]!, ...(valLoss === undefined ? {} : { valLoss }) }
  }
}
