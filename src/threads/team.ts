/**
 * Several instances of the core on one memory, each in a thread: the host's side of
 * assembly/team.ts. The calling thread does its part too, and waits for the others.
 */
import { Arena, type ArenaPlan, type Tensor } from '../arena.js'
import { planBytes } from '../arena-plan.js'
import type { Update } from '../adam.js'
import { type CoreSource, type ThreadsCore, loadModule, sharedMemory, startCore } from '../core.js'
import { TrainingError } from '../errors.js'
import type { Graph } from '../graph.js'
import { FAILED, type Thread, lineOf, spawnThread } from './thread.js'

/** Turns of the loop in which the caller looks whether the others are done, before it sleeps: about 1 ms. */
const SPINS = 3_000_000
/** A thread that has done nothing for so many milliseconds while others wait for it is lost. */
const PATIENCE = 10_000

/** A chunk of a batch, one for each member of the team. */
export interface Chunk {
  graph: Graph
  loss: Tensor
}

export class Team {
  /** Threads, the caller's included. */
  readonly size: number
  readonly arena: Arena
  /** Adam on all threads. */
  readonly update: Update = (...args) => {
    this.core.setAdam(...args)
    this.run(this.core.UPDATE.value, 0)
  }
  private readonly core: ThreadsCore
  private readonly threads: Thread[]
  /** Of each thread: the last turn that it has done. */
  private readonly done: Int32Array[]
  private lost = ''

  private constructor(core: ThreadsCore, arena: Arena, block: number, size: number) {
    this.core = core
    this.arena = arena
    this.size = size
    this.threads = []
    const { memory } = core
    this.done = Array.from({ length: size }, (_, index) => lineOf({ memory, block, index }))
  }

  /**
   * Starts the threads; all of them are there when this resolves.
   * @param source the core for several threads
   * @param plan of the arena that they share
   * @throws {CoreError} {ArenaError} when the core or the memory cannot be had
   * @throws {TrainingError} when a thread does not start
   */
  static async start(source: CoreSource, plan: ArenaPlan, size: number): Promise<Team> {
    const module = await loadModule(source)
    const memory = sharedMemory(planBytes(plan).total)
    const core = await startCore<ThreadsCore>(module, memory)
    const arena = new Arena(core, plan)
    const block = core.share(size) >>> 0
    const team = new Team(core, arena, block, size)
    const starting = Array.from({ length: size - 1 }, (_, i) =>
      spawnThread({ module, memory, block, index: i + 1 }, (why) => team.lose(i + 1, why)),
    )
    try {
      team.threads.push(...(await Promise.all(starting)))
    } catch (cause) {
      for (const thread of await Promise.allSettled(starting)) {
        if (thread.status === 'fulfilled') thread.value.stop()
      }
      throw new TrainingError(`a thread could not be started; set threads to 1`, { cause })
    }
    return team
  }

  /** Runs chunks forward, at most one for each thread. */
  forward(chunks: readonly Chunk[]): void {
    this.setChunks(chunks, 0)
    this.run(this.core.FORWARD.value, chunks.length)
  }

  /**
   * Runs chunks forward and back.
   * @param first whether the parameters' gradients are set, rather than added to
   */
  backward(chunks: readonly Chunk[], seed: number, first: boolean): void {
    chunks.forEach(({ graph, loss }, i) => graph.prepare(loss, first && i === 0))
    this.setChunks(chunks, seed)
    this.run(this.core.PASS.value, chunks.length)
    this.run(this.core.WEIGH.value, chunks.length)
  }

  /** What ends the threads, and holds nothing else. */
  get stopper(): () => void {
    const { threads } = this
    return () => {
      for (const thread of threads) thread.stop()
    }
  }

  private setChunks(chunks: readonly Chunk[], seed: number): void {
    chunks.forEach(({ graph, loss }, i) => {
      const { from, to } = graph.span
      this.core.setChunk(i, from, to, loss.address, loss.count, seed)
    })
  }

  /** One turn: this thread's part, and until all others have done theirs. */
  private run(job: number, chunks: number): void {
    if (this.lost) throw new TrainingError(this.lost)
    this.core.begin(job, chunks)
    let late = this.core.finish(SPINS)
    // Only now: most turns end before the clock need be looked at.
    for (let since = 0, last = ''; late !== 0; late = this.core.finish(SPINS)) {
      const sign = `${late} ${this.core.pulse(late)}`
      if (sign !== last) since = performance.now()
      last = sign
      const failed = this.done[late]![0] === FAILED
      if (failed || performance.now() - since > PATIENCE) {
        this.lose(late, failed ? 'it ended with an error' : 'it has stopped answering')
        throw new TrainingError(this.lost)
      }
      this.doze(late)
    }
  }

  /** Sleeps until a thread is done, or for a moment, where this thread may sleep. */
  private doze(index: number): void {
    const line = this.done[index]!
    try {
      Atomics.wait(line, 0, line[0]!, 20)
    } catch {
      // The main thread of a page may not: it goes on looking.
    }
  }

  private lose(index: number, why: string): void {
    if (this.lost) return
    this.lost =
      `thread ${index + 1} of ${this.size} died: ${why}; take the last checkpoint, ` +
      'or a new model, with threads: 1 if it happens again'
    this.stopper()
  }
}
