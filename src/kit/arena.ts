/** The arena that own models are written with: its classes check what they are given. */
import {
  Arena as Reserved,
  type ArenaPlan,
  Bounds as Ends,
  Ids as Numbers,
  Tensor,
} from '../arena.js'
import type { Core } from '../core.js'
import { ArenaError } from '../errors.js'

function checkShape(shape: readonly number[]): void {
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ArenaError(`a slice of the arena has sizes above 0, got ${shape.join(', ')}`)
  }
}

function checkPlan(plan: ArenaPlan): ArenaPlan {
  for (const [name, count] of Object.entries(plan)) {
    if (!Number.isSafeInteger(count) || count < 0) {
      throw new ArenaError(`an arena's ${name} must be a whole number from 0, got ${count}`)
    }
  }
  return plan
}

export class Ids extends Numbers {
  /**
   * Writes ids[from] to ids[to - 1], from the first place on.
   * @throws {ArenaError} when there are too many, or one is not a whole number from 0 to limit - 1
   */
  set(ids: ArrayLike<number>, from = 0, to = ids.length): void {
    if (to - from > this.length) {
      throw new ArenaError(`there is room for ${this.length} ids, got ${to - from}`)
    }
    for (let i = from; i < to; i++) this.put(i - from, ids[i]!)
  }

  /** Writes one id. @throws {ArenaError} as set does */
  override put(i: number, id: number): void {
    if (!(id >= 0 && id < this.limit && Number.isInteger(id))) {
      throw new ArenaError(`ids run from 0 to ${this.limit - 1}, got ${id} at ${i}`)
    }
    super.put(i, id)
  }

  at(i: number): number {
    return this.view[i]!
  }

  /** The first ids, in the same memory. @throws {ArenaError} when there are not so many */
  override first(length: number): Ids {
    if (length > this.length) throw new ArenaError(`${this.length} ids hold no first ${length}`)
    return new Ids(this.address, length, this.limit, this.view.subarray(0, length))
  }
}

export class Bounds extends Ends {
  /**
   * Writes the documents' lengths.
   * @throws {ArenaError} unless there are `docs` lengths from 1 to span that add up to rows
   */
  override set(lengths: ArrayLike<number>): void {
    let rows = 0
    for (let d = 0; d < lengths.length; d++) {
      const length = lengths[d]!
      if (!(length >= 1 && length <= this.span)) {
        throw new ArenaError(`a document has 1 to ${this.span} rows, got ${length}`)
      }
      rows += length
    }
    if (lengths.length !== this.docs || rows !== this.rows) {
      const want = `${this.docs} documents of ${this.rows} rows in all`
      throw new ArenaError(`bounds are for ${want}, got ${lengths.length} of ${rows}`)
    }
    super.set(lengths)
  }
}

export class Arena extends Reserved {
  /** The gradients of all parameters, flat: a view. */
  readonly paramsGrad: Float64Array

  /**
   * Reserves the plan in a core that has no arena yet.
   * @throws {ArenaError} when a count is not a whole number, or the plan does not fit 4 GiB or the
   *   memory that there is
   */
  constructor(core: Core, plan: ArenaPlan) {
    super(core, checkPlan(plan))
    this.paramsGrad = this.gradient(this.paramsSpan.address, plan.params)
  }

  /** Sets the gradients of all parameters to zero. */
  zeroGrad(): void {
    const { address, count } = this.paramsSpan
    this.core.zeroGrad(address, count)
  }

  /** A part of the parameters, from a number on. @throws {ArenaError} when it is not one */
  override param(offset: number, shape: readonly number[]): Tensor {
    checkShape([offset + 1, ...shape])
    const tensor = super.param(offset, shape)
    const end = offset + tensor.count
    if (end <= this.plan.params) return tensor
    const have = `there are ${this.plan.params} parameters`
    throw new ArenaError(`${have}, a slice to ${end} was asked for`)
  }

  override alloc(shape: readonly number[]): Tensor {
    checkShape(shape)
    // The core counts modulo 2^32.
    if (shape.reduce((product, n) => product * n, 1) > this.plan.values) throw this.full()
    return super.alloc(shape)
  }

  override allocIds(length: number, limit: number): Ids {
    checkShape([length])
    const { address, view } = super.allocIds(length, limit)
    return new Ids(address, length, limit, view)
  }
}
