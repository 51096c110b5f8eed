/** The model for the next token of several sequences, each with its own key/value cache. */
import type { Config } from '../config/config.js'
import { term } from '../config/terms.js'
import type { Arena } from '../engine/arena.js'
import { Graph } from '../engine/graph.js'
import type { Ids } from '../engine/tensor.js'
import { TrainingError } from '../errors.js'
import { gpt } from './model.js'
import type { NextToken, Sequences } from './sample.js'
import type { StateDict } from './state-dict.js'

/** Several sequences that the core samples at the same time. */
export class Decoder implements Sequences {
  readonly rows: readonly NextToken[]
  private readonly graph: Graph
  private readonly tokens: Ids
  private readonly positions: Ids
  private readonly inverse: Float64Array
  /** The caller that filled the cache of the first row. */
  private owner: object | null = null

  /** @param rows number of sequences */
  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number, rows = 1) {
    const { n_embd, n_layer, block_size } = config
    const g = new Graph(arena)
    this.graph = g
    this.tokens = g.ids(rows, vocabSize)
    this.positions = g.ids(rows, block_size)
    const cache = () => g.input(rows * block_size, n_embd)
    const caches = Array.from({ length: n_layer }, () => [cache(), cache()] as const)
    const [keys, values] = [caches.map(([k]) => k), caches.map(([, v]) => v)]
    const inverse = g.input(rows, vocabSize)
    const logits = gpt(g, stateDict, config, this.tokens, this.positions, { keys, values })
    const probabilities = g.softmax(g.mul(logits, inverse))
    this.inverse = inverse.data
    const [scores, chances] = [logits.data, probabilities.data]
    this.rows = Array.from({ length: rows }, (_, row) => ({
      logits: scores.subarray(row * vocabSize, (row + 1) * vocabSize),
      probabilities: chances.subarray(row * vocabSize, (row + 1) * vocabSize),
    }))
  }

  /** From now on, probabilities are softmax(logits / temperature). Temperature 0 means greedy. */
  setTemperature(temperature: number): void {
    // Below 1e-250 the most likely token has all the probability, and 1 / temperature may overflow.
    this.inverse.fill(temperature === 0 ? 1 : 1 / Math.max(temperature, 1e-250))
  }

  /** Sets the token and the position of a row for the next run. */
  feed(row: number, token: number, position: number): void {
    this.tokens.put(row, token)
    this.positions.put(row, position)
  }

  /** @throws {TrainingError} if the model's numbers overflow */
  run(): void {
    this.graph.forward()
    for (const { probabilities } of this.rows) {
      // One logit that is not finite makes all probabilities of its row NaN.
      if (!Number.isNaN(probabilities[0]!)) continue
      const message = `the parameters are too large to sample with; try a smaller ${term('learning_rate')}`
      throw new TrainingError(message)
    }
  }

  /**
   * Runs the last of the tokens on the first row; or all of them, if another caller has used the
   * cache in between.
   */
  resume(owner: object, tokens: readonly number[]): void {
    const first = this.owner === owner ? tokens.length - 1 : 0
    this.owner = owner
    for (let i = first; i < tokens.length; i++) {
      this.feed(0, tokens[i]!, i)
      this.run()
    }
  }

  /**
   * Makes the next resume() run all its tokens, because the parameters or the cache have changed.
   */
  forget(): void {
    this.owner = null
  }
}
