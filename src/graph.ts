/** Typed op calls that record onto the tape: what a model is written with. */
import { Bounds, type Ids, Tensor, attentionScratch, linearScratch, packedSize } from './arena.js'
import { bounded, fail, headed, matrix, own, positive, same, scratch, sizes } from './shapes.js'
import { Tape } from './tape.js'

export type { OpRecord } from './tape.js'

/** A part of the arena's tape, with a call for each op that can be recorded on it. */
export class Graph extends Tape {
  /** Room for values that the caller writes: inputs, constants. */
  input(...shape: number[]): Tensor {
    positive('input', shape)
    const tensor = this.take(this.arena.alloc(shape))
    tensor.data.fill(0)
    return tensor
  }

  /** Room for ids from 0 to limit - 1 that the caller writes. */
  ids(length: number, limit: number): Ids {
    positive('ids', [length, limit])
    return this.take(this.arena.allocIds(length, limit))
  }

  /** Room for the bounds of documents packed row after row; one document of all rows at first. */
  bounds(rows: number, docs = 1, span = rows): Bounds {
    positive('bounds', [rows, docs, span])
    const bounds = new Bounds(this.ids(docs + 1, rows + 1), rows, span)
    if (docs === 1 && rows <= span) bounds.set([rows])
    return bounds
  }

  /** The same numbers, row-major, under another shape of the same count; no op is recorded. */
  reshape(x: Tensor, ...shape: number[]): Tensor {
    positive('reshape', shape)
    own('reshape', this.arena, [x])
    const view = new Tensor(this.arena, x.address, shape)
    if (view.count !== x.count) fail('reshape', `a shape of ${x.count} numbers`, sizes(shape))
    return view
  }

  /** table[ids]: table [entries, n] to [ids.length, n]. */
  embedding(table: Tensor, ids: Ids): Tensor {
    const [entries, n] = matrix('embedding', table)
    if (ids.limit > entries) {
      fail('embedding', `ids below ${entries}`, `ids below ${ids.limit}`)
    }
    return this.record('embedding', [ids.length, n], [table, ids], ids.length, n, entries)
  }

  /** x w^T: x [rows, nin], w [nout, nin] to [rows, nout]. */
  linear(x: Tensor, w: Tensor): Tensor {
    const [rows, nin] = matrix('linear', x)
    const [nout, wanted] = matrix('linear', w)
    if (nin !== wanted) fail('linear', `x [rows, ${wanted}] for w ${sizes(w.shape)}`, x)
    scratch('linear', this.arena, linearScratch(rows, nin, nout))
    return this.record('linear', [rows, nout], [x, w], rows, nin, nout)
  }

  /** a b: a [m, k], b [k, n] to [m, n]. */
  matmul(a: Tensor, b: Tensor): Tensor {
    const [m, k] = matrix('matmul', a)
    const [wanted, n] = matrix('matmul', b)
    if (k !== wanted) fail('matmul', `a [m, ${wanted}] for b ${sizes(b.shape)}`, a)
    scratch('matmul', this.arena, packedSize(k, n))
    return this.record('matmul', [m, n], [a, b], m, k, n)
  }

  /** Each row x over sqrt(mean(x^2) + 1e-5): [rows, n] to the same. */
  rmsnorm(x: Tensor): Tensor {
    const [rows, n] = matrix('rmsnorm', x)
    return this.record('rmsnorm', x.shape, [x], rows, n)
  }

  /** Softmax of each row: [rows, n] to the same. */
  softmax(x: Tensor): Tensor {
    const [rows, n] = matrix('softmax', x)
    scratch('softmax', this.arena, n)
    return this.record('softmax', x.shape, [x], rows, n)
  }

  /**
   * Causal attention of each row over the rows of its document up to itself: q, k, v [rows, n] to
   * [rows, n].
   * @param heads divides n
   */
  attention(q: Tensor, k: Tensor, v: Tensor, bounds: Bounds, heads: number): Tensor {
    const [rows, n] = matrix('attention', q)
    same('attention', q, k)
    same('attention', q, v)
    headed('attention', n, heads)
    bounded('attention', rows, bounds)
    scratch('attention', this.arena, attentionScratch(n / heads, bounds.span))
    const { ids, docs, span } = bounds
    return this.record('attention', q.shape, [q, k, v, ids], rows, docs, heads, n / heads, span)
  }

  /**
   * Attention of each row over a cache of its own: k and v, [rows, n], become its row `position`,
   * and q, [rows, n], looks at its rows 0 to position. For inference: backward cannot pass it.
   * @param caches keys and values [rows * span, n]: the first row's cache, then the next one's
   */
  attentionCached(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    caches: { keys: Tensor; values: Tensor; positions: Ids },
    heads: number,
  ): Tensor {
    const { keys, values, positions } = caches
    const [rows, n] = matrix('attentionCached', q)
    const [slots, wanted] = matrix('attentionCached', keys)
    const span = slots / rows
    if (!Number.isInteger(span) || n !== wanted) {
      fail('attentionCached', `caches [${rows} times the longest, ${n}]`, keys)
    }
    same('attentionCached', q, k)
    same('attentionCached', q, v)
    same('attentionCached', keys, values)
    headed('attentionCached', n, heads)
    if (positions.length !== rows || positions.limit > span) {
      const got = `${positions.length} below ${positions.limit}`
      fail('attentionCached', `${rows} positions below ${span}`, got)
    }
    const y = this.record(
      'attentionCached',
      q.shape,
      [q, k, v, keys, values, positions],
      rows,
      heads,
      n / heads,
      span,
    )
    this.forInference('attentionCached')
    return y
  }

  /** max(0, x). */
  relu(x: Tensor): Tensor {
    return this.record('relu', x.shape, [x], x.count)
  }

  /** max(0, x)^2. */
  relu2(x: Tensor): Tensor {
    return this.record('relu2', x.shape, [x], x.count)
  }

  tanh(x: Tensor): Tensor {
    return this.record('tanh', x.shape, [x], x.count)
  }

  /** The tanh form of GELU. */
  gelu(x: Tensor): Tensor {
    return this.record('gelu', x.shape, [x], x.count)
  }

  /** a + b, of one shape. */
  add(a: Tensor, b: Tensor): Tensor {
    same('add', a, b)
    return this.record('add', a.shape, [a, b], a.count)
  }

  /** a b, number by number, of one shape. */
  mul(a: Tensor, b: Tensor): Tensor {
    same('mul', a, b)
    return this.record('mul', a.shape, [a, b], a.count)
  }

  /** factor x. */
  scale(x: Tensor, factor: number): Tensor {
    return this.record('scale', x.shape, [x], factor, x.count)
  }

  /** The mean of all numbers of x: [1]. */
  mean(x: Tensor): Tensor {
    return this.record('mean', [1], [x], x.count)
  }

  /**
   * The mean over its rows of -log softmax(logits)[target], for each document: [docs].
   * @param logits [rows, n]
   * @param targets a row's right id, below n
   * @param bounds without them all rows are one document
   */
  crossEntropy(logits: Tensor, targets: Ids, bounds?: Bounds): Tensor {
    const [rows, n] = matrix('crossEntropy', logits)
    if (targets.length !== rows || targets.limit > n) {
      const got = `${targets.length} below ${targets.limit}`
      fail('crossEntropy', `${rows} targets below ${n}`, got)
    }
    bounds ??= this.bounds(rows)
    bounded('crossEntropy', rows, bounds)
    const { ids, docs } = bounds
    return this.record('crossEntropy', [docs], [logits, targets, ids], rows, n, docs)
  }
}
