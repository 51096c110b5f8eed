/**
 * Several instances of the core on one shared memory. Instance 0 belongs to the host, every other
 * instance runs serve() in a thread. A step takes a few rounds: in each, the instances share one
 * job, and the next round begins when it is done.
 *
 * A job is cut into shards. An instance that is free claims a shard that nobody has claimed, and
 * does it. So a thread that gets no processor, or is still starting, is not waited for:
 * the others do its work. Only a shard that has been claimed is waited for.
 *
 * The bits of the result depend neither on the number of instances nor on who does which shard.
 * Documents are independent up to the weights' gradients, so a shard is a micro-batch of them. Then
 * each number of the weights' gradients is summed in one shard, over all micro-batches in order.
 * Then each parameter is updated in one shard.
 *
 * The control block, in cache lines, so that two instances never write to the same line, but for
 * the claims:
 *
 *     Control          the shards that are unclaimed, their job, and the arena's layout
 *     Update           arguments of adam()
 *     Progress x n     of each instance: whether it works, and its heartbeat
 *     MicroBatch x n   the records and losses of each micro-batch
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
  /** Shards of the current round that are not claimed: the next one is unclaimed - 1. */
  unclaimed: i32
  job: i32
  microBatches: i32
  size: i32
  /** Not 0 when the threads are to end. */
  ending: i32
  /** Changes when there is something to look at: what sleeping threads wait for. */
  news: i32
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
  /** Odd while the instance works on a shard, or tries to claim one. Never negative. */
  turns: i32
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


@inline
function control(): Control {
  return changetype<Control>(block)
}

/** The layout follows the six numbers of Control on line 0. */
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

/** Makes this the index-th instance, between two rounds or during one. */
export function join(at: usize, index: i32): void {
  block = at
  me = index
  size = control().size
  atomic.store<i32>(turns(me), 0)
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

/** Begins a round over the first micro-batches: its shards can be claimed from now on. */
export function begin(job: i32, microBatches: i32): void {
  control().job = job
  control().microBatches = microBatches
  const shards = job == UPDATE || job == WEIGHT_GRAD ? size : microBatches
  // After the job, and before the wake: a thread that is awake may claim a shard at once.
  atomic.store<i32>(block, shards, offsetof<Control>('unclaimed'))
  wake(shards - 1)
}


@inline
function news(): usize {
  return block + offsetof<Control>('news')
}

/** Wakes so many sleeping threads. */
function wake(count: i32): void {
  atomic.add<i32>(news(), 1)
  atomic.notify(news(), count)
}

/** Claims a shard of the current round, and does it. Returns false if none is left. */
export function takeShard(): bool {
  if (!unclaimed()) return false
  const at = turns(me)
  turn(at)
  const index = claim()
  if (index >= 0) work(index)
  turn(at)
  atomic.notify(at, 1)
  return index >= 0
}


@inline
function unclaimed(): i32 {
  return atomic.load<i32>(block, offsetof<Control>('unclaimed'))
}

/** The index of a shard that now belongs to this instance, or -1 if none is left. */
function claim(): i32 {
  const at = block + offsetof<Control>('unclaimed')
  let left = unclaimed()
  while (left > 0) {
    // Whatever round it is by now: the shard is one of the current round.
    const seen = atomic.cmpxchg<i32>(at, left, left - 1)
    if (seen == left) return left - 1
    left = seen
  }
  return -1
}


@inline
function turns(index: i32): usize {
  return changetype<usize>(progress(index)) + offsetof<Progress>('turns')
}

/** Only the instance itself writes to its line. */
@inline
function turn(at: usize): void {
  atomic.store<i32>(at, (load<i32>(at) + 1) & i32.MAX_VALUE)
}

/**
 * Waits for the other instances, when no shard is left to claim. An instance that is not at work
 * then cannot have a shard: it says that it works before it claims one.
 * @param spins number of polls before it gives up
 * @returns 0 if the round is done, otherwise the index of an instance that works
 */
export function finish(spins: i32): i32 {
  for (let i = 1; i < size; i++) {
    while (atomic.load<i32>(turns(i)) & 1) {
      if (--spins < 0) return i
    }
  }
  return 0
}

/** A count that increases while the index-th instance works. */
export function heartbeat(index: i32): i32 {
  return atomic.load<i32>(changetype<usize>(progress(index)), offsetof<Progress>('heartbeat'))
}

/** Takes shards of all rounds, until the threads are to end. */
export function serve(): void {
  for (;;) {
    const seen = atomic.load<i32>(news())
    if (atomic.load<i32>(block, offsetof<Control>('ending'))) return
    while (takeShard());
    let spins = SPINS
    while (atomic.load<i32>(news()) == seen && --spins >= 0);
    // Not in the loop above: in Node 20, a local that is used after a wait in the same loop is
    // wrong (V8's baseline compiler), and the thread slept forever.
    if (spins < 0) atomic.wait<i32>(news(), seen, -1)
  }
}

/** Lets the threads end, between two rounds; or, if 0, allows others to serve. */
export function end(ending: i32): void {
  atomic.store<i32>(block, ending, offsetof<Control>('ending'))
  wake(size)
}

/** Does a shard of the current job. */
function work(index: i32): void {
  const job = control().job
  const microBatches = control().microBatches
  if (job == UPDATE) {
    const next = update()
    setPhase(ALL, index, size)
    adam(next.rate, next.eps, next.beta1, next.beta2, next.decay)
  } else if (job == WEIGHT_GRAD) {
    setPhase(WEIGHTS, index, size)
    for (let i = 0; i < microBatches; i++) backwardOf(microBatch(i))
  } else {
    const batch = microBatch(index)
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
