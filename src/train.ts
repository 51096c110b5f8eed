/** Documents through the model, forward and backward. */
import { type Arena, Bounds, type Ids, type Tensor } from './arena.js'
import type { Config } from './config.js'
import { Graph } from './graph.js'
import { gpt } from './model.js'
import type { StateDict } from './state-dict.js'

/** Graphs kept at one time, one a length of document; past that all are recorded anew. */
export const MAX_GRAPHS = 32

interface Pass {
  graph: Graph
  loss: Tensor
  /** [1] */
  value: Float64Array
}

/** The model over one document at a time. A graph is recorded once for each length and then replayed. */
export class DocumentPass {
  private readonly arena: Arena
  private readonly stateDict: StateDict
  private readonly config: Config
  private readonly tokens: Ids
  private readonly targets: Ids
  private readonly positions: Ids
  private readonly ends: Ids
  private readonly mark: number
  private readonly firstRecord: number
  private readonly passes = new Map<number, Pass>()

  /** The last to take room in the arena: all behind its own ids is its graphs'. */
  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number) {
    const { block_size } = config
    this.arena = arena
    this.stateDict = stateDict
    this.config = config
    this.tokens = arena.allocIds(block_size, vocabSize)
    this.targets = arena.allocIds(block_size, vocabSize)
    this.positions = arena.allocIds(block_size, block_size)
    this.positions.set(Array.from({ length: block_size }, (_, i) => i))
    this.ends = arena.allocIds(2, block_size + 1)
    this.mark = arena.mark()
    this.firstRecord = arena.core.tapeLength()
  }

  /**
   * The mean over positions of -log p(next token); at most block_size positions count.
   * @param ids BOS, the characters, BOS
   */
  forward(ids: readonly number[]): number {
    return this.run(ids).value[0]!
  }

  /** The same, and the parameters' gradients set to its gradient. */
  forwardBackward(ids: readonly number[]): number {
    const { graph, loss, value } = this.run(ids)
    const result = value[0]!
    this.arena.zeroGrad()
    graph.backward(loss)
    return result
  }

  private run(ids: readonly number[]): Pass {
    const n = Math.min(this.config.block_size, ids.length - 1)
    this.tokens.set(ids, 0, n)
    this.targets.set(ids, 1, n + 1)
    this.ends.put(1, n)
    const pass = this.passes.get(n) ?? this.record(n)
    pass.graph.forward()
    return pass
  }

  private record(n: number): Pass {
    const { arena, config } = this
    if (this.passes.size === MAX_GRAPHS) {
      this.passes.clear()
      arena.core.truncate(this.firstRecord)
    }
    arena.release(this.mark)
    const graph = new Graph(arena)
    const bounds = new Bounds(this.ends, n, config.block_size)
    const [tokens, positions] = [this.tokens.first(n), this.positions.first(n)]
    const logits = gpt(graph, this.stateDict, config, tokens, positions, (q, k, v) =>
      graph.attention(q, k, v, bounds, config.n_head),
    )
    const loss = graph.crossEntropy(logits, this.targets.first(n), bounds)
    const pass = { graph, loss, value: loss.data }
    this.passes.set(n, pass)
    return pass
  }
}
