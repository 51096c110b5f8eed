/**
 * Runs documents through the model, forward and backward: packed row after row, in micro-batches.
 */
import type { Config } from '../config/config.js'
import { diverged } from '../config/rate.js'
import type { Adam } from '../engine/adam.js'
import type { Arena } from '../engine/arena.js'
import type { Executor, MicroBatch } from '../engine/executor.js'
import { Graph } from '../engine/graph.js'
import { Bounds, type Ids } from '../engine/tensor.js'
import { cutBatch, microBatchRows } from './cut-batch.js'
import { gpt } from './model.js'
import type { StateDict } from './state-dict.js'

/**
 * Number of graphs that a slot keeps, one per shape; beyond it, all are dropped and recorded again.
 */
export const MAX_GRAPHS = 128

/** The ids of a document; each id except the last is an input, and its target is the next id. */
export type Doc = readonly number[]

/** The graph for micro-batches of one shape. */
interface ShapedGraph extends MicroBatch {
  /** The mean loss of each document: a view. */
  losses: Float64Array
  bounds: Bounds
}

/** Memory for one micro-batch at a time. */
interface Slot {
  tokens: Ids
  targets: Ids
  positions: Ids
  ends: Ids
  /** Where its graphs begin. They share this memory, because only one is in use at a time. */
  mark: number
  /** By shape: rows and documents. */
  graphs: Map<number, ShapedGraph>
}

/** Documents [first, end) of a batch. */
interface Range {
  first: number
  end: number
}

/** Trains a model. A graph is recorded once for each shape of a micro-batch, and then reused. */
export class Trainer {
  readonly executor: Executor
  private readonly arena: Arena
  private readonly stateDict: StateDict
  private readonly config: Config
  /** Largest number of rows of a micro-batch. */
  private readonly rows: number
  private readonly slots: readonly Slot[]
  private readonly firstRecord: number
  /** Size of each slot's memory for graphs, in numbers. */
  private readonly room: number
  /** How often all graphs were dropped: micro-batches from before are invalid. */
  private drops = 0

  /** Must be the last to allocate in the arena: everything after its ids is for its graphs. */
  constructor(
    arena: Arena,
    stateDict: StateDict,
    config: Config,
    vocabSize: number,
    executor: Executor,
  ) {
    const rows = microBatchRows(config)
    this.arena = arena
    this.stateDict = stateDict
    this.config = config
    this.rows = rows
    this.executor = executor
    this.slots = Array.from({ length: executor.width }, () => ({
      tokens: arena.allocIds(rows, vocabSize),
      targets: arena.allocIds(rows, vocabSize),
      positions: arena.allocIds(rows, config.block_size),
      ends: arena.allocIds(rows + 1, rows + 1),
      mark: 0,
      graphs: new Map(),
    }))
    const first = arena.mark()
    this.room = 2 * Math.floor(arena.room / 2 / this.slots.length)
    this.slots.forEach((slot, i) => (slot.mark = first + 8 * this.room * i))
    this.firstRecord = arena.core.tapeLength()
  }

  /**
   * The sum over documents, in order, of the mean over their first block_size positions of
   * -log p(next token).
   * @param docs each BOS, the characters, BOS
   * @param sum of earlier documents
   */
  forward(docs: readonly Doc[], sum = 0): number {
    for (const batches of this.rounds(docs)) {
      this.executor.forward(batches)
      for (const { losses } of batches) for (const loss of losses) sum += loss
    }
    return sum
  }

  /**
   * One step: the mean loss over the documents, its gradient, and the update.
   * @throws {TrainingError} if the loss is not finite; the parameters do not change
   */
  train(docs: readonly Doc[], adam: Adam, lr: number): number {
    let sum = 0
    let accumulate = false
    for (const batches of this.rounds(docs)) {
      this.executor.backward(batches, 1 / docs.length, accumulate)
      for (const { losses } of batches) for (const loss of losses) sum += loss
      accumulate = true
    }
    const loss = sum / docs.length
    if (!Number.isFinite(loss)) throw diverged(this.config, adam.t + 1, loss)
    adam.update(lr, this.executor.update)
    return loss
  }

