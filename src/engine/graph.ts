/** The ops that can be recorded, one call each. Each checks its inputs and throws {GraphError}. */
import {
  bounded,
  divides,
  failOp,
  matrix,
  ownArena,
  positive,
  sameShape,
  showShape,
} from './shapes.js'
import { Tape } from './tape.js'
import { Bounds, type Ids, Tensor } from './tensor.js'

/** The key/value caches of some sequences, for attentionCached. */
export interface Caches {
  /** [rows * span, n]: the cache of the first row, then that of the next. */
  keys: Tensor
  /** [rows * span, n], likewise. */
  values: Tensor
  /** The current position of each row, [rows], below span. */
  positions: Ids
}

/**
 * A range of the arena's tape, with one method per op. A method records the op and returns its
 * output; forward() computes it. Every op throws a GraphError if its inputs do not fit, and an
 * ArenaError if the arena has no room.
 */
export class Graph extends Tape {
  static override readonly name = 'Graph'
  /** Parameters of this shape, the next in the arena; 0 until written to. */
  param(...shape: number[]): Tensor {
    positive('param', shape)
    return this.arena.nextParam(shape)
  }

  /** A tensor for the caller to write to, such as inputs or constants; 0 at first. */
  input(...shape: number[]): Tensor {
    positive('input', shape)
    const tensor = this.take(this.arena.alloc(shape))
    tensor.data.fill(0)
    return tensor
  }

  /** Ids from 0 to limit - 1 for the caller to write, such as tokens or targets; 0 at first. */
  ids(length: number, limit: number): Ids {
    positive('ids', [length, limit])
    return this.take(this.arena.allocIds(length, limit))
  }

  /**
   * Bounds of documents that are packed one after the other; at first one document with all rows.
   * @param rows of all documents together
   * @param docs number of documents, 1 unless given
   * @param span rows of the longest document, `rows` unless given
   */
  bounds(rows: number, docs = 1, span = rows): Bounds {
    positive('bounds', [rows, docs, span])
    const bounds = new Bounds(this.ids(docs + 1, rows + 1), rows, span)
    if (docs === 1 && rows <= span) bounds.set([rows])
    return bounds
  }

  /** The same numbers with another shape of the same count; no op is recorded. */
  reshape(x: Tensor, ...shape: number[]): Tensor {
    positive('reshape', shape)
    ownArena('reshape', this.arena, [x])
    const view = new Tensor(this.arena, x.address, shape)
    if (view.count !== x.count) failOp('reshape', `a shape of ${x.count} numbers`, showShape(shape))
    return view
  }

  /** Rows of a table: table [entries, n], ids below entries, to [ids.length, n]. */
  embedding(table: Tensor, ids: Ids): Tensor {
    const [entries, n] = matrix('embedding', table)
    if (ids.limit > entries) {
      failOp('embedding', `ids below ${entries}`, `ids below ${ids.limit}`)
    }
    return this.record('embedding', [ids.length, n], [table, ids], ids.length, n, entries)
  }

  /** x w^T: x [rows, nin], w [nout, nin] to [rows, nout]. */
  linear(x: Tensor, w: Tensor): Tensor {
    const [rows, nin] = matrix('linear', x)
    const [nout, wanted] = matrix('linear', w)
    if (nin !== wanted) failOp('linear', `x [rows, ${wanted}] for w ${showShape(w.shape)}`, x)
    return this.record('linear', [rows, nout], [x, w], rows, nin, nout)
  }

  /** The matrix product a b: a [m, k], b [k, n] to [m, n]. */
  matmul(a: Tensor, b: Tensor): Tensor {
    const [m, k] = matrix('matmul', a)
    const [wanted, n] = matrix('matmul', b)
    if (k !== wanted) failOp('matmul', `a [m, ${wanted}] for b ${showShape(b.shape)}`, a)
    return this.record('matmul', [m, n], [a, b], m, k, n)
  }

  /**
   * Root mean square normalization of each row, x / sqrt(mean(x^2) + 1e-5): [rows, n] to the same.
   */
  rmsnorm(x: Tensor): Tensor {
    return this.record('rmsnorm', x.shape, [x], ...matrix('rmsnorm', x))
  }

  /** Softmax of each row: [rows, n] to the same. */
  softmax(x: Tensor): Tensor {
    return this.record('softmax', x.shape, [x], ...matrix('softmax', x))
  }

  /**
   * Causal multi-head attention (Vaswani and others, 2017): each row attends to the rows of its
   * document up to itself. q, k, v [rows, n] to [rows, n].
   * @param bounds where each document begins and ends
   * @param heads must divide n
   */
  attention(q: Tensor, k: Tensor, v: Tensor, bounds: Bounds, heads: number): Tensor {
    const [rows, n] = matrix('attention', q)
    sameShape('attention', q, k)
    sameShape('attention', q, v)
    divides('attention', n, heads)
    bounded('attention', rows, bounds)
    const { ids, docs, span } = bounds
    return this.record('attention', q.shape, [q, k, v, ids], rows, docs, heads, n / heads, span)
  }

