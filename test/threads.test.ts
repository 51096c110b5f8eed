/** Several threads give the bits of one, end with their model, and never hang. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Worker } from 'node:worker_threads'
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import type { ConfigInput } from '../src/config/config.js'
import { ConfigError, TrainingError } from '../src/errors.js'
import { coreUrl } from '../src/engine/assets.js'
import { cutBatch } from '../src/gpt/cut-batch.js'
import { resolveConfig } from '../src/config/config.js'
import type { Core, ThreadsCore } from '../src/engine/core.js'
import { MicroGPT } from '../src/gpt/microgpt.js'
import { planGPT } from '../src/gpt/memory.js'
import type { Crew } from '../src/engine/threads/crew.js'
import { ThreadPool } from '../src/engine/threads/thread-pool.js'

const LETTERS = 'abcdefghijklmno'

/** Documents of 1 to 40 letters, the same ones each time. */
function someDocs(count: number): string[] {
  let x = 7
  const next = (below: number) => (x = (x * 48271) % 2147483647) % below
  return Array.from({ length: count }, () =>
    Array.from({ length: 1 + next(40) }, () => LETTERS[next(LETTERS.length)]).join(''),
  )
}

const MODELS: Record<string, { preset?: string; config: ConfigInput; steps: number }> = {
  tutorial: { config: { batch_size: 16, num_steps: 40 }, steps: 40 },
  'more documents than fit a chunk': {
    config: { n_layer: 2, block_size: 32, batch_size: 37, weight_decay: 0.01 },
    steps: 6,
  },
  'fewer documents than threads': { config: { n_embd: 12, n_head: 3, batch_size: 2 }, steps: 20 },
  'one document': { preset: 'gist', config: {}, steps: 30 },
  'a block above a chunk, gradients clipped': {
    config: { block_size: 160, n_embd: 8, n_head: 2, batch_size: 9, grad_clip: 0.05 },
    steps: 6,
  },
}

/** Losses, parameters and samples after a run. */
async function outcome(name: string, threads: number) {
  const { preset, config, steps } = MODELS[name]!
  const docs = someDocs(60)
  const gpt = await MicroGPT.create({ docs, config, threads, ...(preset ? { preset } : {}) })
  expect(gpt.threads).toBe(threads)
  const losses = Array.from(gpt.train({ steps }), ({ loss }) => loss)
  const result = {
    losses,
    params: Array.from(gpt.params),
    grad: Array.from(gpt.stateDict.get('wte')!.grad),
    loss: gpt.loss(docs.slice(0, 23)),
    samples: gpt.sample({ count: 3 }),
  }
  gpt.free()
  return result
}

test.each(Object.keys(MODELS))('%s: 2, 3 and 5 threads give the bits of one', async (name) => {
  const one = await outcome(name, 1)
  expect(one.losses.at(-1)).toBeLessThan(one.losses[0]!)
  for (const threads of [2, 3, 5]) expect(await outcome(name, threads)).toStrictEqual(one)
})

test('a batch of another size, and a shape for each of many chunks, on two threads', async () => {
  const runs = await Promise.all(
    [1, 2].map(async (threads) => {
      const gpt = await MicroGPT.create({ docs: someDocs(200), threads })
      const losses: number[] = []
      for (let size = 1; size <= 50; size++) {
        for (const { loss } of gpt.train({ steps: 2, batch_size: size })) losses.push(loss)
      }
      gpt.free()
      return losses
    }),
  )
  expect(runs[1]).toStrictEqual(runs[0])
})

describe('how a batch is cut', () => {
  const batches = fc.tuple(
    fc.array(fc.integer({ min: 1, max: 128 }), { minLength: 1, maxLength: 60 }),
    fc.integer({ min: 1, max: 7 }),
  )
  const rowsOf = (lengths: number[], ends: number[]) =>
    ends.map((end, i) => lengths.slice(ends[i - 1] ?? 0, end).reduce((sum, n) => sum + n, 0))

  test('every document is in one chunk, in order, and no chunk is empty or too large', () => {
    fc.assert(
      fc.property(batches, ([lengths, team]) => {
        const ends = cutBatch(lengths, 128, team)
        expect(ends.at(-1)).toBe(lengths.length)
        for (const rows of rowsOf(lengths, ends)) {
          expect(rows).toBeGreaterThan(0)
          expect(rows).toBeLessThanOrEqual(128)
        }
      }),
    )
  })

  test('equal documents are spread evenly over the threads', () => {
    for (const team of [2, 3, 4]) {
      const lengths = Array<number>(48).fill(8)
      const rows = rowsOf(lengths, cutBatch(lengths, 128, team))
      expect(rows.length % team).toBe(0)
      expect(new Set(rows).size).toBe(1)
    }
  })
})

