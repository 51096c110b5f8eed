/** Documents through the model, forward and backward: packed row after row, in chunks that fit. */
import type { Adam } from './adam.js'
import { type Arena, Bounds, type Ids, type Tensor } from './arena.js'
import type { Config } from './config.js'
import { TrainingError } from './errors.js'
import { Graph } from './graph.js'
import { gpt } from './model.js'
import type { StateDict } from './state-dict.js'

/** Graphs kept at one time, one for each shape of a chunk; past that all are recorded anew. */
export const MAX_GRAPHS = 32

/**
 * Rows that go through the model at a time, at the most. A batch is cut into chunks of whole
 * documents: memory does not grow with it, and activations stay in the cache. The cuts change no
 * bit of the gradients, which go on summing row after row.
 */
export const chunkRows = (config: Config) => Math.max(config.block_size, 128)

interface Pass {
  graph: Graph
  loss: Tensor
  /** Mean loss of each document. */
  losses: Float64Array
  bounds: Bounds
}

/** The model over some documents. A graph is recorded once for each shape of a chunk, then replayed. */
export class DocumentPass {
  private readonly arena: Arena
  private readonly stateDict: StateDict
  private readonly config: Config
  private readonly rows: number
  private readonly tokens: Ids
  private readonly targets: Ids
  private readonly positions: Ids
  private readonly ends: Ids
  private readonly mark: number
  private readonly firstRecord: number
  private readonly passes = new Map<number, Pass>()

  /** The last to take room in the arena: all behind its own ids is its graphs'. */
  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number) {
    const rows = chunkRows(config)
    this.arena = arena
    this.stateDict = stateDict
    this.config = config
    this.rows = rows
    this.tokens = arena.allocIds(rows, vocabSize)
    this.targets = arena.allocIds(rows, vocabSize)
    this.positions = arena.allocIds(rows, config.block_size)
    this.ends = arena.allocIds(rows + 1, rows + 1)
    this.mark = arena.mark()
    this.firstRecord = arena.core.tapeLength()
  }

  /**
   * The mean over documents of the mean over positions of -log p(next token); at most block_size
   * positions of a document count.
   * @param docs each BOS, the characters, BOS; taken some at a time, so that they need not all be
   *   there at once, and added up in their order
   */
  forward(docs: Iterable<readonly number[]>): number {
    let sum = 0
    let count = 0
    for (const group of groupsOf(docs, this.rows)) {
      this.eachChunk(group, ({ losses }) => {
        for (const loss of losses) sum += loss
      })
      count += group.length
    }
    return sum / count
  }

  /**
   * The same, the parameters' gradients set to its gradient, and the parameters updated.
   * @throws {TrainingError} when the loss is not finite; the parameters stay as they were
   */
  train(docs: readonly (readonly number[])[], adam: Adam, lr: number): number {
    let sum = 0
    let first = true
    this.eachChunk(docs, ({ graph, loss, losses }) => {
      for (const one of losses) sum += one
      graph.backward(loss, 1 / docs.length, first)
      first = false
    })
    const loss = sum / docs.length
    if (!Number.isFinite(loss)) {
      throw new TrainingError(
        `the loss of step ${adam.t + 1} is ${loss}; the parameters stay as before it; ` +
          `try a smaller learning_rate than ${this.config.learning_rate}, or grad_clip 1`,
      )
    }
    adam.update(lr)
    return loss
  }

  /** Runs the documents forward, as many at a time as fit, and calls back after each chunk. */
  private eachChunk(docs: readonly (readonly number[])[], then: (pass: Pass) => void): void {
    for (let first = 0; first < docs.length;) {
      const lengths: number[] = []
      let rows = 0
      for (let d = first; d < docs.length; d++) {
        const length = Math.min(this.config.block_size, docs[d]!.length - 1)
        if (rows + length > this.rows) break
        this.put(docs[d]!, rows, length)
        lengths.push(length)
        rows += length
      }
      const pass = this.passOf(rows, lengths.length)
      pass.bounds.set(lengths)
      pass.graph.forward()
      then(pass)
      first += lengths.length
    }
  }

  /** Writes a document's tokens, targets and positions from a row on. */
  private put(ids: readonly number[], row: number, length: number): void {
    for (let i = 0; i < length; i++) {
      this.tokens.put(row + i, ids[i]!)
      this.targets.put(row + i, ids[i + 1]!)
      this.positions.put(row + i, i)
    }
  }

  private passOf(rows: number, docs: number): Pass {
    const key = rows * (this.rows + 1) + docs
    const known = this.passes.get(key)
    if (known) return known
    const pass = this.record(rows, docs)
    this.passes.set(key, pass)
    return pass
  }

  private record(rows: number, docs: number): Pass {
    const { arena, config } = this
    if (this.passes.size === MAX_GRAPHS) {
      this.passes.clear()
      arena.core.truncate(this.firstRecord)
    }
    arena.release(this.mark)
    const graph = new Graph(arena)
    const bounds = new Bounds(this.ends.first(docs + 1), rows, config.block_size)
    const [tokens, positions] = [this.tokens.first(rows), this.positions.first(rows)]
    const logits = gpt(graph, this.stateDict, config, tokens, positions, (q, k, v) =>
      graph.attention(q, k, v, bounds, config.n_head),
    )
    const loss = graph.crossEntropy(logits, this.targets.first(rows), bounds)
    return { graph, loss, losses: loss.data, bounds }
  }
}

/** Items in lists of `size`; the last one may be shorter. */
function* groupsOf<T>(items: Iterable<T>, size: number): Generator<T[]> {
  let group: T[] = []
  for (const item of items) {
    group.push(item)
    if (group.length < size) continue
    yield group
    group = []
  }
  if (group.length > 0) yield group
}
