/** Op calls that record onto the tape: those that gpt() of model.ts is written with. */
import { type Bounds, type Ids, type Tensor } from './arena.js'
import { Tape } from './tape.js'

/** The two sizes of a matrix. */
const sizesOf = (x: Tensor) => x.shape as readonly [number, number]

/**
 * A part of the arena's tape, with a call for each op of a GPT. Shapes are taken at their word, as a
 * GPT's fit by their table; Graph of kit/graph.ts, which others write models with, checks them.
 */
export class Graph extends Tape {
  /** Room for values that the caller writes: inputs, constants. */
  input(...shape: number[]): Tensor {
    const tensor = this.take(this.arena.alloc(shape))
    tensor.data.fill(0)
    return tensor
  }

  /** Room for ids from 0 to limit - 1 that the caller writes. */
  ids(length: number, limit: number): Ids {
    return this.take(this.arena.allocIds(length, limit))
  }

  /** table[ids]: table [entries, n] to [ids.length, n]. */
  embedding(table: Tensor, ids: Ids): Tensor {
    const [entries, n] = sizesOf(table)
    return this.record('embedding', [ids.length, n], [table, ids], ids.length, n, entries)
  }

  /** x w^T: x [rows, nin], w [nout, nin] to [rows, nout]. */
  linear(x: Tensor, w: Tensor): Tensor {
    const [rows, nin] = sizesOf(x)
    const [nout] = sizesOf(w)
    return this.record('linear', [rows, nout], [x, w], rows, nin, nout)
  }

  /** Each row x over sqrt(mean(x^2) + 1e-5): [rows, n] to the same. */
  rmsnorm(x: Tensor): Tensor {
    return this.record('rmsnorm', x.shape, [x], ...sizesOf(x))
  }

  /** Softmax of each row: [rows, n] to the same. */
  softmax(x: Tensor): Tensor {
    return this.record('softmax', x.shape, [x], ...sizesOf(x))
  }

  /**
   * Causal attention of each row over the rows of its document up to itself: q, k, v [rows, n] to
   * [rows, n].
   * @param heads divides n
   */
  attention(q: Tensor, k: Tensor, v: Tensor, bounds: Bounds, heads: number): Tensor {
    const [rows, n] = sizesOf(q)
    const { ids, docs, span } = bounds
    return this.record('attention', q.shape, [q, k, v, ids], rows, docs, heads, n / heads, span)
  }

  /**
   * Attention of each row over a cache of its own: k and v, [rows, n], become its row `position`,
   * and q, [rows, n], looks at its rows 0 to position. For inference: backward cannot pass it.
   * @param caches keys and values [rows * span, n]: the first row's cache, then the next one's
   */
  attentionCached(q: Tensor, k: Tensor, v: Tensor, caches: Caches, heads: number): Tensor {
    const { keys, values, positions } = caches
    const [rows, n] = sizesOf(q)
    const inputs = [q, k, v, keys, values, positions] as const
    const span = sizesOf(keys)[0] / rows
    return this.record('attentionCached', q.shape, inputs, rows, heads, n / heads, span)
  }

  /** max(0, x). */
  relu(x: Tensor): Tensor {
    return this.record('relu', x.shape, [x], x.count)
  }

  /** max(0, x)^2. */
  relu2(x: Tensor): Tensor {
    return this.record('relu2', x.shape, [x], x.count)
  }

  /** a + b, of one shape. */
  add(a: Tensor, b: Tensor): Tensor {
    return this.record('add', a.shape, [a, b], a.count)
  }

  /** a b, number by number, of one shape. */
  mul(a: Tensor, b: Tensor): Tensor {
    return this.record('mul', a.shape, [a, b], a.count)
  }

  /**
   * The mean over its rows of -log softmax(logits)[target], for each document: [docs].
   * @param logits [rows, n]
   * @param targets a row's right id, below n
   */
  crossEntropy(logits: Tensor, targets: Ids, { ids, docs }: Bounds): Tensor {
    return this.record('crossEntropy', [docs], [logits, targets, ids], ...sizesOf(logits), docs)
  }
}

/** Keys and values of the past, and where each row stands. */
export interface Caches {
  keys: Tensor
  values: Tensor
  positions: Ids
}
