/**
 * The memory of one core as the host sees it: addresses become Float64Array views, never copies.
 */
import { ArenaError } from '../errors.js'
import type { Core } from './core.js'
import { type ArenaPlan, MAX_BYTES, checkPlan, even, planBytes } from './plan.js'
import { Ids, type Memory, Tensor } from './tensor.js'

/** Cores that have an arena. A second arena would use the same memory again. */
const reserved = new WeakSet<Core>()

/** Largest view, in numbers, that gets memory while counting; larger views are empty. */
const LARGEST_COUNTED_VIEW = 2 ** 20

function checkShape(shape: readonly number[]): void {
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ArenaError(`a slice of the arena has sizes above 0, got ${shape.join(', ')}`)
  }
}

/**
 * All numbers of a model: parameters, values, gradients, moments and the tape. It is reserved once
 * and never grows; views on it stay valid as long as they are referenced. recordModel makes one.
 */
export class Arena implements Memory {
  static readonly name = 'Arena'
  /** The core whose memory it is in. */
  readonly core: Core
  /** What was reserved. */
  readonly plan: Readonly<ArenaPlan>
  /** All parameters, flat: a live view. */
  readonly params: Float64Array
  /** The gradients of all parameters, flat: a live view. */
  readonly paramsGrad: Float64Array
  /** True in Arena.count: tensors have no memory, and what is written to a view is lost. */
  readonly counting: boolean
  private readonly paramsAddress: number
  private readonly buffer: ArrayBuffer
  private readonly gap: number
  private paramsTaken = 0

  /**
   * Reserves memory in a core that has no arena yet.
   * @param counting for Arena.count only
   * @throws {ArenaError} if the plan is incomplete, does not fit in 4 GiB or in the available
   *   memory, or if the core has an arena already
   */
  constructor(core: Core, plan: ArenaPlan, counting = false) {
    checkPlan(plan)
    this.core = core
    this.counting = counting
    this.plan = Object.freeze({ ...plan })
    this.paramsAddress = counting ? 0 : reserve(core, plan)
    this.buffer = core.memory.buffer
    this.gap = core.gradientGap() >>> 0
    this.params = this.view(this.paramsAddress, plan.params)
    this.paramsGrad = this.gradient(this.paramsAddress, plan.params)
  }

  /**
   * The plan of an arena for everything that a function records. The function runs once, on an
   * arena that only counts and takes no memory. If the core has an arena already, it is not
   * touched.
   */
  static count(core: Core, build: (arena: Arena) => unknown): ArenaPlan {
    const arena = new Arena(core, { params: 0, values: 0, scratch: 0, records: 0 }, true)
    const counted = countOn(core, () => build(arena))
    return { params: arena.paramsTaken, ...counted }
  }

  /** The `address` in bytes of all parameters, and their number (`count`). */
  get paramsSpan(): { address: number; count: number } {
    return { address: this.paramsAddress, count: this.plan.params }
  }

  /** Sets the gradients of all parameters to zero. */
  zeroGrad(): void {
    this.core.zeroGrad(this.paramsAddress, this.plan.params)
  }

  /**
   * A slice of the parameters.
   * @param offset of its first number, in numbers
   * @throws {ArenaError} if it goes past the last parameter
   */
  param(offset: number, shape: readonly number[]): Tensor {
    checkShape([offset + 1, ...shape])
    const tensor = new Tensor(this, this.paramsAddress + 8 * offset, shape)
    const end = offset + tensor.count
    this.paramsTaken = Math.max(this.paramsTaken, end)
    if (end > this.plan.params && !this.counting) {
      throw new ArenaError(`a slice ends at parameter ${end}, but there are ${this.plan.params}`)
    }
    return tensor
  }

  /**
   * The slice of the parameters after all that were taken before.
   * @throws {ArenaError} as param does
   */
  nextParam(shape: readonly number[]): Tensor {
    return this.param(this.paramsTaken, shape)
  }

  /**
   * Takes a tensor from the values; it is not initialized.
   * @throws {ArenaError} if there is no room
   */
  alloc(shape: readonly number[]): Tensor {
    checkShape(shape)
    const count = shape.reduce((product, n) => product * n, 1)
    // The core counts bytes modulo 2^64.
    if (count > this.plan.values && !this.counting) throw this.full()
    const address = this.core.alloc(count) >>> 0
    if (address === 0) throw this.full()
    return new Tensor(this, address, shape)
  }

  /** Takes room for ids below a limit, all 0. @throws {ArenaError} if there is no room */
  allocIds(length: number, limit: number): Ids {
    checkShape([length])
    const { address } = this.alloc([Math.ceil(length / 2)])
    const view = this.counting
      ? new Int32Array(length)
      : new Int32Array(this.buffer, address, length).fill(0)
    return new Ids(this, address, limit, view)
  }

  /** The address where the next alloc begins. */
  mark(): number {
    return this.core.mark() >>> 0
  }

  /** Makes the next alloc begin at a mark. Frees everything allocated after it. */
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

  /** A live view of some numbers. @param address in bytes */
  view(address: number, count: number): Float64Array {
    if (this.counting) return new Float64Array(count > LARGEST_COUNTED_VIEW ? 0 : count)
    return new Float64Array(this.buffer, address, count)
  }

  /** A live view of the gradients of some numbers. @param address of the numbers, in bytes */
  gradient(address: number, count: number): Float64Array {
    return this.view(address + this.gap, count)
  }

  /** The error for an arena that has no room left. */
  full(): ArenaError {
    const { values, scratch, records } = this.plan
    const room = `${values} values, ${scratch} numbers of scratch and ${records} records`
    return new ArenaError(`the arena is full: it was reserved for ${room}; reserve more`)
  }
}

/** @returns the address of the parameters */
function reserve(core: Core, plan: ArenaPlan): number {
  if (reserved.has(core)) {
    throw new ArenaError('this core has an arena already; load another core for a second one')
  }
  const { total } = planBytes(plan)
  const need = `${plan.params} parameters need ${(total / 2 ** 30).toFixed(1)} GiB of memory`
  if (total >= MAX_BYTES) {
    throw new ArenaError(`${need}, but WebAssembly has 4 GiB; make the model smaller`)
  }
  const address = core.reserve(plan.params, plan.values, plan.scratch, plan.records) >>> 0
  if (address === 0) {
    const hint = 'make the model smaller, or free() models that are no longer used'
    throw new ArenaError(`${need}, which this machine does not have; ${hint}`)
  }
  reserved.add(core)
  return address
}

/** What a function takes from the values, the scratch and the tape of a core; it takes nothing. */
export function countOn(core: Core, run: () => unknown): Omit<ArenaPlan, 'params'> {
  core.beginCounting()
  try {
    run()
  } finally {
    core.endCounting()
  }
  return {
    values: core.valuesCounted(),
    scratch: core.scratchCounted(),
    records: core.recordsCounted(),
  }
}
