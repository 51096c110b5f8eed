/**
 * Several instances of the core on one shared memory. Instance 0 belongs to the host, every other
 * instance runs serve() in a thread. A step takes a few rounds: in each, every instance does its
 * share of one job, and the next round begins when all are done.
 *
 * The bits of the result do not depend on the number of instances. Documents are independent up to
 * the weights' gradients, so one instance runs a micro-batch of them. Then each number of the
 * weights' gradients is summed by one instance, over all micro-batches in order. Then each
 * parameter is updated by one instance.
 *
 * The control block, in cache lines, so that two instances never write to the same line:
 *
 *     Control          the round, its job, and the arena's layout
 *     Update           arguments of adam()
 *     Progress x n     of each instance: the last round that it finished, and its heartbeat
 *     MicroBatch x n   of each instance: its records and losses
 */
import { ArenaMap, RECORD, useMap, writeMap, splitScratch, takeTail } from './arena'
import { adam } from './adam'
import {
  ALL,
  VALUES,
  WEIGHTS,
  phase,
  recordAt,
  runBackward,
  runForward,
  seedGradient,
  setPhase,
} from './tape'

/** Jobs of a round. */
export const FORWARD: i32 = 1
export const FORWARD_BACKWARD: i32 = 2
export const WEIGHT_GRAD: i32 = 3
export const UPDATE: i32 = 4

const LINE: usize = 64


@unmanaged
class Control {
  round: i32
  job: i32
  microBatches: i32
  size: i32
}


@unmanaged
class Update {
  rate: f64
  eps: f64
  beta1: f64
  beta2: f64
  decay: f64
}


@unmanaged
class Progress {
  round: i32
  heartbeat: i32
}


@unmanaged
class MicroBatch {
  from: u32
  to: u32
  y: usize
  count: u32
  seed: f64
}

/**
 * Iterations in which an instance polls for work before it sleeps: about 1 ms. Fewer are slower:
 * waking a thread of a virtual machine takes about as long, and a step is not much longer.
 */
const SPINS: i32 = 3000000

let block: usize = 0
let me: i32 = 0
let size: i32 = 1
let round: i32 = 0


@inline
function control(): Control {
  return changetype<Control>(block)
}

/** The layout follows the four numbers of Control on line 0. */
@inline
function arenaMap(): ArenaMap {
  return changetype<ArenaMap>(block + offsetof<Control>())
}


@inline
function update(): Update {
  return changetype<Update>(block + LINE)
}


@inline
function progress(index: i32): Progress {
  return changetype<Progress>(block + LINE * <usize>(2 + index))
}


@inline
function microBatch(index: i32): MicroBatch {
  return changetype<MicroBatch>(block + LINE * <usize>(2 + size + index))
}

/** Number of records that the control block takes from the end of the tape. */
export function controlRecords(instances: i32): i32 {
  return 2 + 2 * instances
}

/** Makes this the first instance, on an arena with an empty tape. Returns the control block. */
export function share(instances: i32): usize {
  const bytes = controlRecords(instances) * RECORD
  block = takeTail(bytes)
  memory.fill(block, 0, bytes)
  size = instances
  control().size = instances
  writeMap(arenaMap())
  splitScratch(0, instances)
  return block
}

/** Makes this the index-th instance, before the first round. */
export function join(at: usize, index: i32): void {
  block = at
  me = index
  size = control().size
  useMap(arenaMap())
  splitScratch(index, size)
}

/** Sets the micro-batch of the index-th instance: records of the tape, and the losses y. */
export function setMicroBatch(
  index: i32,
  from: u32,
  to: u32,
  y: usize,
  count: u32,
  seed: f64,
): void {
  const batch = microBatch(index)
  batch.from = from
  batch.to = to
  batch.y = y
  batch.count = count
  batch.seed = seed
}

/** Sets the arguments of adam() for the next UPDATE. */
export function setUpdate(rate: f64, eps: f64, beta1: f64, beta2: f64, decay: f64): void {
  const next = update()
  next.rate = rate
  next.eps = eps
  next.beta1 = beta1
  next.beta2 = beta2
  next.decay = decay
}

/** Begins a round over the first micro-batches, and does this instance's share. */
export function begin(job: i32, microBatches: i32): void {
  control().job = job
  control().microBatches = microBatches
  round++
  atomic.store<i32>(block, round, offsetof<Control>('round'))
  atomic.notify(block + offsetof<Control>('round'), -1)
  work(job)
}

/**
 * Waits for the other instances.
 * @param spins number of polls before it gives up
 * @returns 0 if all are done, otherwise the index of one that is not
 */
export function finish(spins: i32): i32 {
  for (let i = 1; i < size; i++) {
    const at = changetype<usize>(progress(i))
    while (atomic.load<i32>(at, offsetof<Progress>('round')) != round) {
      if (--spins < 0) return i
    }
  }
  return 0
}

/** A count that increases while the index-th instance works. */
export function heartbeat(index: i32): i32 {
  return atomic.load<i32>(changetype<usize>(progress(index)), offsetof<Progress>('heartbeat'))
}

/** Does this instance's share of every round; it never returns. */
export function serve(): void {
  for (;;) {
    let spins = SPINS
    while (atomic.load<i32>(block, offsetof<Control>('round')) == round) {
      if (--spins < 0) atomic.wait<i32>(block + offsetof<Control>('round'), round, -1)
    }
    round++
    work(control().job)
    const at = changetype<usize>(progress(me)) + offsetof<Progress>('round')
    atomic.store<i32>(at, round)
    atomic.notify(at, 1)
  }
}

function work(job: i32): void {
  const microBatches = control().microBatches
  if (job == UPDATE) {
    const next = update()
    setPhase(ALL, me, size)
    adam(next.rate, next.eps, next.beta1, next.beta2, next.decay)
  } else if (job == WEIGHT_GRAD) {
    setPhase(WEIGHTS, me, size)
    for (let i = 0; i < microBatches; i++) backwardOf(microBatch(i))
  } else if (me < microBatches) {
    const batch = microBatch(me)
    for (let i = batch.from; i < batch.to; i++) {
      beat()
      runForward(recordAt(i))
    }
    if (job == FORWARD_BACKWARD) {
      seedGradient(batch.y, batch.count, batch.seed)
      setPhase(VALUES, 0, 1)
      backwardOf(batch)
    }
  }
  setPhase(ALL, 0, 1)
}

/**
 * The records of a micro-batch in reverse; for the weights' gradients, only those with a weight.
 */
function backwardOf(batch: MicroBatch): void {
  for (let i = batch.to; i > batch.from; i--) {
    const op = recordAt(i - 1)
    if (phase == WEIGHTS && !op.hasWeight) continue
    beat()
    runBackward(op)
  }
}

/** Increments this instance's heartbeat. */
function beat(): void {
  const at = changetype<usize>(progress(me)) + offsetof<Progress>('heartbeat')
  atomic.store<i32>(at, load<i32>(at) + 1)
}
