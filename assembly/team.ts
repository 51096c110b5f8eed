/**
 * Several instances of the core on one shared memory: instance 0 is the host's, each other one runs
 * serve() in a thread of its own. A step is a few turns; in a turn every instance does its part of
 * one job, and the next turn begins when all are done.
 *
 * What a turn computes does not depend on how many instances there are, to the bit: documents are
 * independent of each other up to the parameters' gradients, so a chunk of them goes through VALUES
 * on one instance; then each number of the parameters' gradients is summed by one instance, over all
 * chunks in their order; then each parameter is updated by one.
 *
 * The control block, in lines of 64 bytes, that two instances may not write at one time:
 *
 *     line 0            turn  job  chunks  parts  fresh  the arena's map (arena.ts)
 *     line 1            rate  eps  beta1  beta2  decay, of Adam
 *     lines 2...        for each instance: the last turn that it finished, and its pulse
 *     behind these      for each instance: its chunk: from  to  y  count  seed
 */
import { RECORD, adopt, describe, shareScratch, takeTail } from './arena'
import { adam } from './adam'
import { ALL, PARAMS, VALUES, at, phase, rowOf, seedGradient, setPhase } from './tape'

/** Jobs: a chunk forward; forward and back to the values; the parameters' gradients; Adam. */
export const FORWARD: i32 = 1
export const PASS: i32 = 2
export const WEIGH: i32 = 3
export const UPDATE: i32 = 4

const LINE: usize = 64
const MAP: usize = 20

/** Turns of the loop in which an instance looks for work before it goes to sleep: about 1 ms.
 * Less is worse: to be woken takes a virtual machine as long, and steps are not much longer. */
const SPINS: i32 = 3000000

let control: usize = 0
let me: i32 = 0
let size: i32 = 1
let turn: i32 = 0


@inline
function lineOf(index: i32): usize {
  return control + LINE * <usize>(2 + index)
}


@inline
function chunkOf(index: i32): usize {
  return lineOf(size + index)
}

/** Bytes of the control block, all taken off the tape. */
function controlSize(parts: i32): u32 {
  return (2 + 2 * parts) * RECORD
}

/** Makes this the first of some instances, on an arena with an empty tape. Returns the control block. */
export function share(parts: i32): usize {
  control = takeTail(controlSize(parts))
  memory.fill(control, 0, controlSize(parts))
  size = parts
  store<i32>(control, parts, 12)
  describe(control + MAP)
  shareScratch(0, parts)
  return control
}

/** Makes this the index-th instance, before the first turn. */
export function join(block: usize, index: i32): void {
  control = block
  me = index
  size = load<i32>(block, 12)
  adopt(block + MAP)
  shareScratch(index, size)
}

/** Says what chunk the index-th instance takes: rows of the tape, and the losses that they end in. */
export function setChunk(index: i32, from: u32, to: u32, y: usize, count: u32, seed: f64): void {
  const chunk = chunkOf(index)
  store<u32>(chunk, from)
  store<u32>(chunk, to, 4)
  store<usize>(chunk, y, 8)
  store<u32>(chunk, count, 12)
  store<f64>(chunk, seed, 16)
}

/** Says with what the next update is made. */
export function setAdam(rate: f64, eps: f64, beta1: f64, beta2: f64, decay: f64): void {
  const line = control + LINE
  store<f64>(line, rate)
  store<f64>(line, eps, 8)
  store<f64>(line, beta1, 16)
  store<f64>(line, beta2, 24)
  store<f64>(line, decay, 32)
}

/** Begins a turn over the first chunks, and does this instance's part of it. */
export function begin(job: i32, chunks: i32): void {
  store<i32>(control, job, 4)
  store<i32>(control, chunks, 8)
  turn++
  atomic.store<i32>(control, turn)
  atomic.notify(control, -1)
  work(job)
}

/**
 * Waits for the others, for a while.
 * @returns 0 when all are done, else the index of one that is not
 */
export function finish(spins: i32): i32 {
  for (let i = 1; i < size; i++) {
    while (atomic.load<i32>(lineOf(i)) != turn) {
      if (--spins < 0) return i
    }
  }
  return 0
}

/** What the index-th instance has done so far, for those who wonder whether it lives. */
export function pulse(index: i32): i32 {
  return atomic.load<i32>(lineOf(index), 4)
}

/** Does this instance's part of every turn, for ever. */
export function serve(): void {
  for (;;) {
    let spins = SPINS
    while (atomic.load<i32>(control) == turn) {
      if (--spins < 0) atomic.wait<i32>(control, turn, -1)
    }
    turn++
    const job = load<i32>(control, 4)
    work(job)
    atomic.store<i32>(lineOf(me), turn)
    atomic.notify(lineOf(me), 1)
  }
}

function work(job: i32): void {
  const chunks = load<i32>(control, 8)
  if (job == UPDATE) {
    const line = control + LINE
    setPhase(ALL, me, size)
    adam(
      load<f64>(line),
      load<f64>(line, 8),
      load<f64>(line, 16),
      load<f64>(line, 24),
      load<f64>(line, 32),
    )
  } else if (job == WEIGH) {
    setPhase(PARAMS, me, size)
    for (let i = 0; i < chunks; i++) back(chunkOf(i))
  } else if (me < chunks) {
    const chunk = chunkOf(me)
    const end = rowOf(load<u32>(chunk, 4))
    for (let row = rowOf(load<u32>(chunk)); row < end; row += RECORD) {
      beat()
      call_indirect<void>(load<i32>(row), row)
    }
    if (job == PASS) {
      seedGradient(load<usize>(chunk, 8), load<u32>(chunk, 12), load<f64>(chunk, 16))
      setPhase(VALUES, 0, 1)
      back(chunk)
    }
  }
  setPhase(ALL, 0, 1)
}

/** The rows of a chunk in reverse; for the parameters' gradients, those that have some. */
function back(chunk: usize): void {
  const start = rowOf(load<u32>(chunk))
  let row = rowOf(load<u32>(chunk, 4))
  while (row > start) {
    row -= RECORD
    if (phase == PARAMS && !at.weighs(row)) continue
    beat()
    call_indirect<void>(load<i32>(row, 4), row)
  }
}

/** Counts this instance's pulse up. */
function beat(): void {
  const line = lineOf(me)
  atomic.store<i32>(line, load<i32>(line, 4) + 1, 4)
}
