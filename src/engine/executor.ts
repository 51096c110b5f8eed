/** How recorded micro-batches are run: one after another here, or by a pool of threads. */
import type { Arena } from './arena.js'
import type { Graph } from './graph.js'
import type { Tensor } from './tensor.js'

/** A graph, and the losses that it ends in. */
export interface MicroBatch {
  graph: Graph
  loss: Tensor
}

/** Adam's update, from the numbers that it depends on: see assembly/adam.ts. */
export type Update = Arena['core']['adam']

export interface Executor {
  /** Micro-batches that it runs at the same time: as many graphs must be recorded side by side. */
  readonly width: number
  /** Runs at most `width` micro-batches forward. */
  forward(batches: readonly MicroBatch[]): void
  /**
   * Runs at most `width` micro-batches forward and backward, from the given gradient of each loss.
   * @param accumulate whether the parameters' gradients are added to, or overwritten
   */
  backward(batches: readonly MicroBatch[], seed: number, accumulate: boolean): void
  /** Updates all parameters from their gradients. */
  readonly update: Update
  /** Ends its threads, if it has any. */
  free(): void
}

/** On the calling thread. */
export class SerialExecutor implements Executor {
  readonly width = 1
  readonly update: Update

  constructor({ core }: Arena) {
    this.update = core.adam
  }

  forward(batches: readonly MicroBatch[]): void {
    for (const { graph } of batches) graph.forward()
  }

  backward(batches: readonly MicroBatch[], seed: number, accumulate: boolean): void {
    for (const { graph, loss } of batches) {
      graph.forward()
      graph.backward(loss, seed, accumulate)
      accumulate = true
    }
  }

  free(): void {}
}
