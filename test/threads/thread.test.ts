/** Threads as a page has them: both sides of their start, with fake workers. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { TrainingError, resolveConfig } from '../../src/index.js'
import { coreUrl } from '../../src/engine/assets.js'
import { type Core, type ThreadsCore, sharedMemory, startCore } from '../../src/engine/core.js'
import { serveThread } from '../../src/engine/threads/serve-thread.js'
import { planGPT } from '../../src/gpt/memory.js'
import { ThreadPool } from '../../src/engine/threads/thread-pool.js'
import {
  FAILED,
  type WorkerInit,
  progressLine,
  spawnThread,
} from '../../src/engine/threads/thread.js'

// The host asks this to learn where it runs.
vi.mock('../../src/engine/core.js', async (load) => {
  const core = await load<typeof import('../../src/engine/core.js')>()
  return { ...core, isNode: () => false, startCore: vi.fn(core.startCore) }
})

type Heard = { data?: unknown; message?: string | undefined }

/** A worker that does nothing but what a test has it say. */
class MadeUp {
  static made: MadeUp[] = []
  readonly start: unknown[]
  readonly sent: unknown[] = []
  ended = false
  private readonly listeners = new Map<string, (event: Heard) => void>()

  constructor(url: URL, options?: object) {
    this.start = [url.href.replace(/.*\//, ''), options]
    MadeUp.made.push(this)
  }

  postMessage(init: WorkerInit): void {
    this.sent.push(init)
  }

  addEventListener(type: string, listener: (event: Heard) => void): void {
    this.listeners.set(type, listener)
  }

  terminate(): void {
    this.ended = true
  }

  say(data: object): void {
    this.listeners.get('message')!({ data })
  }

  fail(message?: string): void {
    this.listeners.get('error')!({ message })
  }
}

const module = await WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]))
const workerInit = (): WorkerInit => ({ module, memory: sharedMemory(65536), block: 128, index: 2 })

beforeEach(() => {
  MadeUp.made = []
  vi.stubGlobal('Worker', MadeUp)
})
afterEach(() => {
  vi.unstubAllGlobals()
  vi.restoreAllMocks()
})

/** A thread that has been asked for, its worker, and what was said when it was lost. */
function spawned() {
  const lost: (string | null)[] = []
  const given = workerInit()
  const thread = spawnThread(given, (why) => lost.push(why))
  return { thread, worker: MadeUp.made.at(-1)!, given, lost }
}

describe('a thread that is started', () => {
  test('runs thread.js, is sent what it needs, and is ready when it says so', async () => {
    const { thread, worker, given, lost } = spawned()
    expect(worker.start).toEqual(['thread.js', undefined])
    expect(worker.sent).toEqual([given])
    worker.say({ ready: true })
    const { stop } = await thread
    expect(worker.ended).toBe(false)
    stop()
    expect(worker.ended).toBe(true)
    expect(lost).toEqual([])
  })

  test.each([
    ['says so', (worker: MadeUp) => worker.say({ failed: 'no memory' }), 'no memory'],
    ['throws', (worker: MadeUp) => worker.fail('x is not defined'), 'x is not defined'],
    ['is not found', (worker: MadeUp) => worker.fail(), 'its script could not be loaded; serve '],
  ])('and %s is not there; later on it is lost', async (_name, fail, why) => {
    const early = spawned()
    fail(early.worker)
    await expect(early.thread).rejects.toThrow(why)
    const late = spawned()
    late.worker.say({ ready: true })
    await late.thread
    fail(late.worker)
    expect([early.lost, late.lost]).toEqual([[], [expect.stringContaining(why)]])
  })
})

test('a thread that ends before it is ready is not there', async () => {
  const { thread, worker, lost } = spawned()
  worker.say({ ended: true })
  await expect(thread).rejects.toThrow(/^it has ended$/)
  expect(lost).toEqual([])
})

describe('what the thread itself does', () => {
  /** A worker's scope in which the file runs: what it listens for, and what it has said. */
  async function scope(core?: Partial<ThreadsCore>) {
    const said: unknown[] = []
    let hear: ((event: { data: WorkerInit }) => void) | null = null
    vi.stubGlobal('postMessage', (word: unknown) => said.push(word))
    vi.stubGlobal('addEventListener', (_: string, listener: typeof hear) => (hear = listener))
    if (core) vi.mocked(startCore).mockResolvedValueOnce(core as ThreadsCore)
    serveThread()
    return { said, hear: hear as ((event: { data: WorkerInit }) => void) | null }
  }

  test('it joins, says that it is ready, and only then serves', async () => {
    const done: unknown[] = []
    const core = {
      join: (block: number, index: number) => void done.push(['join', block, index]),
      serve: () => void done.push(['serve', ...said]),
    }
    const { said, hear } = await scope(core)
    const given = workerInit()
    hear!({ data: given })
    await vi.waitFor(() => expect(done).toHaveLength(2))
    expect(done).toEqual([
      ['join', 128, 2],
      ['serve', { ready: true }],
    ])
    expect(vi.mocked(startCore)).toHaveBeenLastCalledWith(given.module, given.memory)
    expect(progressLine(given)[0]).toBe(0)
  })

  test('when it ends with an error, it writes that to its line, for hosts that cannot listen', async () => {
    const core = {
      join: () => {},
      serve: () => {
        throw new RangeError('out of bounds')
      },
    }
    const { said, hear } = await scope(core)
    const given = workerInit()
    hear!({ data: given })
    await vi.waitFor(() => expect(said).toHaveLength(2))
    expect(said).toEqual([{ ready: true }, { failed: 'out of bounds' }])
    expect(progressLine(given)[0]).toBe(FAILED)
  })

  test('a module that is no core fails before it is ready', async () => {
    const { said, hear } = await scope()
    hear!({ data: workerInit() })
    await vi.waitFor(() => expect(said).toHaveLength(1))
    expect(said).toEqual([{ failed: expect.stringMatching(/needs a core of version/) }])
  })
})

