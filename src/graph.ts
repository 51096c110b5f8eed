/**
 * Typed op calls that record onto the tape. Recording computes nothing: forward() runs what was
 * recorded, and may run it again after new ids or values have been written.
 */
import {
  type Arena,
  Bounds,
  type Ids,
  Tensor,
  attentionScratch,
  linearScratch,
  packedSize,
} from './arena.js'
import { type BackwardPlan, gaps, planBackward } from './backward-plan.js'
import type { Core } from './core.js'
import { GraphError } from './errors.js'

/** One recorded op, as the host knows it. */
export interface OpRecord {
  op: string
  inputs: readonly (Tensor | Ids)[]
  output: Tensor
}

const sizes = (shape: readonly number[]) => `[${shape.join(', ')}]`

export class Graph {
  readonly arena: Arena
  /** What has been recorded, in order. */
  readonly records: OpRecord[] = []
  private readonly core: Core
  private readonly from: number
  private readonly start: number
  private end: number
  /** Inputs and outputs by address. */
  private readonly values = new Map<number, Tensor>()
  /** Ways back from planned.y, by `fresh`, and the one that the tape's rows are marked for. */
  private planned: { y: Tensor; plans: Map<boolean, BackwardPlan> } | null = null
  private marked: BackwardPlan | null = null
  private inferenceOnly = ''
  private ran = false

  /** A graph without ops, behind all that stands on the arena's tape. */
  constructor(arena: Arena) {
    this.arena = arena
    this.core = arena.core
    this.from = this.core.tapeLength()
    this.start = this.end = arena.mark()
  }

  /** Room for values that the caller writes: inputs, constants. */
  input(...shape: number[]): Tensor {
    this.positive('input', shape)
    const tensor = this.arena.alloc(shape)
    tensor.data.fill(0)
    this.values.set(tensor.address, tensor)
    this.planned = null
    this.end = this.arena.mark()
    return tensor
  }

  /** Room for ids from 0 to limit - 1 that the caller writes. */
  ids(length: number, limit: number): Ids {
    this.positive('ids', [length, limit])
    const ids = this.arena.allocIds(length, limit)
    this.end = this.arena.mark()
    return ids
  }

  /** Room for the bounds of documents packed row after row; one document of all rows at first. */
  bounds(rows: number, docs = 1, span = rows): Bounds {
    this.positive('bounds', [rows, docs, span])
    const bounds = new Bounds(this.ids(docs + 1, rows + 1), rows, span)
    if (docs === 1 && rows <= span) bounds.set([rows])
    return bounds
  }

  /** The same numbers, row-major, under another shape of the same count; no op is recorded. */
  reshape(x: Tensor, ...shape: number[]): Tensor {
    this.positive('reshape', shape)
    this.own('reshape', [x])
    const view = new Tensor(this.arena, x.address, shape)
    if (view.count !== x.count) this.fail('reshape', `a shape of ${x.count} numbers`, sizes(shape))
    return view
  }

  /** table[ids]: table [entries, n] to [ids.length, n]. */
  embedding(table: Tensor, ids: Ids): Tensor {
    const [entries, n] = this.matrix('embedding', table)
    if (ids.limit > entries) {
      this.fail('embedding', `ids below ${entries}`, `ids below ${ids.limit}`)
    }
    return this.record('embedding', [ids.length, n], [table, ids], () =>
      this.core.embedding(table.address, ids.address, ids.length, n, entries),
    )
  }

  /** x w^T: x [rows, nin], w [nout, nin] to [rows, nout]. */
  linear(x: Tensor, w: Tensor): Tensor {
    const [rows, nin] = this.matrix('linear', x)
    const [nout, wanted] = this.matrix('linear', w)
    if (nin !== wanted) this.fail('linear', `x [rows, ${wanted}] for w ${sizes(w.shape)}`, x)
    this.needScratch('linear', linearScratch(rows, nin, nout))
    return this.record('linear', [rows, nout], [x, w], () =>
      this.core.linear(x.address, w.address, rows, nin, nout),
    )
  }

  /** a b: a [m, k], b [k, n] to [m, n]. */
  matmul(a: Tensor, b: Tensor): Tensor {
    const [m, k] = this.matrix('matmul', a)
    const [wanted, n] = this.matrix('matmul', b)
    if (k !== wanted) this.fail('matmul', `a [m, ${wanted}] for b ${sizes(b.shape)}`, a)
    this.needScratch('matmul', packedSize(k, n))
    return this.record('matmul', [m, n], [a, b], () =>
      this.core.matmul(a.address, b.address, m, k, n),
    )
  }

  /** Each row x over sqrt(mean(x^2) + 1e-5): [rows, n] to the same. */
  rmsnorm(x: Tensor): Tensor {
    const [rows, n] = this.matrix('rmsnorm', x)
    return this.record('rmsnorm', x.shape, [x], () => this.core.rmsnorm(x.address, rows, n))
  }

