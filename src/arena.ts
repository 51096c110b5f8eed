/**
 * The arena as the host sees it: addresses become Float64Array views, never copies. Counts are taken
 * at their word; the classes of kit/arena.ts, which others write models with, check them.
 */
import type { Core } from './core.js'
import { type ArenaPlan, MAX_BYTES, even, planBytes } from './arena-plan.js'
import { ArenaError } from './errors.js'

export * from './arena-plan.js'

/** A slice of the arena with a shape, row-major, and its gradient. */
export class Tensor {
  readonly shape: readonly number[]
  /** Bytes from the start of linear memory. */
  readonly address: number
  /** Product of the shape. */
  readonly count: number
  private readonly arena: Arena

  constructor(arena: Arena, address: number, shape: readonly number[]) {
    this.arena = arena
    this.address = address
    this.shape = shape
    this.count = shape.reduce((product, n) => product * n, 1)
  }

  /** The numbers: a view on the arena. */
  get data(): Float64Array {
    return this.arena.view(this.address, this.count)
  }

  /** Their gradients: a view on the arena. */
  get grad(): Float64Array {
    return this.arena.gradient(this.address, this.count)
  }
}

/** Whole numbers in the arena that ops read at each forward: token ids, positions, boundaries. */
export class Ids {
  readonly address: number
  readonly length: number
  /** Each id is below this. */
  readonly limit: number
  /** The ids: a view on the arena. */
  readonly view: Int32Array

  constructor(address: number, length: number, limit: number, view: Int32Array) {
    this.address = address
    this.length = length
    this.limit = limit
    this.view = view
  }

  /** Writes one id. */
  put(i: number, id: number): void {
    this.view[i] = id
  }

  /** The first ids, in the same memory. */
  first(length: number): Ids {
    return new Ids(this.address, length, this.limit, this.view.subarray(0, length))
  }
}

/** Where each document of some packed rows begins and ends. */
export class Bounds {
  /** docs + 1 row numbers, from 0 to rows. */
  readonly ids: Ids
  readonly rows: number
  /** Rows of the longest document there may be. */
  readonly span: number
  readonly docs: number

  /** @param ids room for docs + 1 numbers below rows + 1 */
  constructor(ids: Ids, rows: number, span: number) {
    this.ids = ids
    this.rows = rows
    this.span = span
    this.docs = ids.length - 1
  }

  /** Writes the documents' lengths: `docs` of them, which add up to rows. */
  set(lengths: ArrayLike<number>): void {
    this.ids.put(0, 0)
    for (let d = 0, end = 0; d < lengths.length; d++) this.ids.put(d + 1, (end += lengths[d]!))
  }
}

/** The memory of one core, reserved once. Views on it stay valid as long as it lives. */
export class Arena {
  readonly core: Core
  readonly plan: Readonly<ArenaPlan>
  /** All parameters, flat: a view. */
  readonly params: Float64Array
  private readonly paramsAddress: number
  private readonly buffer: ArrayBuffer
  private readonly gap: number

  /**
   * Reserves the plan in a core that has no arena yet.
   * @throws {ArenaError} when the plan does not fit 4 GiB or the memory that there is
   */
  constructor(core: Core, plan: ArenaPlan) {
    const { total } = planBytes(plan)
    const need = `${plan.params} parameters need ${(total / 2 ** 30).toFixed(1)} GiB of memory`
    if (total >= MAX_BYTES) {
      throw new ArenaError(`${need}, and WebAssembly has 4 GiB; make the model smaller`)
    }
    this.paramsAddress = core.reserve(plan.params, plan.values, plan.scratch, plan.records) >>> 0
    if (this.paramsAddress === 0) {
      throw new ArenaError(`${need}, which this machine does not give; make the model smaller`)
    }
    this.core = core
    this.plan = Object.freeze({ ...plan })
    this.buffer = core.memory.buffer
    this.gap = core.gradientGap() >>> 0
    this.params = this.view(this.paramsAddress, plan.params)
  }

  /** Where all parameters lie. */
  get paramsSpan(): { address: number; count: number } {
    return { address: this.paramsAddress, count: this.plan.params }
  }

  /** A part of the parameters, from a number on. */
  param(offset: number, shape: readonly number[]): Tensor {
    return new Tensor(this, this.paramsAddress + 8 * offset, shape)
  }

  /** @throws {ArenaError} when there is no room */
  alloc(shape: readonly number[]): Tensor {
    const count = shape.reduce((product, n) => product * n, 1)
    const address = this.core.alloc(count) >>> 0
    if (address === 0) throw this.full()
    return new Tensor(this, address, shape)
  }

  /** Room for ids below a limit, all 0. @throws {ArenaError} when there is none */
  allocIds(length: number, limit: number): Ids {
    const { address } = this.alloc([Math.ceil(length / 2)])
    const view = new Int32Array(this.buffer, address, length)
    view.fill(0)
    return new Ids(address, length, limit, view)
  }

  /** Where the next alloc begins. */
  mark(): number {
    return this.core.mark() >>> 0
  }

  /** Makes the next alloc begin at a mark: takes back what lies behind it, or leaves a gap before. */
  release(mark: number): void {
    const gap = (mark - this.mark()) / 8
    if (gap > 0) this.core.alloc(gap)
    else this.core.release(mark)
  }

  /** Numbers that can still be allocated. */
  get room(): number {
    const { params, values } = this.plan
    return even(params) + even(values) - (this.mark() - this.paramsAddress) / 8
  }

  view(address: number, count: number): Float64Array {
    return new Float64Array(this.buffer, address, count)
  }

  gradient(address: number, count: number): Float64Array {
    return new Float64Array(this.buffer, address + this.gap, count)
  }

  full(): ArenaError {
    const { values, records } = this.plan
    const room = `${values} values and a tape of ${records} records`
    return new ArenaError(`the arena is full: it was reserved for ${room}; reserve more`)
  }
}
