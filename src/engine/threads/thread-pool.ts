/**
 * An executor on several threads: instances of the core on one memory, each in a thread. This is
 * the host's side of assembly/thread-pool.ts. The calling thread does its share, too, and waits for
 * the others.
 */
import { TrainingError } from '../../errors.js'
import { Arena } from '../arena.js'
import {
  type Core,
  type CoreModule,
  type CoreSource,
  type ThreadsCore,
  loadModule,
  sharedMemory,
  startCore,
} from '../core.js'
import type { Executor, MicroBatch, Update } from '../executor.js'
import { type ArenaPlan, even, planBytes } from '../plan.js'
import { FAILED, type Thread, progressLine, spawnThread } from './thread.js'

/** Number of polls before the calling thread sleeps: about 1 ms. */
const SPINS = 3_000_000
/**
 * A thread counts as lost if its heartbeat stops for this many milliseconds while others wait for
 * it.
 */
const PATIENCE = 10_000

/** Ends the threads of pools that are no longer referenced. */
const unreferenced = new FinalizationRegistry((stop: () => void) => stop())

export class ThreadPool implements Executor {
  /** Number of threads, the calling one included. */
  readonly width: number
  readonly arena: Arena
  readonly update: Update = (...args) => {
    this.core.setUpdate(...args)
    this.run(this.core.UPDATE.value, 0)
  }
  private readonly core: ThreadsCore
  private readonly threads: Thread[] = []
  /** The last round that each thread finished. */
  private readonly progress: Int32Array[]
  private lost = ''

  private constructor(core: ThreadsCore, arena: Arena, block: number, width: number) {
    this.core = core
    this.arena = arena
    this.width = width
    const { memory } = core
    this.progress = Array.from({ length: width }, (_, index) =>
      progressLine({ memory, block, index }),
    )
    unreferenced.register(this, this.stopper)
  }

  /**
   * Starts the threads. All of them are ready when this resolves.
   * @param source the core for several threads
   * @param planOf the plan of the arena that they share, with the scratch of one thread
   * @throws {CoreError} {ArenaError} if the core cannot be loaded or there is not enough memory
   * @throws {TrainingError} if a thread does not start
   */
  static async start(
    source: CoreSource,
    planOf: (core: Core) => ArenaPlan,
    width: number,
  ): Promise<ThreadPool> {
    const module = await loadModule(source)
    const plan = await poolPlan(module, planOf, width)
    const memory = sharedMemory(planBytes(plan).total)
    const core = await startCore<ThreadsCore>(module, memory)
    const arena = new Arena(core, plan)
    const block = core.share(width) >>> 0
    const pool = new ThreadPool(core, arena, block, width)
    // Weak, so that the callbacks of the threads do not keep the pool alive.
    const weak = new WeakRef(pool)
    const starting = Array.from({ length: width - 1 }, (_, i) =>
      spawnThread({ module, memory, block, index: i + 1 }, (why) => weak.deref()?.lose(i + 1, why)),
    )
    try {
      pool.threads.push(...(await Promise.all(starting)))
    } catch (cause) {
      for (const thread of await Promise.allSettled(starting)) {
        if (thread.status === 'fulfilled') thread.value.stop()
      }
      throw new TrainingError('a thread could not be started; set threads to 1', { cause })
    }
    return pool
  }

  forward(batches: readonly MicroBatch[]): void {
    this.setMicroBatches(batches, 0)
    this.run(this.core.FORWARD.value, batches.length)
  }

  /** Two rounds: all values, then the weights' gradients; each of these is summed by one thread. */
  backward(batches: readonly MicroBatch[], seed: number, accumulate: boolean): void {
    batches.forEach(({ graph, loss }, i) => graph.prepareBackward(loss, accumulate || i > 0))
    this.setMicroBatches(batches, seed)
    this.run(this.core.FORWARD_BACKWARD.value, batches.length)
    this.run(this.core.WEIGHT_GRAD.value, batches.length)
  }

  free(): void {
    this.stopper()
  }

  /** Ends the threads. It does not reference the pool, so that the pool can be collected. */
  private get stopper(): () => void {
    const { threads } = this
    return () => {
      for (const thread of threads) thread.stop()
    }
  }

  private setMicroBatches(batches: readonly MicroBatch[], seed: number): void {
    batches.forEach(({ graph, loss }, i) => {
      const { from, to } = graph.span
      this.core.setMicroBatch(i, from, to, loss.address, loss.count, seed)
    })
  }

  /** One round: this thread does its share, then waits until all others have done theirs. */
  private run(job: number, batches: number): void {
    if (this.lost) throw new TrainingError(this.lost)
    this.core.begin(job, batches)
    let late = this.core.finish(SPINS)
    // Most rounds end before the clock has to be read.
    for (let since = 0, last = ''; late !== 0; late = this.core.finish(SPINS)) {
      const sign = `${late} ${this.core.heartbeat(late)}`
      if (sign !== last) since = performance.now()
      last = sign
      const failed = this.progress[late]![0] === FAILED
      if (failed || performance.now() - since > PATIENCE) {
        this.lose(late, failed ? 'it ended with an error' : 'it has stopped answering')
        throw new TrainingError(this.lost)
      }
      this.doze(late)
    }
  }

  /** Sleeps until a thread is done, at most 20 ms, if this thread may sleep. */
  private doze(index: number): void {
    const line = this.progress[index]!
    try {
      Atomics.wait(line, 0, line[0]!, 20)
    } catch {
      // The main thread of a page may not sleep: it polls instead.
    }
  }

  private lose(index: number, why: string): void {
    if (this.lost) return
    this.lost =
      `thread ${index + 1} of ${this.width} died: ${why}; continue from the last checkpoint, ` +
      'or with a new model, with threads: 1 if it happens again'
    this.stopper()
  }
}

/** The plan, with scratch for every thread, and the control block at the end of the tape. */
async function poolPlan(
  module: CoreModule,
  planOf: (core: Core) => ArenaPlan,
  width: number,
): Promise<ArenaPlan> {
  // An instance just for counting: the real one needs a memory of known size.
  const core = await startCore<ThreadsCore>(module, sharedMemory(0))
  const plan = planOf(core)
  const records = plan.records + core.controlRecords(width)
  return { ...plan, scratch: width * even(plan.scratch), records }
}