  /** Softmax of each row: [rows, n] to the same. */
  softmax(x: Tensor): Tensor {
    const [rows, n] = this.matrix('softmax', x)
    this.needScratch('softmax', n)
    return this.record('softmax', x.shape, [x], () => this.core.softmax(x.address, rows, n))
  }

  /**
   * Causal attention of each row over the rows of its document up to itself: q, k, v [rows, n] to
   * [rows, n].
   * @param heads divides n
   */
  attention(q: Tensor, k: Tensor, v: Tensor, bounds: Bounds, heads: number): Tensor {
    const [rows, n] = this.matrix('attention', q)
    this.same('attention', q, k)
    this.same('attention', q, v)
    this.headed('attention', n, heads)
    this.bounded('attention', rows, bounds)
    this.needScratch('attention', attentionScratch(n / heads, bounds.span))
    const { ids, docs, span } = bounds
    return this.record('attention', q.shape, [q, k, v, ids], () =>
      this.core.attention(
        ...([q.address, k.address, v.address, ids.address] as const),
        ...([rows, docs, heads, n / heads, span] as const),
      ),
    )
  }

  /**
   * Attention of one row, [1, n], over caches [span, n]: k and v become their row `position`, and q
   * looks at rows 0 to position. For inference: backward cannot pass it.
   */
  attentionCached(
    q: Tensor,
    k: Tensor,
    v: Tensor,
    caches: { keys: Tensor; values: Tensor; position: Ids },
    heads: number,
  ): Tensor {
    const { keys, values, position } = caches
    const [rows, n] = this.matrix('attentionCached', q)
    const [span, wanted] = this.matrix('attentionCached', keys)
    if (rows !== 1 || n !== wanted) this.fail('attentionCached', `q [1, ${wanted}]`, q)
    this.same('attentionCached', q, k)
    this.same('attentionCached', q, v)
    this.same('attentionCached', keys, values)
    this.headed('attentionCached', n, heads)
    if (position.limit > span) {
      this.fail('attentionCached', `a position below ${span}`, `one below ${position.limit}`)
    }
    const y = this.record('attentionCached', q.shape, [q, k, v, keys, values, position], () =>
      this.core.attentionCached(
        ...([q.address, k.address, v.address, keys.address, values.address] as const),
        ...([position.address, heads, n / heads, span] as const),
      ),
    )
    this.inferenceOnly ||= 'attentionCached'
    return y
  }

  /** max(0, x). */
  relu(x: Tensor): Tensor {
    return this.record('relu', x.shape, [x], () => this.core.relu(x.address, x.count))
  }

  /** max(0, x)^2. */
  relu2(x: Tensor): Tensor {
    return this.record('relu2', x.shape, [x], () => this.core.relu2(x.address, x.count))
  }

  tanh(x: Tensor): Tensor {
    return this.record('tanh', x.shape, [x], () => this.core.tanh(x.address, x.count))
  }

  /** The tanh form of GELU. */
  gelu(x: Tensor): Tensor {
    return this.record('gelu', x.shape, [x], () => this.core.gelu(x.address, x.count))
  }

  /** a + b, of one shape. */
  add(a: Tensor, b: Tensor): Tensor {
    this.same('add', a, b)
    return this.record('add', a.shape, [a, b], () => this.core.add(a.address, b.address, a.count))
  }

  /** a b, number by number, of one shape. */
  mul(a: Tensor, b: Tensor): Tensor {
    this.same('mul', a, b)
    return this.record('mul', a.shape, [a, b], () => this.core.mul(a.address, b.address, a.count))
  }

  /** factor x. */
  scale(x: Tensor, factor: number): Tensor {
    return this.record('scale', x.shape, [x], () => this.core.scale(x.address, factor, x.count))
  }

  /** The mean of all numbers of x: [1]. */
  mean(x: Tensor): Tensor {
    return this.record('mean', [1], [x], () => this.core.mean(x.address, x.count))
  }

  /**
   * The mean over its rows of -log softmax(logits)[target], for each document: [docs].
   * @param logits [rows, n]
   * @param targets a row's right id, below n
   * @param bounds without them all rows are one document
   */
  crossEntropy(logits: Tensor, targets: Ids, bounds?: Bounds): Tensor {
    const [rows, n] = this.matrix('crossEntropy', logits)
    if (targets.length !== rows || targets.limit > n) {
      const got = `${targets.length} below ${targets.limit}`
      this.fail('crossEntropy', `${rows} targets below ${n}`, got)
    }
    bounds ??= this.bounds(rows)
    this.bounded('crossEntropy', rows, bounds)
    const { ids, docs } = bounds
    return this.record('crossEntropy', [docs], [logits, targets, ids], () =>
      this.core.crossEntropy(logits.address, targets.address, ids.address, rows, n, docs),
    )
  }

