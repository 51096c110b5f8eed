/**
 * A range of the arena's tape: the recorded ops, and how to run them. Recording computes nothing:
 * forward() runs what was recorded, and can run again after ids or values have changed.
 */
import { type Arena, countOn } from './arena.js'
import { type BackwardPlan, gaps, planBackward } from './backward-plan.js'
import type { Core } from './core.js'
import { even } from './plan.js'
import { failOp, ownArena } from './shapes.js'
import { Ids, Tensor } from './tensor.js'

/** Exports of the core that record an op: addresses and sizes in, the address of the output out. */
type Recording = {
  [Name in keyof Core]: Core[Name] extends (...args: number[]) => number ? Name : never
}[keyof Core]

/** The arguments of an export after the addresses of some inputs. */
type SizesOf<Op extends Recording, Inputs extends readonly unknown[]> =
  Parameters<Core[Op]> extends [
    ...{ -readonly [I in keyof Inputs]: number },
    ...infer Rest extends number[],
  ]
    ? Rest
    : never

/** One recorded op, as the host sees it. */
export interface OpRecord {
  /** The name of the core's export, such as linear. */
  op: string
  /** The tensors and ids that it reads, in the order of the call. */
  inputs: readonly (Tensor | Ids)[]
  /** The tensor that it computes. */
  output: Tensor
  /**
   * What the op stores for its backward in addition to its output: a live view, rounded up to an
   * even count.
   *
   * - attention: its weights [rows, heads, span], span rounded up to even. The weights of a row are
   *   for the rows of its document from the first to itself; the others have no meaning.
   * - crossEntropy: the probabilities [rows, n].
   * - rmsnorm: the factor of each row [rows].
   * - All other ops: nothing.
   */
  readonly kept: Float64Array
}

/** The recorded ops of a graph, run forward and backward. */
export class Tape {
  /** The arena whose tape it is on. */
  readonly arena: Arena
  /** The recorded ops, in order. */
  readonly records: OpRecord[] = []
  private readonly core: Core
  /** The first record on the arena's tape, and the address range of the graph's values. */
  private readonly from: number
  private readonly start: number
  private end: number
  /** Inputs and outputs. */
  private readonly values: Tensor[] = []
  /**
   * The backward plans of the latest y, for overwriting and for accumulating; null after a change.
   */
  private plans: { y: Tensor; byAccumulate: Map<boolean, BackwardPlan> } | null = null
  /** The plan that the records are currently set to. */
  private marked: BackwardPlan | null = null
  /** The name of a recorded op that has no backward, or ''. */
  private inferenceOnly = ''
  private ranForward = false
  private ranBackward = false

  /** An empty graph, after everything on the arena's tape. Only the newest graph can record ops. */
  constructor(arena: Arena) {
    this.arena = arena
    this.core = arena.core
    this.from = this.core.tapeLength()
    this.start = this.end = arena.mark()
  }

  /** Computes all recorded ops, in order. */
  forward(): void {
    this.refuseCounting('forward')
    const { from, to } = this.span
    this.core.forward(from, to)
    this.ranForward = true
  }

  /** Computes one recorded op again, records[i]. Its inputs must have been computed. */
  forwardOne(i: number): void {
    this.checkIndex('forwardOne', i)
    this.core.forward(this.from + i, this.from + i + 1)
  }

  /**
   * Computes the gradients of seed * sum(y). Those of this graph's values are overwritten.
   * @param seed 1 unless given
   * @param accumulate true (the default) adds to the parameters' gradients; false overwrites them,
   *   like after zeroGrad()
   * @throws {GraphError} before forward(), or if a recorded op has no backward
   */
  backward(y: Tensor, seed = 1, accumulate = true): void {
    if (!this.ranForward) failOp('backward', 'forward() before it', 'none')
    this.prepareBackward(y, accumulate)
    const { from, to } = this.span
    this.core.backward(from, to, y.address, y.count, seed)
    this.ranBackward = true
  }

  /**
   * Computes the gradients of the inputs of one recorded op again, records[i], from the current
   * gradient of its output. Each is overwritten or added to as in the latest backward().
   * @throws {GraphError} before backward()
   */
  backwardOne(i: number): void {
    this.checkIndex('backwardOne', i)
    if (!this.ranBackward) failOp('backwardOne', 'backward() before it', 'none')
    // A seed for zero numbers: the gradient of the output is not changed.
    this.core.backward(this.from + i, this.from + i + 1, this.records[i]!.output.address, 0, 0)
  }

