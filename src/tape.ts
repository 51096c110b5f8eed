/**
 * A part of the arena's tape as the host keeps it: what has been recorded, and the two ways along
 * it. Recording computes nothing: forward() runs what was recorded, and may run it again after new
 * ids or values have been written.
 */
import { type Arena, type Ids, Tensor, even } from './arena.js'
import { type BackwardPlan, gaps, planBackward } from './backward-plan.js'
import type { Core } from './core.js'
import { fail, own } from './shapes.js'

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

/** Exports of the core that record an op: addresses and sizes in, the output's address out. */
type Recording = {
  [Name in keyof Core]: Core[Name] extends (...args: number[]) => number ? Name : never
}[keyof Core]

/** What an export takes behind the addresses of some inputs. */
type SizesOf<Op extends Recording, Inputs extends readonly unknown[]> =
  Parameters<Core[Op]> extends [
    ...{ -readonly [I in keyof Inputs]: number },
    ...infer Rest extends number[],
  ]
    ? Rest
    : never

export class Tape {
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
  private oneWay = ''
  private ran = false

  /** A tape without ops, behind all that stands on the arena's. */
  constructor(arena: Arena) {
    this.arena = arena
    this.core = arena.core
    this.from = this.core.tapeLength()
    this.start = this.end = arena.mark()
  }

  /** Computes every recorded op, in order. */
  forward(): void {
    this.core.forward(this.from, this.from + this.records.length)
    this.ran = true
  }

  /** Computes one recorded op again: records[i]. What it reads must have been computed. */
  forwardOne(i: number): void {
    this.recorded('forwardOne', i)
    this.core.forward(this.from + i, this.from + i + 1)
  }

  /**
   * Adds d(seed * sum(y)) to the gradients of all parameters that y came from; those of the values
   * of this graph are set anew.
   * @param fresh whether the parameters' gradients are set anew too, as after zeroGrad()
   * @throws {GraphError} before forward(), or when an op on the way has no backward
   */
  backward(y: Tensor, seed = 1, fresh = false): void {
    if (!this.ran) fail('backward', 'forward() before it', 'none')
    this.prepare(y, fresh)
    this.core.backward(this.from, this.from + this.records.length, y.address, y.count, seed)
  }

  /** Where it stands on the arena's tape: its first row, and the one behind it. */
  get span(): { from: number; to: number } {
    return { from: this.from, to: this.from + this.records.length }
  }

  /** All of backward() but the walk itself, for those who have it walked. @throws as backward() */
  prepare(y: Tensor, fresh: boolean): void {
    if (this.oneWay) fail('backward', 'ops that have a backward', this.oneWay)
    own('backward', this.arena, [y])
    if (y.address < this.start || y.address >= this.end) {
      fail('backward', 'a tensor of this graph', y)
    }
    const plan = this.planOf(y, fresh)
    if (this.marked !== plan) {
      plan.masks.forEach((mask, i) => this.core.setFresh(this.from + i, mask))
      this.marked = plan
    }
    for (const { address, count } of plan.clear) this.core.zeroGrad(address, count)
  }

  /**
   * The way back of one recorded op again, records[i]: from the gradient of its output, as it is
   * now, to those of its inputs, which it sets or adds to as it did in the latest backward().
   * @throws {GraphError} before backward()
   */
  backwardOne(i: number): void {
    this.recorded('backwardOne', i)
    if (!this.marked) fail('backwardOne', 'backward() before it', 'none')
    // A seed for no number: the gradient of the output stays.
    this.core.backward(this.from + i, this.from + i + 1, this.records[i]!.output.address, 0, 0)
  }

  /** Says that an op can only be walked forward. */
  protected forInference(op: string): void {
    this.oneWay ||= op
  }

  /** Takes what was allocated last into the graph. */
  protected take<T extends Tensor | Ids>(x: T): T {
    this.end = this.arena.mark()
    if (x instanceof Tensor) {
      this.values.set(x.address, x)
      this.planned = null
    }
    return x
  }

  /** Records an op. @param rest what the core takes behind the addresses of the inputs */
  protected record<Op extends Recording, const Inputs extends readonly (Tensor | Ids)[]>(
    op: Op,
    shape: readonly number[],
    inputs: Inputs,
    ...rest: SizesOf<Op, Inputs>
  ): Tensor {
    const { core, arena } = this
    const length = this.from + this.records.length
    if (core.tapeLength() !== length) fail(op, 'the newest graph of the arena', 'an older one')
    own(op, arena, inputs)
    const count = shape.reduce((product, n) => product * n, 1)
    if (length >= arena.plan.records || count > arena.plan.values) throw arena.full()
    const call = core[op] as (...args: number[]) => number
    const address = call(...inputs.map((input) => input.address), ...rest) >>> 0
    if (address === 0) throw arena.full()
    const output = this.take(new Tensor(arena, address, shape))
    // The core takes room for what is kept right behind the output.
    const behind = address + 8 * even(count)
    const kept = arena.view(behind, (this.end - behind) / 8)
    this.records.push({ op, inputs, output, kept })
    return output
  }

  private recorded(op: string, i: number): void {
    if (!this.records[i]) fail(op, `0 to ${this.records.length - 1}`, `${i}`)
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
}
