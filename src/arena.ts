/** The arena as the host sees it: addresses become Float64Array views, never copies. */
import type { Core } from './core.js'
import { ArenaError } from './errors.js'

/** What an arena holds, in float64 numbers; `records` in rows of the tape. */
export interface ArenaPlan {
  /** Numbers that Adam updates. */
  params: number
  /** Further numbers with a gradient: activations, caches, ids. */
  values: number
  /** Numbers that an op needs only while it runs. */
  scratch: number
  records: number
}

/** Bytes of WebAssembly memory there can be. */
export const MAX_BYTES = 2 ** 32
const RECORD_BYTES = 64

/** Numbers that alloc takes for a count: every slice begins at a multiple of 16 bytes. */
export const even = (count: number) => count + (count % 2)

/** Numbers of scratch that the transpose of a matrix [n, k] takes in panels of eight columns. */
export const packedSize = (n: number, k: number) => 8 * Math.ceil(n / 8) * k

/** Numbers of scratch that linear takes, as assembly/ops/linear.ts reckons it. */
export function linearScratch(rows: number, nin: number, nout: number): number {
  if (rows === 1) return 0
  const slice = Math.min(nout, Math.max(8, 8 * Math.floor(4096 / nin)))
  const forward = packedSize(slice, nin)
  if (rows < 32) return forward
  const turned = packedSize(nin, rows) + slice * (even(rows) + 4)
  return Math.max(forward, packedSize(nin, slice), turned)
}

/** Numbers of scratch for attention: two copies of a head, and the gradients of its scores. */
export const attentionScratch = (dim: number, span: number) =>
  packedSize(span, dim) + packedSize(dim, span) + span * (even(span) + 4)

/** Bytes of each part of a plan, in the order of assembly/arena.ts. */
export function planBytes(plan: ArenaPlan) {
  const params = 8 * even(plan.params)
  const values = 8 * even(plan.values)
  const scratch = 8 * even(plan.scratch)
  const tape = RECORD_BYTES * plan.records
  const parts = { params, values, gradients: params + values, adam: 2 * params, scratch, tape }
  const total = 4 * params + 2 * values + scratch + tape
  return { ...parts, total }
}

/** Bytes as a person reads them. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB']
  const power = bytes < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(bytes) / 10))
  const value = bytes / 1024 ** power
  return `${power === 0 ? value : value.toFixed(1)} ${units[power]}`
}

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

  /** The memory that it lies in. */
  get buffer(): ArrayBufferLike {
    return this.arena.params.buffer
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
  private readonly view: Int32Array

  constructor(address: number, length: number, limit: number, view: Int32Array) {
    this.address = address
    this.length = length
    this.limit = limit
    this.view = view
  }

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
  put(i: number, id: number): void {
    if (!(id >= 0 && id < this.limit && Number.isInteger(id))) {
      throw new ArenaError(`ids run from 0 to ${this.limit - 1}, got ${id} at ${i}`)
    }
    this.view[i] = id
  }

  /** The memory that they lie in. */
  get buffer(): ArrayBufferLike {
    return this.view.buffer
  }

  at(i: number): number {
    return this.view[i]!
  }

  /** The first ids, in the same memory. */
  first(length: number): Ids {
    if (length > this.length) throw new ArenaError(`${this.length} ids hold no first ${length}`)
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

  /**
   * Writes the documents' lengths.
   * @throws {ArenaError} unless there are `docs` lengths from 1 to span that add up to rows
   */
  set(lengths: ArrayLike<number>): void {
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
    this.ids.put(0, 0)
    for (let d = 0, end = 0; d < lengths.length; d++) this.ids.put(d + 1, (end += lengths[d]!))
  }
}

function checkShape(shape: readonly number[]): void {
  if (!shape.every((n) => Number.isSafeInteger(n) && n > 0)) {
    throw new ArenaError(`a slice of the arena has sizes above 0, got ${shape.join(', ')}`)
  }
}

/** The memory of one core, reserved once. Views on it stay valid as long as it lives. */
export class Arena {
  readonly core: Core
  readonly plan: Readonly<ArenaPlan>
  /** All parameters, flat: a view. */
  readonly params: Float64Array
  /** Their gradients. */
  readonly paramsGrad: Float64Array
  private readonly paramsAddress: number
  private readonly buffer: ArrayBuffer
  private readonly gap: number

  /**
   * Reserves the plan in a core that has no arena yet.
   * @throws {ArenaError} when a count is not a whole number, or the plan does not fit 4 GiB or the
   *   memory that there is
   */
  constructor(core: Core, plan: ArenaPlan) {
    for (const [name, count] of Object.entries(plan)) {
      if (!Number.isSafeInteger(count) || count < 0) {
        throw new ArenaError(`an arena's ${name} must be a whole number from 0, got ${count}`)
      }
    }
    const { total } = planBytes(plan)
    const need = `${plan.params} parameters need ${formatBytes(total)} of memory`
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
    this.paramsGrad = this.gradient(this.paramsAddress, plan.params)
  }

  /** Where all parameters lie. */
  get paramsSpan(): { address: number; count: number } {
    return { address: this.paramsAddress, count: this.plan.params }
  }

  /** A part of the parameters, from a number on. */
  param(offset: number, shape: readonly number[]): Tensor {
    checkShape([offset + 1, ...shape])
    const tensor = new Tensor(this, this.paramsAddress + 8 * offset, shape)
    if (offset + tensor.count > this.plan.params) {
      const end = offset + tensor.count
      throw new ArenaError(
        `there are ${this.plan.params} parameters, a slice to ${end} was asked for`,
      )
    }
    return tensor
  }

  /** @throws {ArenaError} when there is no room */
  alloc(shape: readonly number[]): Tensor {
    checkShape(shape)
    const count = shape.reduce((product, n) => product * n, 1)
    const address = count <= this.plan.values ? this.core.alloc(count) >>> 0 : 0
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

  /** Sets the gradients of all parameters to zero. */
  zeroGrad(): void {
    this.core.zeroGrad(this.paramsAddress, this.plan.params)
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
