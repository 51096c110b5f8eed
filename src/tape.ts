/**
 * A part of the arena's tape as the host keeps it: what has been recorded, and the two ways along
 * it. Recording computes nothing: forward() runs what was recorded, and may run it again after new
 * ids or values have been written. What is asked of it is taken at its word; Tape of kit/tape.ts,
 * which others write models with, checks it.
 */
import { type Arena, type Ids, Tensor } from './arena.js'
import { type BackwardPlan, gaps, planBackward } from './backward-plan.js'
import type { Core } from './core.js'

/** Exports of the core that record an op: addresses and sizes in, the output's address out. */
export type Recording = {
  [Name in keyof Core]: Core[Name] extends (...args: number[]) => number ? Name : never
}[keyof Core]

/** What an export takes behind the addresses of some inputs. */
export type SizesOf<Op extends Recording, Inputs extends readonly unknown[]> =
  Parameters<Core[Op]> extends [
    ...{ -readonly [I in keyof Inputs]: number },
    ...infer Rest extends number[],
  ]
    ? Rest
    : never

export class Tape {
  readonly arena: Arena
  private readonly core: Core
  /** The first row of its own on the arena's tape. */
  private readonly from: number
  /** What each op reads, in the order of recording. */
  private readonly inputs: (readonly (Tensor | Ids)[])[] = []
  /** Inputs and outputs. */
  private readonly values: Tensor[] = []
  /** Ways back from planned.y, by `fresh`, and the one that the tape's rows are marked for. */
  private planned: { y: Tensor; plans: Map<boolean, BackwardPlan> } | null = null
  private marked: BackwardPlan | null = null

  /** A tape without ops, behind all that stands on the arena's. */
  constructor(arena: Arena) {
    this.arena = arena
    this.core = arena.core
    this.from = this.core.tapeLength()
  }

  /** Computes every recorded op, in order. */
  forward(): void {
    const { from, to } = this.span
    this.core.forward(from, to)
  }

  /**
   * Adds d(seed * sum(y)) to the gradients of all parameters that y came from; those of the values
   * of this graph are set anew.
   * @param fresh whether the parameters' gradients are set anew too, as after zeroGrad()
   */
  backward(y: Tensor, seed = 1, fresh = false): void {
    this.prepare(y, fresh)
    const { from, to } = this.span
    this.core.backward(from, to, y.address, y.count, seed)
  }

  /** Where it stands on the arena's tape: its first row, and the one behind it. */
  get span(): { from: number; to: number } {
    return { from: this.from, to: this.from + this.inputs.length }
  }

  /** All of backward() but the walk itself, for those who have it walked. */
  prepare(y: Tensor, fresh: boolean): void {
    const plan = this.planOf(y, fresh)
    if (this.marked !== plan) {
      plan.masks.forEach((mask, i) => this.core.setFresh(this.from + i, mask))
      this.marked = plan
    }
    for (const { address, count } of plan.clear) this.core.zeroGrad(address, count)
  }

  /** Takes what was allocated last into the graph. */
  protected take<T extends Tensor | Ids>(x: T): T {
    if (x instanceof Tensor) {
      this.values.push(x)
      this.planned = null
    }
    return x
  }

  /**
   * Records an op.
   * @param rest what the core takes behind the addresses of the inputs
   * @throws {ArenaError} when the arena or its tape has no room for it
   */
  protected record<Op extends Recording, const Inputs extends readonly (Tensor | Ids)[]>(
    op: Op,
    shape: readonly number[],
    inputs: Inputs,
    ...rest: SizesOf<Op, Inputs>
  ): Tensor {
    const { core, arena } = this
    const call = core[op] as (...args: number[]) => number
    const address = call(...inputs.map((input) => input.address), ...rest) >>> 0
    if (address === 0) throw arena.full()
    this.inputs.push(inputs)
    return this.take(new Tensor(arena, address, shape))
  }

  /** A batch of several chunks takes both plans of a graph in each step, so both are kept. */
  private planOf(y: Tensor, fresh: boolean): BackwardPlan {
    if (this.planned?.y !== y) this.planned = { y, plans: new Map() }
    const known = this.planned.plans.get(fresh)
    if (known) return known
    const inputs = this.inputs.map((all) => all.filter((x) => x instanceof Tensor))
    const params = this.arena.paramsSpan
    const isParam = ({ address }: Tensor) =>
      address >= params.address && address < params.address + 8 * params.count
    const weights = fresh ? inputs.flat().filter(isParam) : []
    const { masks, clear } = planBackward(inputs, y, [...this.values, ...weights])
    const plan = { masks, clear: fresh ? [...clear, ...gaps(params, weights)] : clear }
    this.planned.plans.set(fresh, plan)
    return plan
  }
}
