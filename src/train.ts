/** Documents through the model, forward and backward: packed row after row, in chunks that fit. */
import type { Adam } from './adam.js'
import { type Arena, Bounds, type Ids, type Tensor } from './arena.js'
import { MAX_GRAPHS, chunkRows, cutChunks } from './chunks.js'
import type { Config } from './config.js'
import { TrainingError } from './errors.js'
import { Graph } from './graph.js'
import { gpt } from './model.js'
import type { StateDict } from './state-dict.js'

/** One document as the model takes it: ids, each of which but the last is an input. */
export type Doc = readonly number[]

/** A chunk that stands in its place: forward() and backward() run it. */
export interface Pass {
  graph: Graph
  /** Mean loss of each document. */
  loss: Tensor
  losses: Float64Array
  bounds: Bounds
}

/** Room in the arena for one chunk at a time. */
export interface Place {
  tokens: Ids
  targets: Ids
  positions: Ids
  ends: Ids
  /** Where its graphs begin. */
  mark: number
  /** By shape: rows and documents. */
  passes: Map<number, Pass>
}

/**
 * The model over some documents, a chunk after the other. A graph is recorded once for each shape of
 * a chunk, then replayed. TeamPass of threads/pass.ts takes several chunks at a time.
 */
export class DocumentPass {
  /** At which chunks stand at the same time: as many as there are threads. */
  readonly places: readonly Place[]
  protected readonly arena: Arena
  protected readonly config: Config
  /** Of a chunk, at the most. */
  protected readonly rows: number
  /** How often the tape has been cleared. */
  protected age = 0
  private readonly stateDict: StateDict
  private readonly firstRecord: number
  /** Numbers that each place has for its graphs. */
  private readonly room: number

  /** The last to take room in the arena: all behind its own ids is its graphs'. */
  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number, places = 1) {
    const rows = chunkRows(config)
    this.arena = arena
    this.stateDict = stateDict
    this.config = config
    this.rows = rows
    this.places = Array.from({ length: places }, () => ({
      tokens: arena.allocIds(rows, vocabSize),
      targets: arena.allocIds(rows, vocabSize),
      positions: arena.allocIds(rows, config.block_size),
      ends: arena.allocIds(rows + 1, rows + 1),
      mark: 0,
      passes: new Map(),
    }))
    const first = arena.mark()
    this.room = 2 * Math.floor(arena.room / 2 / this.places.length)
    this.places.forEach((place, i) => (place.mark = first + 8 * this.room * i))
    this.firstRecord = arena.core.tapeLength()
  }

  /**
   * The sum over documents, in their order, of the mean over positions of -log p(next token); at
   * most block_size positions of a document count.
   * @param docs each BOS, the characters, BOS
   * @param sum of the documents before
   */
  forward(docs: readonly Doc[], sum = 0): number {
    this.eachRound(docs, (passes) => {
      this.run(passes)
      for (const { losses } of passes) for (const loss of losses) sum += loss
    })
    return sum
  }

  /**
   * The mean over documents, the parameters' gradients set to its gradient, and the parameters updated.
   * @throws {TrainingError} when the loss is not finite; the parameters stay as they were
   */
  train(docs: readonly Doc[], adam: Adam, lr: number): number {
    let sum = 0
    let first = true
    this.eachRound(docs, (passes) => {
      this.runBack(passes, 1 / docs.length, first)
      for (const { losses } of passes) for (const loss of losses) sum += loss
      first = false
    })
    const loss = sum / docs.length
    if (!Number.isFinite(loss)) {
      throw new TrainingError(
        `the loss of step ${adam.t + 1} is ${loss}; the parameters stay as before it; ` +
          `try a smaller learning_rate than ${this.config.learning_rate}, or grad_clip 1`,
      )
    }
    this.update(adam, lr)
    return loss
  }

  /** Ends what it has besides memory. */
  free(): void {}

  /**
   * Gives the first place's room to somebody else until the next batch: its graphs are recorded
   * anew then.
   * @returns how many numbers can be allocated
   */
  lend(): number {
    this.forget()
    this.arena.release(this.places[0]!.mark)
    return this.room
  }

  protected run(passes: readonly Pass[]): void {
    for (const { graph } of passes) graph.forward()
  }

  /** @param first whether the gradients are set, rather than added to */
  protected runBack(passes: readonly Pass[], seed: number, first: boolean): void {
    for (const { graph, loss } of passes) {
      graph.forward()
      graph.backward(loss, seed, first)
    }
  }

  protected update(adam: Adam, lr: number): void {
    adam.update(lr)
  }

  /** Puts the documents into the places, a chunk into each, and calls back each time all are full. */
  protected eachRound(docs: readonly Doc[], then: (passes: readonly Pass[]) => void): void {
    const lengths = this.lengthsOf(docs)
    let first = 0
    for (const end of cutChunks(lengths, this.rows)) {
      then([this.put(this.places[0]!, docs, lengths, first, end)])
      first = end
    }
  }

  /** Rows that each document takes. */
  protected lengthsOf(docs: readonly Doc[]): number[] {
    return docs.map((doc) => Math.min(this.config.block_size, doc.length - 1))
  }

  /** Writes the documents first..end-1 into a place, row after row. */
  protected put(
    place: Place,
    docs: readonly Doc[],
    lengths: readonly number[],
    first: number,
    end: number,
  ): Pass {
    let row = 0
    for (let d = first; d < end; d++) {
      const ids = docs[d]!
      for (let i = 0; i < lengths[d]!; i++, row++) {
        place.tokens.put(row, ids[i]!)
        place.targets.put(row, ids[i + 1]!)
        place.positions.put(row, i)
      }
    }
    const pass = this.passOf(place, row, end - first)
    pass.bounds.set(docs.length === 1 ? lengths : lengths.slice(first, end))
    return pass
  }

  private passOf(place: Place, rows: number, docs: number): Pass {
    const key = rows * (this.rows + 1) + docs
    const known = place.passes.get(key)
    if (known) return known
    if (place.passes.size === MAX_GRAPHS) this.forget()
    const pass = this.record(place, rows, docs)
    place.passes.set(key, pass)
    return pass
  }

  /** Gives up all graphs. */
  private forget(): void {
    for (const { passes } of this.places) passes.clear()
    this.arena.core.truncate(this.firstRecord)
    this.age++
  }

  private record(place: Place, rows: number, docs: number): Pass {
    const { arena, config } = this
    arena.release(place.mark)
    const graph = new Graph(arena)
    const bounds = new Bounds(place.ends.first(docs + 1), rows, config.block_size)
    const [tokens, positions] = [place.tokens.first(rows), place.positions.first(rows)]
    const logits = gpt(graph, this.stateDict, config, tokens, positions, (q, k, v) =>
      graph.attention(q, k, v, bounds, config.n_head),
    )
    const loss = graph.crossEntropy(logits, place.targets.first(rows), bounds)
    return { graph, loss, losses: loss.data, bounds }
  }
}