  /** The graph's records on the arena's tape: from to to - 1. */
  get span(): { from: number; to: number } {
    return { from: this.from, to: this.from + this.records.length }
  }

  /**
   * Prepares backward() without running it; the thread pool runs it.
   * @throws {GraphError} if a recorded op has no backward, or y is not a tensor of this graph
   */
  prepareBackward(y: Tensor, accumulate: boolean): void {
    if (this.inferenceOnly) failOp('backward', 'ops that have a backward', this.inferenceOnly)
    ownArena('backward', this.arena, [y])
    if (y.address < this.start || y.address >= this.end) {
      failOp('backward', 'a tensor of this graph', y)
    }
    const plan = this.planOf(y, accumulate)
    if (this.marked !== plan) {
      plan.masks.forEach((mask, i) => this.core.setAccumulate(this.from + i, mask))
      this.marked = plan
    }
    for (const { address, count } of plan.clear) this.core.zeroGrad(address, count)
  }

  /** Notes an op that can only run forward. */
  protected forInference(op: string): void {
    this.inferenceOnly = op
  }

  /** Adds what was allocated last to the graph. */
  protected take<T extends Tensor | Ids>(x: T): T {
    this.end = this.arena.mark()
    if (x instanceof Tensor) {
      this.values.push(x)
      this.plans = null
    }
    return x
  }

  /**
   * Records an op.
   * @param sizes what the core takes after the addresses of the inputs
   * @throws {ArenaError} if the arena or its tape has no room
   * @throws {GraphError} if another graph was begun after this one, or an input is of another arena
   */
  protected record<Op extends Recording, const Inputs extends readonly (Tensor | Ids)[]>(
    op: Op,
    shape: readonly number[],
    inputs: Inputs,
    ...sizes: SizesOf<Op, Inputs>
  ): Tensor {
    const { core, arena } = this
    if (!arena.counting && core.tapeLength() !== this.span.to) {
      failOp(op, 'the newest graph of the arena', 'an older one')
    }
    ownArena(op, arena, inputs)
    const call = core[op] as (...args: number[]) => number
    const args = [...inputs.map((input) => input.address), ...sizes]
    if (!arena.counting) {
      this.checkScratch(op, () => call(...args))
      if (this.span.to >= arena.plan.records) throw arena.full()
    }
    const address = call(...args) >>> 0
    if (address === 0) throw arena.full()
    const output = this.take(new Tensor(arena, address, shape))
    // The core allocates the kept numbers directly after the output.
    const keptAt = address + 8 * even(output.count)
    const keptCount = (this.end - keptAt) / 8
    this.records.push({
      op,
      inputs,
      output,
      get kept() {
        return arena.view(keptAt, keptCount)
      },
    })
    return output
  }

  /**
   * A batch of several micro-batches uses both plans of a graph in each step, so both are stored.
   */
  private planOf(y: Tensor, accumulate: boolean): BackwardPlan {
    if (this.plans?.y !== y) this.plans = { y, byAccumulate: new Map() }
    const known = this.plans.byAccumulate.get(accumulate)
    if (known) return known
    const inputs = this.records.map((record) => record.inputs.filter((x) => x instanceof Tensor))
    const params = this.arena.paramsSpan
    const isParam = ({ address }: Tensor) =>
      address >= params.address && address < params.address + 8 * params.count
    const weights = accumulate ? [] : inputs.flat().filter(isParam)
    const { masks, clear } = planBackward(inputs, y, [...this.values, ...weights])
    const plan = { masks, clear: accumulate ? clear : [...clear, ...gaps(params, weights)] }
    this.plans.byAccumulate.set(accumulate, plan)
    return plan
  }

  /** Counts an op before it is recorded, to check that the arena has enough scratch. */
  private checkScratch(op: string, record: () => unknown): void {
    const want = countOn(this.core, record).scratch
    const got = this.arena.plan.scratch
    if (want > got) failOp(op, `an arena with scratch for ${want} numbers`, `${got}`)
  }

  private checkIndex(op: string, i: number): void {
    this.refuseCounting(op)
    if (!this.records[i]) failOp(op, `a record from 0 to ${this.records.length - 1}`, `${i}`)
  }

  private refuseCounting(op: string): void {
    if (this.arena.counting) failOp(op, 'a graph that is recorded', 'one that is being counted')
  }
}
