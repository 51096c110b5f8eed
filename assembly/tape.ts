/**
 * The tape: one record per op, in recording order. Forward runs it from the first record to the
 * last, backward from the last to the first. A new op does not change this file: it passes its two
 * functions to `record`.
 */
import {
  RECORD,
  alloc,
  countRecord,
  counting,
  gap,
  inArena,
  inScratch,
  mark,
  release,
  tapeLimit,
  tapeStart,
} from './arena'
import { OpRecord } from './op-record'

/** Computes the output of a record, or the gradients of its inputs. */
export type Step = (op: OpRecord) => void

/** What backward computes: all gradients, or those of values or of weights alone. */
export const ALL = 0
export const VALUES = 1
export const WEIGHTS = 2

/** The current phase, and the shard of the weights' gradients; see thread-pool.ts. */
export let phase: i32 = ALL
export let shard: i32 = 0
export let numShards: i32 = 1

export function setPhase(to: i32, index: i32, count: i32): void {
  phase = to
  shard = index
  numShards = count
}

/** A record that is never read: ops fill it while the arena counts. */
const COUNTED = memory.data(offsetof<OpRecord>(), 16)

let length: u32 = 0

/**
 * Allocates y and the numbers that an op keeps for its backward, and appends a record. The caller
 * fills in inputs and sizes. Backward adds to all gradients unless setAccumulate changes that.
 * @param count size of y, in numbers
 * @param kept numbers to keep for backward, or 0
 * @param work numbers of scratch that forward or backward needs, or 0
 * @returns null if there is no room; then nothing is recorded
 */
export function record(
  forward: Step,
  backward: Step,
  count: u64,
  kept: u64,
  work: u64,
): OpRecord | null {
  let address = tapeStart + <usize>length * RECORD
  if (counting) {
    countRecord(work)
    address = COUNTED
  } else {
    assert(address + RECORD <= tapeLimit, 'record: the tape is full')
    assert(inScratch(work), 'record: not enough scratch')
    if (address + RECORD > tapeLimit || !inScratch(work)) return null
  }
  const before = mark()
  const y = alloc(<f64>count)
  const k = alloc(<f64>kept)
  if (y == 0 || k == 0) {
    release(before)
    return null
  }
  // This loop also keeps the compiler from inlining the function into each op.
  for (let i: usize = 0; i < RECORD; i += 16) v128.store(address + i, i64x2.splat(0))
  const op = changetype<OpRecord>(address)
  op.forward = forward.index
  op.backward = backward.index
  op.y = y
  op.kept = k
  op.accumulate = -1
  if (!counting) length++
  return op
}

/** The index-th record. */
@inline
export function recordAt(index: u32): OpRecord {
  return changetype<OpRecord>(tapeStart + <usize>index * RECORD)
}

/**
 * Sets which gradients a record's backward adds to. It overwrites the others, which need not be
 * zero.
 * @param mask bit i for input i; the first input is 0
 */
export function setAccumulate(index: u32, mask: i32): void {
  assert(index < length, 'setAccumulate: this record is not on the tape')
  recordAt(index).accumulate = mask
}

/** Records on the tape. */
export function tapeLength(): u32 {
  return length
}

/** Removes all records from the given one on. */
export function truncate(to: u32): void {
  assert(to <= length, 'truncate: the tape is shorter')
  length = to
}


@inline
export function runForward(op: OpRecord): void {
  call_indirect<void>(op.forward, op)
}


@inline
export function runBackward(op: OpRecord): void {
  call_indirect<void>(op.backward, op)
}

/** Runs the records from to to - 1, in order. */
export function forward(from: u32, to: u32): void {
  assert(from <= to && to <= length, 'forward: records that are not on the tape')
  for (let i = from; i < to; i++) runForward(recordAt(i))
}

/**
 * Computes the gradients of everything that y was computed from by the records from to to - 1, in
 * reverse order. Gradients that are added to (see setAccumulate) must be initialized.
 * @param y address of count numbers
 * @param seed the gradient of each number of y
 */
export function backward(from: u32, to: u32, y: usize, count: u32, seed: f64): void {
  assert(from <= to && to <= length, 'backward: records that are not on the tape')
  assert(inArena(y, count), 'backward: y is outside the arena')
  seedGradient(y, count, seed)
  for (let i = to; i > from; i--) runBackward(recordAt(i - 1))
}

/** Sets the gradients of count numbers at y. */
export function seedGradient(y: usize, count: u32, seed: f64): void {
  const dy = y + gap
  for (let i: u32 = 0; i < count; i++) store<f64>(dy + ((<usize>i) << 3), seed)
}

/** The backward of an op that has none; the host never runs it. */
export function noBackward(op: OpRecord): void {
  assert(false, 'backward: this op is for inference only')
}
