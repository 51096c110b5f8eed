/** Threads at their edges: batches that do not divide, and a thread that is slow or has stopped. */
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { MicroGPT, TrainingError } from '../../src/index.js'
import { digest } from '../helpers/digest.js'

const LETTERS = 'abcdefghij'
/** Documents of 0 to 12 letters. */
const DOCS = Array.from({ length: 61 }, (_, i) =>
  Array.from({ length: (i * 5) % 13 }, (__, j) => LETTERS[(i * 7 + j * (i % 4)) % 10]).join(''),
)

describe('any number of threads gives the bits of one', () => {
  const CONFIGS = {
    'a small model': { block_size: 10, num_steps: 40 },
    'gradients clipped, weights decayed': {
      block_size: 10,
      num_steps: 40,
      grad_clip: 0.3,
      weight_decay: 0.1,
      n_layer: 2,
      activation: 'relu',
    },
  } as const
  // None of which divides into 2, 3 and 5; all in one run, so that graphs come back.
  const SIZES = [1, 7, 2, 11, 4, 61, 1, 7]

  /** Everything that a run reports, and its final state. */
  async function run(config: object, threads: number) {
    const gpt = await MicroGPT.create({ docs: DOCS, config, threads, valFraction: 0.2 })
    expect(gpt.threads).toBe(threads)
    const steps = SIZES.flatMap((batch_size) => [...gpt.train({ steps: 1, batch_size })])
    const losses = [gpt.validate(), ...[1, 4, 43].map((count) => gpt.loss(DOCS.slice(0, count)))]
    const file = digest(gpt.save({ optimizer: true }))
    const samples = gpt.sample({ count: 5 })
    gpt.free()
    return { steps, losses, file, samples }
  }

  test.each(Object.entries(CONFIGS))('%s', async (_name, config) => {
    const want = await run(config, 1)
    expect(want.steps).toHaveLength(SIZES.length)
    const counts = config === CONFIGS['a small model'] ? [2, 3, 5] : [3]
    for (const threads of counts) expect(await run(config, threads)).toStrictEqual(want)
  })
})

describe('a thread that others wait for', () => {
  /** A second of the clock that the host looks at, each time that it looks. */
  const TICK = 1000
  const spies: { mockRestore(): void }[] = []
  afterEach(() => spies.splice(0).forEach((spy) => spy.mockRestore()))

  /** A model on two threads, the second of which has disappeared without notice. */
  async function withGhost() {
    const workers: Worker[] = []
    const hear = (worker: Worker) => void workers.push(worker)
    process.on('worker', hear)
    const gpt = await MicroGPT.create({ docs: DOCS, threads: 2 })
    process.off('worker', hear)
    expect([...gpt.train({ steps: 1, batch_size: 2 })]).toHaveLength(1)
    workers[0]!.removeAllListeners('exit')
    await workers[0]!.terminate()
    const { progress } = gpt['parts']!.trainer.executor as unknown as { progress: Int32Array[] }
    return { gpt, line: progress[1]! }
  }

  /**
   * Stands in for the thread, which has claimed a shard: each time that the host goes to sleep,
   * `look` says whether it has gone on, has done its shard, or has done nothing.
   * @returns how many seconds have passed by the clock: in all, and since the last beat
   */
  function haunt(line: Int32Array, look: (nth: number) => 'beats' | 'ends' | 'nothing') {
    line[0]! |= 1
    let [ms, nth, lastBeat] = [0, 0, 0]
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => {
      if (ms > 500 * TICK) throw new Error('the host waits for ever')
      return (ms += TICK)
    })
    const sleep = vi.spyOn(Atomics, 'wait').mockImplementation(() => {
      const did = look(nth++)
      // Where the thread writes whether it works, and how often it has beaten.
      if (did === 'ends') line[0]! += 1
      if (did === 'beats') {
        line[1]! += 1
        lastBeat = ms
      }
      return 'timed-out'
    })
    spies.push(clock, sleep)
    return () => ({ all: ms / TICK, idle: (ms - lastBeat) / TICK })
  }
  const two = ['ab', 'ba']

  test('may take any time while its heartbeat continues', async () => {
    const { gpt, line } = await withGhost()
    const seconds = haunt(line, (nth) => (nth < 60 ? 'beats' : 'ends'))
    expect(gpt.loss(two)).toBeGreaterThan(0)
    expect(seconds().all).toBeGreaterThan(60)
  })

  test('may pause repeatedly, for less than 10 seconds', async () => {
    const { gpt, line } = await withGhost()
    const seconds = haunt(line, (nth) =>
      nth === 50 ? 'ends' : nth % 8 === 7 ? 'beats' : 'nothing',
    )
    expect(gpt.loss(two)).toBeGreaterThan(0)
    expect(seconds().all).toBeGreaterThan(50)
  })

  test.each([0, 1, 30])('has stopped 10 seconds after beat %i, its last', async (last) => {
    const { gpt, line } = await withGhost()
    const seconds = haunt(line, (nth) => (nth < last ? 'beats' : 'nothing'))
    const call = () => gpt.loss(two)
    expect(call).toThrow(TrainingError)
    const died = /thread 2 of 2 died: it has stopped answering; .*threads: 1/
    expect(seconds().idle).toBeGreaterThan(10)
    expect(seconds().idle).toBeLessThan(14)
    // It is not waited for again.
    const { all } = seconds()
    expect(call).toThrow(died)
    expect(seconds().all).toBe(all)
    expect(() => [...gpt.train({ steps: 1, batch_size: 2 })]).toThrow(died)
    // One token at a time needs no other thread: what has been learnt is not lost.
    expect(gpt.sample({ count: 2 })).toHaveLength(2)
    expect(gpt.save({ optimizer: true }).length).toBeGreaterThan(1000)
  })

  test('starts anew with each shard: what it did in the last one is no sign of life', async () => {
    const { gpt, line } = await withGhost()
    haunt(line, (nth) => (nth < 5 ? 'beats' : nth === 5 ? 'ends' : 'nothing'))
    expect(gpt.loss(two)).toBeGreaterThan(0)
    line[0]! |= 1
    expect(() => gpt.loss(two)).toThrow(/it has stopped answering/)
  })

  test('is not waited for when it has claimed nothing', async () => {
    const { gpt } = await withGhost()
    const alone = await MicroGPT.create({ docs: DOCS })
    expect([...alone.train({ steps: 1, batch_size: 2 })]).toHaveLength(1)
    const sleep = vi.spyOn(Atomics, 'wait')
    spies.push(sleep)
    const [more, want] = [gpt, alone].map((each) =>
      Array.from(each.train({ steps: 5, batch_size: 7 })),
    )
    expect(more).toEqual(want)
    expect(Array.from(gpt.params)).toEqual(Array.from(alone.params))
    expect(sleep).not.toHaveBeenCalled()
  })
})