  /** Computes every recorded op, in order. */
  forward(): void {
    this.core.forward(this.from, this.from + this.records.length)
    this.ran = true
  }

  /** Computes one recorded op again: records[i]. What it reads must have been computed. */
  forwardOne(i: number): void {
    if (!this.records[i]) this.fail('forwardOne', `0 to ${this.records.length - 1}`, `${i}`)
    this.core.forward(this.from + i, this.from + i + 1)
  }

  /**
   * Adds d(seed * sum(y)) to the gradients of all parameters that y came from; those of the values
   * of this graph are set anew.
   * @param fresh whether the parameters' gradients are set anew too, as after zeroGrad()
   * @throws {GraphError} before forward(), or when an op on the way has no backward
   */
  backward(y: Tensor, seed = 1, fresh = false): void {
    if (!this.ran) this.fail('backward', 'forward() before it', 'none')
    if (this.inferenceOnly) this.fail('backward', 'ops that have a backward', this.inferenceOnly)
    this.own('backward', [y])
    if (y.address < this.start || y.address >= this.end) {
      this.fail('backward', 'a tensor of this graph', sizes(y.shape))
    }
    const plan = this.planOf(y, fresh)
    if (this.marked !== plan) {
      plan.masks.forEach((mask, i) => this.core.setFresh(this.from + i, mask))
      this.marked = plan
    }
    for (const { address, count } of plan.clear) this.core.zeroGrad(address, count)
    this.core.backward(this.from, this.from + this.records.length, y.address, y.count, seed)
  }

  /** A batch of several chunks takes both plans of a graph in each step, so both are kept. */
  private planOf(y: Tensor, fresh: boolean): BackwardPlan {
    if (this.planned?.y !== y) this.planned = { y, plans: new Map() }
    const known = this.planned.plans.get(fresh)
    if (known) return known
    const inputs = this.records.map((row) => row.inputs.filter((x) => x instanceof Tensor))
    const params = this.arena.paramsSpan
    const isParam = ({ address }: Tensor) =>
      address >= params.address && address < params.address + 8 * params.count
    const weights = fresh ? inputs.flat().filter(isParam) : []
    const distinct = new Map(weights.map((w) => [w.address, w]))
    const values = [...this.values.values(), ...distinct.values()]
    const { masks, clear } = planBackward(inputs, y, values)
    const plan = { masks, clear: fresh ? [...clear, ...gaps(params, weights)] : clear }
    this.planned.plans.set(fresh, plan)
    return plan
  }

  private record(
    op: string,
    shape: readonly number[],
    inputs: readonly (Tensor | Ids)[],
    call: () => number,
  ): Tensor {
    const { core, arena } = this
    const length = this.from + this.records.length
    if (core.tapeLength() !== length) this.fail(op, 'the newest graph of the arena', 'an older one')
    this.own(op, inputs)
    const count = shape.reduce((product, n) => product * n, 1)
    if (length >= arena.plan.records || count > arena.plan.values) throw arena.full()
    const address = call() >>> 0
    if (address === 0) throw arena.full()
    this.end = arena.mark()
    const output = new Tensor(arena, address, shape)
    this.values.set(address, output)
    this.planned = null
    this.records.push({ op, inputs, output })
    return output
  }

  private matrix(op: string, x: Tensor): readonly [number, number] {
    if (x.shape.length !== 2) this.fail(op, 'a tensor of two dimensions', x)
    return x.shape as [number, number]
  }

  private same(op: string, a: Tensor, b: Tensor): void {
    const equal = a.shape.length === b.shape.length && a.shape.every((n, i) => n === b.shape[i])
    if (!equal) this.fail(op, `tensors of one shape, ${sizes(a.shape)}`, b)
  }

  private own(op: string, inputs: readonly (Tensor | Ids)[]): void {
    if (inputs.some(({ buffer }) => buffer !== this.arena.params.buffer)) {
      this.fail(op, 'tensors of its own arena', "another one's")
    }
  }

  private bounded(op: string, rows: number, bounds: Bounds): void {
    if (bounds.rows !== rows) this.fail(op, `bounds of ${rows} rows`, `bounds of ${bounds.rows}`)
  }

  private headed(op: string, n: number, heads: number): void {
    this.positive(op, [heads])
    if (n % heads !== 0) this.fail(op, `heads that divide ${n}`, `${heads}`)
  }

  private positive(op: string, shape: readonly number[]): void {
    if (shape.length === 0 || !shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
      this.fail(op, 'whole numbers above 0', sizes(shape))
    }
  }

  private needScratch(op: string, count: number): void {
    const { scratch } = this.arena.plan
    if (count > scratch) this.fail(op, `an arena with scratch for ${count} numbers`, `${scratch}`)
  }

  private fail(op: string, want: string, got: Tensor | string): never {
    const text = typeof got === 'string' ? got : sizes(got.shape)
    throw new GraphError(`${op} needs ${want}, got ${text}`)
  }
}