  /**
   * Attention of each row to its own cache: k and v [rows, n] are written to row `position` of the
   * cache, and q [rows, n] attends to the rows 0 to position. For inference: it has no backward.
   * @param heads must divide n
   */
  attentionCached(q: Tensor, k: Tensor, v: Tensor, caches: Caches, heads: number): Tensor {
    const { keys, values, positions } = caches
    const [rows, n] = matrix('attentionCached', q)
    const [slots, wanted] = matrix('attentionCached', keys)
    const span = slots / rows
    if (!Number.isInteger(span) || n !== wanted) {
      failOp('attentionCached', `caches [${rows} x the longest sequence, ${n}]`, keys)
    }
    sameShape('attentionCached', q, k)
    sameShape('attentionCached', q, v)
    sameShape('attentionCached', keys, values)
    divides('attentionCached', n, heads)
    if (positions.length !== rows || positions.limit > span) {
      const got = `${positions.length} below ${positions.limit}`
      failOp('attentionCached', `${rows} positions below ${span}`, got)
    }
    const inputs = [q, k, v, keys, values, positions] as const
    const y = this.record('attentionCached', q.shape, inputs, rows, heads, n / heads, span)
    this.forInference('attentionCached')
    return y
  }

  /** max(0, x), elementwise. */
  relu(x: Tensor): Tensor {
    return this.record('relu', x.shape, [x], x.count)
  }

  /** max(0, x)^2, elementwise. */
  relu2(x: Tensor): Tensor {
    return this.record('relu2', x.shape, [x], x.count)
  }

  /** tanh(x), elementwise. */
  tanh(x: Tensor): Tensor {
    return this.record('tanh', x.shape, [x], x.count)
  }

  /** GELU in its tanh form (Hendrycks and Gimpel, 2016), elementwise. */
  gelu(x: Tensor): Tensor {
    return this.record('gelu', x.shape, [x], x.count)
  }

  /** 1 / (1 + e^-x), elementwise. */
  sigmoid(x: Tensor): Tensor {
    return this.record('sigmoid', x.shape, [x], x.count)
  }

  /** e^x, elementwise. */
  exp(x: Tensor): Tensor {
    return this.record('elementwiseExp', x.shape, [x], x.count)
  }

  /** ln x, elementwise; NaN below 0, -Infinity at 0. */
  log(x: Tensor): Tensor {
    return this.record('elementwiseLog', x.shape, [x], x.count)
  }

  /** a + b, elementwise; both have the same shape. */
  add(a: Tensor, b: Tensor): Tensor {
    sameShape('add', a, b)
    return this.record('add', a.shape, [a, b], a.count)
  }

  /** a - b, elementwise; both have the same shape. */
  sub(a: Tensor, b: Tensor): Tensor {
    sameShape('sub', a, b)
    return this.record('sub', a.shape, [a, b], a.count)
  }

  /** a b, elementwise; both have the same shape. */
  mul(a: Tensor, b: Tensor): Tensor {
    sameShape('mul', a, b)
    return this.record('mul', a.shape, [a, b], a.count)
  }

  /** Adds a row to every row, such as a bias: x [rows, n], b [n] or [1, n], to [rows, n]. */
  addRow(x: Tensor, b: Tensor): Tensor {
    const [rows, n] = matrix('addRow', x)
    if (b.count !== n || b.shape.at(-1) !== n) failOp('addRow', `b [${n}] for x [rows, ${n}]`, b)
    return this.record('addRow', x.shape, [x, b], rows, n)
  }

  /** factor x, elementwise. The factor is fixed when the op is recorded. */
  scale(x: Tensor, factor: number): Tensor {
    return this.record('scale', x.shape, [x], factor, x.count)
  }

  /** The sum of all numbers of x, to [1]. */
  sum(x: Tensor): Tensor {
    return this.record('sum', [1], [x], x.count)
  }

  /** The mean of all numbers of x, to [1]. */
  mean(x: Tensor): Tensor {
    return this.record('mean', [1], [x], x.count)
  }

  /**
   * The loss of each document: the mean over its rows of -log softmax(logits)[target], to [docs].
   * @param logits [rows, n]
   * @param targets the correct id of each row, [rows], below n
   * @param bounds of the documents; all rows are one document unless given
   */
  crossEntropy(logits: Tensor, targets: Ids, bounds?: Bounds): Tensor {
    const [rows, n] = matrix('crossEntropy', logits)
    if (targets.length !== rows || targets.limit > n) {
      const got = `${targets.length} below ${targets.limit}`
      failOp('crossEntropy', `${rows} targets below ${n}`, got)
    }
    bounds ??= this.bounds(rows)
    bounded('crossEntropy', rows, bounds)
    const { ids, docs } = bounds
    return this.record('crossEntropy', [docs], [logits, targets, ids], rows, n, docs)
  }
}