describe('what can go wrong', () => {
  test.each([0, -1, 1.5, 65, NaN, '2', null])('threads %s are rejected', async (threads) => {
    const options = { docs: ['ab'], threads: threads as number }
    await expect(MicroGPT.create(options)).rejects.toThrow(ConfigError)
    await expect(MicroGPT.create(options)).rejects.toThrow(/threads must be .*; try 1/)
  })

  test('a core that is not a URL has no core for threads next to it', async () => {
    const options = { docs: ['ab'], threads: 2, core: new Uint8Array(8) }
    await expect(MicroGPT.create(options)).rejects.toThrow(/leave out core/)
  })

  test('auto takes one thread for a small model, and several for a large one', async () => {
    const small = await MicroGPT.create({ docs: someDocs(20), threads: 'auto' })
    expect(small.threads).toBe(1)
    const config = { n_embd: 64, block_size: 32, batch_size: 16 }
    const large = await MicroGPT.create({ docs: someDocs(20), threads: 'auto', config })
    expect(large.threads).toBeGreaterThan(1)
    large.free()
  })

  test('a thread that dies ends the run with a clear error', async () => {
    const workers: Worker[] = []
    const hear = (worker: Worker) => workers.push(worker)
    process.on('worker', hear)
    const gpt = await MicroGPT.create({ docs: someDocs(20), threads: 3, config: { batch_size: 6 } })
    process.off('worker', hear)
    expect([...gpt.train({ steps: 3 })].length).toBe(3)
    await workers[1]!.terminate()
    expect(() => [...gpt.train({ steps: 1 })]).toThrow(TrainingError)
    expect(() => [...gpt.train({ steps: 1 })]).toThrow(/thread 3 of 3 died: .*threads: 1/)
  })

  test('a thread that fails in the middle of a round does, too', async () => {
    const config = resolveConfig('tutorial')
    const plan = (core: Core) => planGPT(core, config, 5, 2)
    const pool = await ThreadPool.start(coreUrl({ threads: true }), plan, 2)
    const core = pool.arena.core as ThreadsCore
    const { address } = pool.arena.paramsSpan
    // There is no record there, so the thread, which alone takes shards, has no function to call.
    for (const i of [0, 1]) core.setMicroBatch(i, 0, 1, address, 1, 0)
    core.begin(core.FORWARD.value, 2)
    while (core.finish(0) === 0);
    expect(() => pool.forward([])).toThrow(/thread 2 of 2 died/)
    expect(() => pool.forward([])).toThrow(/thread 2 of 2 died/)
  })

  test('threads that were told to rest are not missed, and start again when they are', async () => {
    const made: Worker[] = []
    const ready: Promise<unknown>[] = []
    const hear = (worker: Worker) => {
      made.push(worker)
      ready.push(new Promise((resolve) => worker.once('message', resolve)))
    }
    process.on('worker', hear)
    const config = { batch_size: 6, num_steps: 30 }
    const gpt = await MicroGPT.create({ docs: someDocs(20), threads: 3, config })
    const { crew } = gpt['parts']!.trainer.executor as unknown as { crew: Crew }
    const losses: number[] = []
    const train = () => losses.push(...Array.from(gpt.train({ steps: 6 }), ({ loss }) => loss))
    train()
    const gone = made.map((worker) => new Promise((resolve) => worker.on('exit', resolve)))
    crew.rest()
    train()
    await Promise.all(gone)
    train()
    await vi.waitFor(() => expect(made).toHaveLength(4))
    await Promise.all(ready)
    train()
    process.off('worker', hear)
    const alone = await MicroGPT.create({ docs: someDocs(20), config })
    expect(losses).toEqual(Array.from(alone.train({ steps: 24 }), ({ loss }) => loss))
    expect(Array.from(gpt.params)).toEqual(Array.from(alone.params))
    gpt.free()
  })
})

const run = (code: string, ...flags: string[]) =>
  execFileSync(process.execPath, [...flags, '--input-type=module', '-e', code], {
    cwd: fileURLToPath(new URL('..', import.meta.url)),
    encoding: 'utf8',
    timeout: 30_000,
  })

describe('the process', () => {
  test('ends by itself, without free()', () => {
    const printed = run(`
      import { MicroGPT } from './build/index.js'
      const gpt = await MicroGPT.create({ docs: ['ab', 'ba'], threads: 2, config: { batch_size: 2 } })
      for (const { step } of gpt.train({ steps: 5 })) console.log(step)
    `)
    expect(printed).toBe('1\n2\n3\n4\n5\n')
  })

  test('ends the threads of a model that is no longer referenced', () => {
    const printed = run(
      `
      import { MicroGPT } from './build/index.js'
      let ended = 0
      process.on('worker', (worker) => worker.on('exit', () => ended++))
      await (async () => {
        const gpt = await MicroGPT.create({ docs: ['ab', 'ba'], threads: 3 })
        for (const _ of gpt.train({ steps: 2 }));
      })()
      while (ended < 2) {
        globalThis.gc()
        await new Promise((done) => setTimeout(done, 10))
      }
      console.log('gone')
    `,
      '--expose-gc',
    )
    expect(printed).toBe('gone\n')
  })
})
