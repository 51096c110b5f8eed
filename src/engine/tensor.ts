/** Slices of the arena: tensors, token ids, and the bounds of packed documents. */
import { ArenaError } from '../errors.js'

/** Where views on a slice come from. */
export interface Memory {
  view(address: number, count: number): Float64Array
  gradient(address: number, count: number): Float64Array
}

/** A slice of the arena with a shape, row-major, and its gradient. */
export class Tensor {
  readonly arena: Memory
  /** Bytes from the start of linear memory. */
  readonly address: number
  readonly shape: readonly number[]
  /** Product of the shape. */
  readonly count: number

  constructor(arena: Memory, address: number, shape: readonly number[]) {
    this.arena = arena
    this.address = address
    this.shape = shape
    this.count = shape.reduce((product, n) => product * n, 1)
  }

  /** The numbers: a live view. */
  get data(): Float64Array {
    return this.arena.view(this.address, this.count)
  }

  /** Their gradients: a live view. */
  get grad(): Float64Array {
    return this.arena.gradient(this.address, this.count)
  }
}

/** Whole numbers in the arena that ops read at each forward: token ids, positions, boundaries. */
export class Ids {
  readonly arena: Memory
  readonly address: number
  readonly length: number
  /** Each id is below this. */
  readonly limit: number
  /** The ids: a live view. Writing to it is not checked; put() and set() are. */
  readonly view: Int32Array

  constructor(arena: Memory, address: number, limit: number, view: Int32Array) {
    this.arena = arena
    this.address = address
    this.length = view.length
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
      throw new ArenaError(`ids must be from 0 to ${this.limit - 1}, got ${id} at ${i}`)
    }
    this.view[i] = id
  }

  /** One id. */
  at(i: number): number {
    return this.view[i]!
  }

  /** The first ids, in the same memory. @throws {ArenaError} when there are fewer */
  first(length: number): Ids {
    if (length > this.length) {
      throw new ArenaError(`the first ${length} ids were asked for, there are ${this.length}`)
    }
    return new Ids(this.arena, this.address, this.limit, this.view.subarray(0, length))
  }
}

/** Where each document of some packed rows begins and ends. */
export class Bounds {
  /** docs + 1 row numbers, from 0 to rows. */
  readonly ids: Ids
  readonly rows: number
  /** Rows of the longest document allowed. */
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
    let end = 0
    for (let d = 0; d < lengths.length; d++) {
      const length = lengths[d]!
      if (!(length >= 1 && length <= this.span)) {
        throw new ArenaError(`a document has 1 to ${this.span} rows, got ${length}`)
      }
      end += length
    }
    if (lengths.length !== this.docs || end !== this.rows) {
      const want = `${this.docs} documents with ${this.rows} rows in all`
      throw new ArenaError(`these bounds are for ${want}, got ${lengths.length} with ${end}`)
    }
    this.ids.put(0, 0)
    end = 0
    for (let d = 0; d < lengths.length; d++) this.ids.put(d + 1, (end += lengths[d]!))
  }
}