describe('a thread pool', () => {
  const plan = (core: Core) => planGPT(core, resolveConfig('tutorial'), 5, 3)
  const start = () => ThreadPool.start(coreUrl({ threads: true }), plan, 3)

  test('is rejected if one thread cannot be started, and the others are ended', async () => {
    const team = start()
    await vi.waitFor(() => expect(MadeUp.made).toHaveLength(2))
    MadeUp.made[0]!.say({ ready: true })
    MadeUp.made[1]!.say({ failed: 'no memory' })
    const error = (await team.catch((e: unknown) => e)) as Error
    expect(error).toBeInstanceOf(TrainingError)
    expect(error.message).toBe('a thread could not be started; set threads to 1')
    expect(error.cause).toEqual(new Error('no memory'))
    expect(MadeUp.made[0]!.ended).toBe(true)
  })

  /** A pool whose threads are ready and do nothing. */
  async function idlePool(width = 3) {
    const { length } = MadeUp.made
    const starting = ThreadPool.start(coreUrl({ threads: true }), plan, width)
    await vi.waitFor(() => expect(MadeUp.made).toHaveLength(length + width - 1))
    const workers = MadeUp.made.slice(length)
    for (const worker of workers) worker.say({ ready: true })
    return { pool: await starting, workers }
  }

  test('gives up when a thread that works has stopped answering', async () => {
    const { pool, workers } = await idlePool()
    const line = progressLine(workers[0]!.sent[0] as WorkerInit)
    line[0] = 1
    let ms = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (ms += 3000))
    // As on the main thread of a page.
    const wait = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      throw new TypeError('Atomics.wait cannot be called in this context')
    })
    const died = /thread 2 of 3 died: it has stopped answering; .*threads: 1/
    expect(() => pool.forward([])).toThrow(died)
    expect(wait.mock.calls.length).toBeGreaterThan(2)
    expect(workers.map(({ ended }) => ended)).toEqual([true, true])
    expect(() => pool.forward([])).toThrow(died)
  })

  test('does not wait for threads that work on nothing', async () => {
    const { pool } = await idlePool()
    const wait = vi.spyOn(Atomics, 'wait')
    pool.forward([])
    pool.update(0, 1, 0, 0, 1)
    expect(wait).not.toHaveBeenCalled()
    pool.free()
  })
})

describe('many thread pools', () => {
  const plan = (core: Core) => planGPT(core, resolveConfig('tutorial'), 5, 2)
  let ms = 1e6

  /** A pool with so many threads beside the host's, which are ready. */
  async function poolOf(count: number) {
    const { length } = MadeUp.made
    const starting = ThreadPool.start(coreUrl({ threads: true }), plan, count + 1)
    await vi.waitFor(() => expect(MadeUp.made).toHaveLength(length + count))
    const workers = MadeUp.made.slice(length)
    for (const worker of workers) worker.say({ ready: true })
    return { pool: await starting, workers }
  }
  const letEnd = ({ workers }: { workers: MadeUp[] }) =>
    workers.forEach((worker) => worker.say({ ended: true }))
  /** Whether the threads of a pool have been told to end: a number of the control block. */
  function toldToEnd({ workers }: { workers: MadeUp[] }) {
    const { memory, block } = workers[0]!.sent[0] as WorkerInit
    return new Int32Array(memory.buffer, block, 5)[4] !== 0
  }

  test('have 64 threads together: the one used longest ago ends its own, and starts them again', async () => {
    vi.spyOn(performance, 'now').mockImplementation(() => ms)
    const pools = []
    for (let i = 0; i < 4; i++) {
      pools.push(await poolOf(16))
      ms += 1000
    }
    pools[0]!.pool.forward([])
    ms += 1000
    // A fifth one: the second has now been idle for longest.
    pools.push(await poolOf(3))
    expect(pools.map(toldToEnd)).toEqual([false, true, false, false, false])
    expect(pools.every(({ workers }) => workers.every(({ ended }) => !ended))).toBe(true)
    const { length } = MadeUp.made
    const second = pools[1]!
    second.pool.forward([])
    letEnd(second)
    expect(second.workers.every(({ ended }) => ended)).toBe(true)
    // All others were used a short time ago.
    second.pool.forward([])
    expect(MadeUp.made).toHaveLength(length)
    ms += 20_000
    second.pool.forward([])
    await vi.waitFor(() => expect(MadeUp.made).toHaveLength(length + 16))
    expect(toldToEnd(pools[2]!)).toBe(true)
    expect(toldToEnd(second)).toBe(false)
    for (const worker of MadeUp.made.slice(length)) worker.fail('no memory')
    await vi.waitFor(() => expect(() => second.pool.forward([])).toThrow(/did not start again: no/))
    for (const { pool } of pools) pool.free()
    expect(MadeUp.made.every(({ ended }) => ended)).toBe(true)
  })

  test('a pool that is freed while its threads start has none', async () => {
    const { pool, workers } = await poolOf(2)
    const { length } = MadeUp.made
    const other = await poolOf(63)
    letEnd({ workers })
    other.pool.free()
    pool.forward([])
    await vi.waitFor(() => expect(MadeUp.made).toHaveLength(length + 63 + 2))
    pool.free()
    const again = MadeUp.made.slice(-2)
    for (const worker of again) worker.say({ ready: true })
    await vi.waitFor(() => expect(again.every(({ ended }) => ended)).toBe(true))
  })
})
