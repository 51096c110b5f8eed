/**
 * The tape that own models are recorded on: it shows what stands on it, runs one op again, and
 * checks what it is asked for.
 */
import type { Ids, Tensor } from '../arena.js'
import { even } from '../arena-plan.js'
import { Graph } from '../graph.js'
import type { Arena } from './arena.js'
import { fail, own } from './shapes.js'
import type { Recording, SizesOf } from '../tape.js'

/** One recorded op, as the host knows it. */
export interface OpRecord {
  op: string
  inputs: readonly (Tensor | Ids)[]
  output: Tensor
  /**
   * What the op computes beside its output and keeps for its backward: a view on the arena, as long
   * as what stands here or, to be even, by one number longer.
   *
   * - attention: its weights [rows, heads, span], span made even. Those of a row are for the rows of
   *   its document, from the first to itself; what lies behind them counts for nothing.
   * - crossEntropy: the probabilities [rows, n].
   * - rmsnorm: what each row was multiplied with [rows].
   * - The others keep nothing.
   */
  kept: Float64Array
}

/** What lies between the graph that GPTs are recorded on and the one of the kit: all but the ops. */
export class Tape extends Graph {
  declare readonly arena: Arena
  /** What has been recorded, in order. */
  readonly records: OpRecord[] = []
  private readonly start: number
  private end: number
  /** An op that has no backward. */
  private oneWay = ''
  private ran = false
  private walked = false

  /** A tape without ops, behind all that stands on the arena's. */
  constructor(arena: Arena) {
    super(arena)
    this.start = this.end = arena.mark()
  }

  override forward(): void {
    super.forward()
    this.ran = true
  }

  /** Computes one recorded op again: records[i]. What it reads must have been computed. */
  forwardOne(i: number): void {
    this.recorded('forwardOne', i)
    const { from } = this.span
    this.arena.core.forward(from + i, from + i + 1)
  }

  /**
   * Adds d(seed * sum(y)) to the gradients of all parameters that y came from; those of the values
   * of this graph are set anew.
   * @param fresh whether the parameters' gradients are set anew too, as after zeroGrad()
   * @throws {GraphError} before forward(), or when an op on the way has no backward
   */
  override backward(y: Tensor, seed = 1, fresh = false): void {
    if (!this.ran) fail('backward', 'forward() before it', 'none')
    super.backward(y, seed, fresh)
    this.walked = true
  }

  /** All of backward() but the walk itself, for those who have it walked. @throws as backward() */
  override prepare(y: Tensor, fresh: boolean): void {
    if (this.oneWay) fail('backward', 'ops that have a backward', this.oneWay)
    own('backward', this.arena, [y])
    if (y.address < this.start || y.address >= this.end) {
      fail('backward', 'a tensor of this graph', y)
    }
    super.prepare(y, fresh)
  }

  /**
   * The way back of one recorded op again, records[i]: from the gradient of its output, as it is
   * now, to those of its inputs, which it sets or adds to as it did in the latest backward().
   * @throws {GraphError} before backward()
   */
  backwardOne(i: number): void {
    this.recorded('backwardOne', i)
    if (!this.walked) fail('backwardOne', 'backward() before it', 'none')
    const { from } = this.span
    // A seed for no number: the gradient of the output stays.
    this.arena.core.backward(from + i, from + i + 1, this.records[i]!.output.address, 0, 0)
  }

  /** Says that an op can only be walked forward. */
  protected forInference(op: string): void {
    this.oneWay ||= op
  }

  protected override take<T extends Tensor | Ids>(x: T): T {
    this.end = this.arena.mark()
    return super.take(x)
  }

  /** Records an op. @param rest what the core takes behind the addresses of the inputs */
  protected override record<Op extends Recording, const Inputs extends readonly (Tensor | Ids)[]>(
    op: Op,
    shape: readonly number[],
    inputs: Inputs,
    ...rest: SizesOf<Op, Inputs>
  ): Tensor {
    const { arena, span } = this
    if (arena.core.tapeLength() !== span.to)
      fail(op, 'the newest graph of the arena', 'an older one')
    own(op, arena, inputs)
    const count = shape.reduce((product, n) => product * n, 1)
    if (span.to >= arena.plan.records || count > arena.plan.values) throw arena.full()
    const output = super.record(op, shape, inputs, ...rest)
    // The core takes room for what is kept right behind the output.
    const behind = output.address + 8 * even(count)
    const kept = arena.view(behind, (this.end - behind) / 8)
    this.records.push({ op, inputs, output, kept })
    return output
  }

  private recorded(op: string, i: number): void {
    if (!this.records[i]) fail(op, `0 to ${this.records.length - 1}`, `${i}`)
  }
}
