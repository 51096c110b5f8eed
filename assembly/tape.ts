/**
 * The tape: one record per op, in the order of recording. Forward goes through it from the first
 * record to the last, backward from the last to the first. An op is added without touching this
 * file: it hands its two functions to `record`.
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

/** Which of these now, and which shard of the weights' gradients; see thread-pool.ts. */
export let phase: i32 = ALL
export let shard: i32 = 0
export let numShards: i32 = 1

export function setPhase(to: i32, index: i32, count: i32): void {
  phase = to
  shard = index
  numShards = count
}

/** A record that nothing reads: ops fill it while the arena counts. */
const COUNTED = memory.data(offsetof<OpRecord>(), 16)

let length: u32 = 0

/**
 * Allocates y and what an op keeps for its backward, and appends a record. Its inputs and sizes are
 * for the caller to fill in; backward adds to all gradients until setAccumulate says otherwise.
 * @param count numbers of y
 * @param kept numbers to keep, or 0
 * @param work numbers of scratch that forward or backward needs, or 0
 * @returns null, with nothing recorded, when there is no room
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
  // This loop also keeps the compiler from copying the function into each op.
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
 * Says which gradients a record's backward adds to. It overwrites the others, which then need not
 * be zero before.
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

/** Runs the records from..to-1 in order. */
export function forward(from: u32, to: u32): void {
  assert(from <= to && to <= length, 'forward: records that are not on the tape')
  for (let i = from; i < to; i++) runForward(recordAt(i))
}

/**
 * Computes the gradients of everything that the records from..to-1 computed y from; dy is the given
 * seed for each number of y. Gradients that are added to (setAccumulate) must be set before.
 * @param y count numbers
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

/** The backward of an op that has none; the host refuses to run it. */
export function noBackward(op: OpRecord): void {
  assert(false, 'backward: this op is for inference only')
}
