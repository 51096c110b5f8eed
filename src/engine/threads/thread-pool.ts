/**
 * An executor on several threads: instances of the core on one memory, each in a thread. This is
 * the host's side of assembly/thread-pool.ts. The calling thread takes shards, too, as long as there
 * are any, and waits for the others to finish theirs.
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
import { Crew } from './crew.js'
import { FAILED, progressLine } from './thread.js'

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
  private readonly crew: Crew
  /** Whether each thread works, and its heartbeat. */
  private readonly progress: Int32Array[]
  private lost = ''

  private constructor(
    module: CoreModule,
    core: ThreadsCore,
    arena: Arena,
    block: number,
    width: number,
  ) {
    this.core = core
    this.arena = arena
    this.width = width
    const { memory } = core
    this.progress = Array.from({ length: width }, (_, index) =>
      progressLine({ memory, block, index }),
    )
    // Weak, so that the callbacks of the threads do not keep the pool alive.
    const weak = new WeakRef(this)
    const onLost = (index: number, why: string) => weak.deref()?.lose(index, why)
    const crew = new Crew(core, { module, memory, block }, width - 1, onLost)
    this.crew = crew
    unreferenced.register(this, () => crew.stop())
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
    const pool = new ThreadPool(module, core, arena, block, width)
    try {
      await pool.crew.start()
    } catch (cause) {
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
    this.crew.stop()
  }

  private setMicroBatches(batches: readonly MicroBatch[], seed: number): void {
    batches.forEach(({ graph, loss }, i) => {
      const { from, to } = graph.span
      this.core.setMicroBatch(i, from, to, loss.address, loss.count, seed)
    })
  }

  /** One round: this thread takes shards until none is left, then waits for those of the others. */
  private run(job: number, batches: number): void {
    if (this.lost) throw new TrainingError(this.lost)
    this.crew.use()
    this.core.begin(job, batches)
    while (this.core.takeShard());
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
    const turns = Atomics.load(line, 0)
    if (turns % 2 === 0) return
    try {
      Atomics.wait(line, 0, turns, 20)
    } catch {
      // The main thread of a page may not sleep: it polls instead.
    }
  }

  private lose(index: number, why: string): void {
    if (this.lost) return
    this.lost =
      `thread ${index + 1} of ${this.width} died: ${why}; continue from the last checkpoint, ` +
      'or with a new model, with threads: 1 if it happens again'
    this.crew.stop()
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
