/** How recorded micro-batches are run: one after another, or on a pool of threads. */
import type { Arena } from './arena.js'
import type { Graph } from './graph.js'
import type { Tensor } from './tensor.js'

/** A graph and its losses. */
export interface MicroBatch {
  graph: Graph
  loss: Tensor
}

/** Adam's update; assembly/adam.ts explains the arguments. */
export type Update = Arena['core']['adam']

export interface Executor {
  /** Number of micro-batches that run at the same time, each with its own graph. */
  readonly width: number
  /** Runs at most `width` micro-batches forward. */
  forward(batches: readonly MicroBatch[]): void
  /**
   * Runs at most `width` micro-batches forward and backward.
   * @param seed the gradient of each loss
   * @param accumulate add to the parameters' gradients instead of overwriting them
   */
  backward(batches: readonly MicroBatch[], seed: number, accumulate: boolean): void
  /** Updates all parameters from their gradients. */
  readonly update: Update
  /** Ends its threads, if it has any. */
  free(): void
}

/** Runs everything on the calling thread. */
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