  /** The mean loss over sequences, summed in their order. */
  meanLoss(sequences: Iterable<Doc>): number {
    let [sum, count] = [0, 0]
    let group: Doc[] = []
    const addGroup = () => {
      sum = this.forward(group, sum)
      count += group.length
      group = []
    }
    for (const sequence of sequences) if (group.push(sequence) === GROUP) addGroup()
    if (group.length > 0) addGroup()
    return sum / count
  }

  /** Records the graph that needs the most memory: the largest number of rows, each a document. */
  recordLargest(): void {
    this.record(this.slots[0]!, this.rows, this.rows)
  }

  /**
   * Lends the memory of the first slot until the next batch. All graphs are dropped.
   * @returns how many numbers can be allocated
   */
  lend(): number {
    this.dropGraphs()
    this.arena.release(this.slots[0]!.mark)
    return this.room
  }

  /** The micro-batches of a batch, as many at a time as the executor runs at the same time. */
  private *rounds(docs: readonly Doc[]): Generator<readonly ShapedGraph[]> {
    const { slots, config } = this
    const lengths = docs.map((doc) => Math.min(config.block_size, doc.length - 1))
    const ends = cutBatch(lengths, this.rows, slots.length)
    const ranges = ends.map((end, i) => ({ first: ends[i - 1] ?? 0, end }))
    for (let i = 0; i < ranges.length; i += slots.length) {
      const round = ranges.slice(i, i + slots.length)
      const fill = () => round.map((range, s) => this.fill(slots[s]!, docs, lengths, range))
      const { drops } = this
      const batches = fill()
      // If a slot had no room for another shape, the graphs of the earlier slots were dropped.
      yield drops === this.drops ? batches : fill()
    }
  }

  /** Writes documents into a slot, row after row. */
  private fill(
    slot: Slot,
    docs: readonly Doc[],
    lengths: readonly number[],
    { first, end }: Range,
  ): ShapedGraph {
    let row = 0
    for (let d = first; d < end; d++) {
      const ids = docs[d]!
      for (let i = 0; i < lengths[d]!; i++, row++) {
        slot.tokens.put(row, ids[i]!)
        slot.targets.put(row, ids[i + 1]!)
        slot.positions.put(row, i)
      }
    }
    const shaped = this.graphFor(slot, row, end - first)
    shaped.bounds.set(docs.length === 1 ? lengths : lengths.slice(first, end))
    return shaped
  }

  private graphFor(slot: Slot, rows: number, docs: number): ShapedGraph {
    const key = rows * (this.rows + 1) + docs
    const known = slot.graphs.get(key)
    if (known) return known
    if (slot.graphs.size === MAX_GRAPHS) this.dropGraphs()
    this.arena.release(slot.mark)
    const shaped = this.record(slot, rows, docs)
    slot.graphs.set(key, shaped)
    return shaped
  }

  private record(slot: Slot, rows: number, docs: number): ShapedGraph {
    const { arena, config } = this
    const graph = new Graph(arena)
    const bounds = new Bounds(slot.ends.first(docs + 1), rows, config.block_size)
    const [tokens, positions] = [slot.tokens.first(rows), slot.positions.first(rows)]
    const logits = gpt(graph, this.stateDict, config, tokens, positions, { bounds })
    const loss = graph.crossEntropy(logits, slot.targets.first(rows), bounds)
    return { graph, loss, losses: loss.data, bounds }
  }

  private dropGraphs(): void {
    for (const { graphs } of this.slots) graphs.clear()
    this.arena.core.truncate(this.firstRecord)
    this.drops++
  }
}

/** Number of sequences whose ids are in memory at the same time. */
const GROUP = 1024
