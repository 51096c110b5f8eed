/**
 * The tape: one row an op, in the order of recording. Forward walks it down, backward walks it up.
 * A row names its op by two entries of the function table, so the tape knows no op by name and an
 * op is added without touching it.
 *
 *     byte  0  forward    8  y      16  a    24  c    32  n0   40  n2   48  e, or factor (float64)
 *           4  backward  12  kept   20  b    28  d    36  n1   44  n3   52  f        56  fresh
 *                                                                                    60  weighs
 */
import { RECORD, alloc, gap, inArena, release, mark, tapeLimit, tapeStart } from './arena'

/** Computes the outputs of a row, or adds to the gradients of its inputs. */
export type Walk = (row: usize) => void

/** What backwards compute: all gradients, or those of values or of parameters alone. */
export const ALL = 0
export const VALUES = 1
export const PARAMS = 2

/** Which of these now, and which of how many parts of the parameters' gradients; see team.ts. */
export let phase: i32 = ALL
export let part: i32 = 0
export let parts: i32 = 1

export function setPhase(to: i32, index: i32, count: i32): void {
  phase = to
  part = index
  parts = count
}

let length: u32 = 0

/** The row that was recorded last, to set e, f or factor in. */
export let last: usize = 0

/**
 * Allocates y and what an op keeps for its backward, and appends a row.
 * @param count numbers of y
 * @param kept numbers to keep, or 0
 * @returns the address of y, or 0 with nothing recorded when there is no room
 */
export function record(
  forward: Walk,
  backward: Walk,
  count: u32,
  kept: u32,
  a: usize,
  b: usize,
  c: usize,
  d: usize,
  n0: i32,
  n1: i32,
  n2: i32,
  n3: i32,
): usize {
  const row = tapeStart + <usize>length * RECORD
  assert(row + RECORD <= tapeLimit, 'record: the tape is full')
  assert(inArena(a, 1), 'record: an input lies outside the arena')
  if (row + RECORD > tapeLimit) return 0
  const before = mark()
  const y = alloc(count)
  const k = alloc(kept)
  if (y == 0 || k == 0) {
    release(before)
    return 0
  }
  // This loop also keeps the compiler from copying the function into each op.
  for (let i: usize = 0; i < RECORD; i += 16) v128.store(row + i, i64x2.splat(0))
  store<i32>(row, forward.index)
  store<i32>(row, backward.index, 4)
  store<usize>(row, y, 8)
  store<usize>(row, k, 12)
  store<usize>(row, a, 16)
  store<usize>(row, b, 20)
  store<usize>(row, c, 24)
  store<usize>(row, d, 28)
  store<i32>(row, n0, 32)
  store<i32>(row, n1, 36)
  store<i32>(row, n2, 40)
  store<i32>(row, n3, 44)
  length++
  last = row
  return y
}

/** The fields of a row; addresses in bytes, n0 to n3 as the op defines them. */
export namespace at {

  @inline export function y(row: usize): usize {
    return load<usize>(row, 8)
  }


  @inline export function kept(row: usize): usize {
    return load<usize>(row, 12)
  }


  @inline export function a(row: usize): usize {
    return load<usize>(row, 16)
  }


  @inline export function b(row: usize): usize {
    return load<usize>(row, 20)
  }


  @inline export function c(row: usize): usize {
    return load<usize>(row, 24)
  }


  @inline export function d(row: usize): usize {
    return load<usize>(row, 28)
  }


  @inline export function n0(row: usize): i32 {
    return load<i32>(row, 32)
  }


  @inline export function n1(row: usize): i32 {
    return load<i32>(row, 36)
  }


  @inline export function n2(row: usize): i32 {
    return load<i32>(row, 40)
  }


  @inline export function n3(row: usize): i32 {
    return load<i32>(row, 44)
  }


  @inline export function e(row: usize): usize {
    return load<usize>(row, 48)
  }


  @inline export function f(row: usize): usize {
    return load<usize>(row, 52)
  }


  @inline export function factor(row: usize): f64 {
    return load<f64>(row, 48)
  }


  @inline export function setE(row: usize, x: usize): void {
    store<usize>(row, x, 48)
  }


  @inline export function setF(row: usize, x: usize): void {
    store<usize>(row, x, 52)
  }

  /** Marks a row whose input b, or a table in a, is a parameter: its gradient is a phase of its own. */
  @inline export function setWeighs(row: usize): void {
    store<i32>(row, 1, 60)
  }


  @inline export function weighs(row: usize): bool {
    return load<i32>(row, 60) != 0
  }


  @inline export function setFactor(row: usize, x: f64): void {
    store<f64>(row, x, 48)
  }
}

/**
 * Says which gradients a row's backward is the first to write: it sets them instead of adding to
 * them, and nobody need set them to zero before.
 * @param mask bit 0 for a, 1 for b, 2 for c
 */
export function setFresh(index: u32, mask: i32): void {
  assert(index < length, 'setFresh: a row that is not on the tape')
  store<i32>(tapeStart + <usize>index * RECORD, mask, 56)
}

/** All ones where the row adds to the gradient of an input, zeros where it sets it: what to keep. */
@inline
export function keeping(row: usize, input: i32): i64 {
  return (((<i64>load<i32>(row, 56)) >> input) & 1) - 1
}

/** Whether the row adds to the gradient of an input. */
@inline
export function adding(row: usize, input: i32): bool {
  return ((load<i32>(row, 56) >> input) & 1) == 0
}

/** Where a row lies. */
@inline
export function rowOf(index: u32): usize {
  return tapeStart + <usize>index * RECORD
}

/** Rows on the tape. */
export function tapeLength(): u32 {
  return length
}

/** Forgets all rows from the given one on. */
export function truncate(to: u32): void {
  assert(to <= length, 'truncate: the tape is shorter than that')
  length = to
}

/** Runs the rows from..to-1 in order. */
export function forward(from: u32, to: u32): void {
  assert(from <= to && to <= length, 'forward: rows that are not on the tape')
  const end = tapeStart + <usize>to * RECORD
  for (let row = tapeStart + <usize>from * RECORD; row < end; row += RECORD) {
    call_indirect<void>(load<i32>(row), row)
  }
}

/**
 * Adds to the gradients of everything that the rows from..to-1 computed y from, dy being the given
 * seed for each of its numbers. The gradients of the rows' outputs must be zero before (zeroGrad)
 * where no row is marked as the first to write them (setFresh).
 * @param y count numbers
 */
export function backward(from: u32, to: u32, y: usize, count: u32, seed: f64): void {
  assert(from <= to && to <= length, 'backward: rows that are not on the tape')
  assert(inArena(y, count), 'backward: y lies outside the arena')
  seedGradient(y, count, seed)
  const start = tapeStart + <usize>from * RECORD
  let row = tapeStart + <usize>to * RECORD
  while (row > start) {
    row -= RECORD
    call_indirect<void>(load<i32>(row, 4), row)
  }
}

/** Sets the gradients of count numbers at y. */
export function seedGradient(y: usize, count: u32, seed: f64): void {
  const dy = y + gap
  for (let i: u32 = 0; i < count; i++) store<f64>(dy + ((<usize>i) << 3), seed)
}

/** The backward of an op that has none; the host refuses to walk back over it. */
export function noBackward(row: usize): void {
  assert(false, 'backward: this op is for inference only')
}
