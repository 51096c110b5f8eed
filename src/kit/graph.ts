/** The graph that own models are written with: each call checks its inputs and throws {GraphError}. */
import { Tensor } from '../arena.js'
import { attentionScratch, linearScratch, packedSize } from '../arena-plan.js'
import type { Caches } from '../graph.js'
import { bounded, fail, headed, matrix, own, positive, same, scratch, sizes } from './shapes.js'
import { Bounds, Ids } from './arena.js'
import { Tape } from './tape.js'

export type { OpRecord } from './tape.js'

/** A part of the arena's tape, with a call for each op that can be recorded on it. */
export class Graph extends Tape {
  /** Room for values that the caller writes: inputs, constants. */
  override input(...shape: number[]): Tensor {
    positive('input', shape)
    return super.input(...shape)
  }

  /** Room for ids from 0 to limit - 1 that the caller writes. */
  override ids(length: number, limit: number): Ids {
    positive('ids', [length, limit])
    const { address, view } = super.ids(length, limit)
    return new Ids(address, length, limit, view)
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
  override embedding(table: Tensor, ids: Ids): Tensor {
    const [entries] = matrix('embedding', table)
    if (ids.limit > entries) {
      fail('embedding', `ids below ${entries}`, `ids below ${ids.limit}`)
    }
    return super.embedding(table, ids)
  }

  /** x w^T: x [rows, nin], w [nout, nin] to [rows, nout]. */
  override linear(x: Tensor, w: Tensor): Tensor {
    const [rows, nin] = matrix('linear', x)
    const [nout, wanted] = matrix('linear', w)
    if (nin !== wanted) fail('linear', `x [rows, ${wanted}] for w ${sizes(w.shape)}`, x)
    scratch('linear', this.arena, linearScratch(rows, nin, nout))
    return super.linear(x, w)
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
  override rmsnorm(x: Tensor): Tensor {
    matrix('rmsnorm', x)
    return super.rmsnorm(x)
  }

  /** Softmax of each row: [rows, n] to the same. */
  override softmax(x: Tensor): Tensor {
    const [, n] = matrix('softmax', x)
    scratch('softmax', this.arena, n)
    return super.softmax(x)
  }

  /**
   * Causal attention of each row over the rows of its document up to itself: q, k, v [rows, n] to
   * [rows, n].
   * @param heads divides n
   */
  override attention(q: Tensor, k: Tensor, v: Tensor, bounds: Bounds, heads: number): Tensor {
    const [rows, n] = matrix('attention', q)
    same('attention', q, k)
    same('attention', q, v)
    headed('attention', n, heads)
    bounded('attention', rows, bounds)
    scratch('attention', this.arena, attentionScratch(n / heads, bounds.span))
    return super.attention(q, k, v, bounds, heads)
  }

  /**
   * Attention of each row over a cache of its own: k and v, [rows, n], become its row `position`,
   * and q, [rows, n], looks at its rows 0 to position. For inference: backward cannot pass it.
   * @param caches keys and values [rows * span, n]: the first row's cache, then the next one's
   */
  override attentionCached(q: Tensor, k: Tensor, v: Tensor, caches: Caches, heads: number): Tensor {
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
    const y = super.attentionCached(q, k, v, caches, heads)
    this.forInference('attentionCached')
    return y
  }

  tanh(x: Tensor): Tensor {
    return this.record('tanh', x.shape, [x], x.count)
  }

  /** The tanh form of GELU. */
  gelu(x: Tensor): Tensor {
    return this.record('gelu', x.shape, [x], x.count)
  }

  /** a + b, of one shape. */
  override add(a: Tensor, b: Tensor): Tensor {
    same('add', a, b)
    return super.add(a, b)
  }

  /** a b, number by number, of one shape. */
  override mul(a: Tensor, b: Tensor): Tensor {
    same('mul', a, b)
    return super.mul(a, b)
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
  override crossEntropy(logits: Tensor, targets: Ids, bounds?: Bounds): Tensor {
    const [rows, n] = matrix('crossEntropy', logits)
    if (targets.length !== rows || targets.limit > n) {
      const got = `${targets.length} below ${targets.limit}`
      fail('crossEntropy', `${rows} targets below ${n}`, got)
    }
    bounds ??= this.bounds(rows)
    bounded('crossEntropy', rows, bounds)
    return super.crossEntropy(logits, targets, bounds)
  }
}
