/** Slices of the arena: tensors, token ids, and the bounds of packed documents. */
import { ArenaError } from '../errors.js'

/** Memory that gives views on slices of itself. */
export interface Memory {
  /** `count` numbers of the arena from an address in bytes: a live view. */
  view(address: number, count: number): Float64Array
  /** Their gradients, likewise. */
  gradient(address: number, count: number): Float64Array
}

/** A slice of the arena with a shape, row-major, and its gradient. Ops return tensors. */
export class Tensor {
  static readonly name = 'Tensor'
  /** The arena that it is in. */
  readonly arena: Memory
  /** Bytes from the start of linear memory. */
  readonly address: number
  /** Such as [rows, columns]. */
  readonly shape: readonly number[]
  /** Number of numbers: the product of the shape. */
  readonly count: number

  /** Use Graph or Arena.alloc instead; an address is not checked. */
  constructor(arena: Memory, address: number, shape: readonly number[]) {
    this.arena = arena
    this.address = address
    this.shape = shape
    this.count = shape.reduce((product, n) => product * n, 1)
  }

  /** The numbers: a live view, row-major. */
  get data(): Float64Array {
    return this.arena.view(this.address, this.count)
  }

  /** The gradients of the numbers: a live view, row-major. */
  get grad(): Float64Array {
    return this.arena.gradient(this.address, this.count)
  }
}

/**
 * Whole numbers in the arena, as int32, that ops read at each forward: tokens, targets, positions.
 */
export class Ids {
  static readonly name = 'Ids'
  /** The arena that they are in. */
  readonly arena: Memory
  /** Bytes from the start of linear memory. */
  readonly address: number
  /** Number of ids. */
  readonly length: number
  /** Every id is below this limit. */
  readonly limit: number
  /** The ids: a live view. Writing to it is not checked; use put() and set(). */
  readonly view: Int32Array

  /** Use Graph.ids or Arena.allocIds instead; an address is not checked. */
  constructor(arena: Memory, address: number, limit: number, view: Int32Array) {
    this.arena = arena
    this.address = address
    this.length = view.length
    this.limit = limit
    this.view = view
  }

  /**
   * Writes ids[from] to ids[to - 1], starting at the first place.
   * @param from 0 unless given
   * @param to ids.length unless given
   * @throws {ArenaError} if there are too many, or one is not a whole number from 0 to limit - 1
   */
  set(ids: ArrayLike<number>, from = 0, to = ids.length): void {
    if (to - from > this.length) {
      throw new ArenaError(`there is room for ${this.length} ids, got ${to - from}`)
    }
    for (let i = from; i < to; i++) this.put(i - from, ids[i]!)
  }

  /** Writes the id at place i. @throws {ArenaError} as set does */
  put(i: number, id: number): void {
    if (!(id >= 0 && id < this.limit && Number.isInteger(id))) {
      throw new ArenaError(`ids must be from 0 to ${this.limit - 1}, got ${id} at ${i}`)
    }
    this.view[i] = id
  }

  /** The id at place i. */
  at(i: number): number {
    return this.view[i]!
  }

  /** The first ids, in the same memory. @throws {ArenaError} if there are fewer */
  first(length: number): Ids {
    if (length > this.length) {
      throw new ArenaError(`the first ${length} ids were asked for, there are ${this.length}`)
    }
    return new Ids(this.arena, this.address, this.limit, this.view.subarray(0, length))
  }
}

/** Where each of several packed documents begins and ends. */
export class Bounds {
  static readonly name = 'Bounds'
  /** docs + 1 row numbers, from 0 to rows: document d has the rows ids[d] to ids[d + 1] - 1. */
  readonly ids: Ids
  /** Rows of all documents together. */
  readonly rows: number
  /** Largest number of rows of a document. */
  readonly span: number
  /** Number of documents. */
  readonly docs: number

  /** @param ids room for docs + 1 numbers below rows + 1; Graph.bounds creates it */
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
