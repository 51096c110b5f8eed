/** A training run in a worker, as the page sees it. */
import type { StepResult } from '../gpt/microgpt.js'
import { Feed } from './feed.js'
import type { Steps } from './messages.js'

/** How a run ended. `step` is the number of steps of the model so far. */
export type RunResult =
  | { status: 'completed'; step: number }
  | { status: 'aborted'; step: number }
  | { status: 'failed'; step: number; error: Error }

/** A training run in a worker. Loop over its steps with `for await`; `result` says how it ended. */
export class WorkerRun implements AsyncIterable<StepResult> {
  /** How the run ended; it never rejects. */
  readonly result: Promise<RunResult>
  private readonly abort: () => void
  private readonly steps = new Feed<StepResult>()

  /** WorkerModel.train makes one. */
  constructor(start: (hear: (steps: Steps) => void) => Promise<RunResult>, abort: () => void) {
    this.abort = abort
    this.result = start((steps) => this.steps.push(eachOf(steps))).then((result) => {
      this.steps.close(result.status === 'failed' ? result.error : null)
      return result
    })
  }

  /**
   * The steps as they arrive. Leaving the loop aborts the run.
   * @throws the error that the run failed with
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepResult, void, undefined> {
    try {
      yield* this.steps
    } finally {
      this.abort()
    }
  }
}

function* eachOf({ step: last, losses, lrs, valLosses }: Steps): Generator<StepResult> {
  for (const [i, loss] of losses.entries()) {
    const step = last - losses.length + 1 + i
    const valLoss = valLosses.get(step)
    yield { step, loss, lr: lrs[i]!, ...(valLoss === undefined ? {} : { valLoss }) }
  }
}
