/**
 * The threads of a pool. Each thread takes about 9 MB. So a program with very many pools has threads
 * for those that it has used last; the others end theirs, and start them again when they are used.
 * Meanwhile the calling thread does their work.
 */
import type { ThreadsCore } from '../core.js'
import { type Thread, type WorkerInit, spawnThread } from './thread.js'

/** Threads of all pools together, unless one pool alone has more. */
const MAX_LIVE = 64
/**
 * A pool that was used within this many milliseconds keeps its threads when another one wants to
 * start its own again: ending and starting threads in turns would take longer than the work.
 */
const RECENT = 10_000

/** Crews that have threads which serve. */
const serving = new Set<Crew>()
/** The start of the latest new crew. New ones start one after another. */
let lastStart: Promise<unknown> = Promise.resolve()

export class Crew {
  /** Number of threads. */
  readonly count: number
  /** When its pool was used last. */
  used = performance.now()
  private threads: Thread[] = []
  private state: 'resting' | 'starting' | 'serving' | 'ending' | 'stopped' = 'resting'
  private readonly core: ThreadsCore
  private readonly init: Omit<WorkerInit, 'index'>
  private readonly onLost: (index: number, why: string) => void

  /**
   * @param core the first instance of the pool
   * @param count number of threads
   * @param onLost called when the thread of an instance ends without being told to
   */
  constructor(
    core: ThreadsCore,
    init: Omit<WorkerInit, 'index'>,
    count: number,
    onLost: (index: number, why: string) => void,
  ) {
    this.core = core
    this.init = init
    this.count = count
    this.onLost = onLost
  }

  /** Starts the threads, which are ready when this resolves. @throws {Error} if one is not */
  async start(): Promise<void> {
    const turn = lastStart.then(() => {
      makeRoom(this.count, 0)
      return this.spawn()
    })
    lastStart = turn.catch(() => {})
    return turn
  }

  /** Before a round: starts the threads again if they have been ended. */
  use(): void {
    this.used = performance.now()
    if (this.state !== 'resting' || !makeRoom(this.count, RECENT)) return
    this.spawn().catch((error: Error) => this.onLost(1, `it did not start again: ${error.message}`))
  }

  /** Tells the threads to end, between two rounds. */
  rest(): void {
    serving.delete(this)
    this.state = 'ending'
    this.core.end(1)
  }

  /** Ends the threads immediately; they are not started again. */
  stop(): void {
    serving.delete(this)
    this.state = 'stopped'
    for (const thread of this.threads.splice(0)) thread.stop()
  }

  /** @throws {Error} if a thread does not start; then all are ended */
  private async spawn(): Promise<void> {
    this.state = 'starting'
    const starting = Array.from({ length: this.count }, (_, i) =>
      spawnThread({ ...this.init, index: i + 1 }, (why) => this.ended(i + 1, why)),
    )
    const started = await Promise.allSettled(starting)
    for (const thread of started) {
      if (thread.status === 'fulfilled') this.threads.push(thread.value)
    }
    const failed = started.find(({ status }) => status === 'rejected') as PromiseRejectedResult
    // It may have been stopped in the meantime.
    const { state } = this as Crew
    if (failed || state === 'stopped') this.stop()
    if (failed) throw failed.reason
    if (state === 'stopped') return
    this.state = 'serving'
    serving.add(this)
  }

  private ended(index: number, why: string | null): void {
    if (this.state === 'stopped') return
    if (why !== null) return this.onLost(index, why)
    this.threads.pop()
    if (this.threads.length > 0) return
    this.core.end(0)
    this.state = 'resting'
  }
}

/**
 * Lets the crews that were used longest ago rest, so that others may start threads.
 * @param count number of threads to start
 * @param idle milliseconds for which a crew must not have been used
 * @returns false if that does not suffice, and `idle` is not 0; then nothing happens
 */
function makeRoom(count: number, idle: number): boolean {
  const now = performance.now()
  const all = [...serving].sort((a, b) => a.used - b.used)
  let live = all.reduce((sum, crew) => sum + crew.count, 0)
  const tired: Crew[] = []
  for (const crew of all) {
    if (live + count <= MAX_LIVE || now - crew.used < idle) break
    tired.push(crew)
    live -= crew.count
  }
  if (idle > 0 && live + count > MAX_LIVE) return false
  for (const crew of tired) crew.rest()
  return true
}
