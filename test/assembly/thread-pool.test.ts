/**
 * Instances of the core on one shared memory, here in one thread: each takes shards of a round.
 */
import { describe, expect, test } from 'vitest'
import { Adam, Graph, Random, resolveConfig } from '../../src/index.js'
import { gptTable, initialise, mapStateDict } from '../../src/index.js'
import { type ThreadsCore, sharedMemory, startCore } from '../../src/engine/core.js'
import { type Executor, type MicroBatch, SerialExecutor } from '../../src/engine/executor.js'
import { planGPT } from '../../src/gpt/memory.js'
import { Trainer } from '../../src/gpt/train.js'
import { threadsBytes } from '../helpers/cores.js'
import { instances } from '../helpers/instances.js'

const module = await WebAssembly.compile(threadsBytes)
const VOCABULARY = 9

/** An executor whose shards are taken by the instances one after another, in an order. */
async function executorInOrder(order: readonly number[]) {
  const config = resolveConfig('tutorial', { n_layer: 2, block_size: 12 })
  const count = order.length
  const counting = await startCore<ThreadsCore>(module, sharedMemory(0))
  const { params, values, scratch, records } = planGPT(counting, config, VOCABULARY, count)
  const plan = {
    params,
    values,
    scratch: count * (scratch + (scratch % 2)),
    records: records + counting.controlRecords(count),
  }
  const { arena, cores, first } = await instances(count, plan)
  const round = (job: number, batches: number) => {
    first.begin(job, batches)
    for (const index of order) cores[index]!.takeShard()
    expect(first.finish(0)).toBe(0)
  }
  const setMicroBatches = (batches: readonly MicroBatch[], seed: number) =>
    batches.forEach(({ graph, loss }, i) => {
      const { from, to } = graph.span
      first.setMicroBatch(i, from, to, loss.address, loss.count, seed)
    })
  const executor: Executor = {
    width: count,
    forward(batches) {
      setMicroBatches(batches, 0)
      round(first.FORWARD.value, batches.length)
    },
    backward(batches, seed, accumulate) {
      batches.forEach(({ graph, loss }, i) => graph.prepareBackward(loss, accumulate || i > 0))
      setMicroBatches(batches, seed)
      round(first.FORWARD_BACKWARD.value, batches.length)
      round(first.WEIGHT_GRAD.value, batches.length)
    },
    update(...numbers) {
      first.setUpdate(...numbers)
      round(first.UPDATE.value, 0)
    },
    free() {},
  }
  return { config, arena, executor }
}

/** A few steps on batches of documents of all lengths. */
async function train(order: readonly number[] | null) {
  const { config, arena, executor } = await executorInOrder(order ?? [0])
  const table = gptTable(config, VOCABULARY)
  const random = new Random(5, arena.core)
  initialise(arena.params, table, random)
  const stateDict = mapStateDict(arena, table)
  const how = order ? executor : new SerialExecutor(arena)
  const trainer = new Trainer(arena, stateDict, config, VOCABULARY, how)
  const adam = new Adam(arena, config)
  const docs = Array.from({ length: 40 }, (_, d) =>
    Array.from({ length: 2 + (d % 12) }, () => random.randrange(VOCABULARY)),
  )
  const losses = [0, 1, 2].map((step) => trainer.train(docs.slice(step, step + 35), adam, 0.01))
  return {
    losses: [...losses, trainer.forward(docs)],
    params: Array.from(arena.params),
    grad: Array.from(arena.paramsGrad),
  }
}

describe('the shards of a round', () => {
  // Twice the same index: one does the work of another that does not come.
  test.each([[[0]], [[0, 1]], [[1, 0]], [[0, 0]], [[2, 0, 1]], [[0, 2, 2]], [[3, 1, 0, 2]]])(
    'taken in the order %j give the bits of a core alone',
    async (order) => {
      const alone = await train(null)
      expect(alone.losses[2]).toBeLessThan(alone.losses[0]!)
      expect(await train(order)).toStrictEqual(alone)
    },
  )
})

describe('a round', () => {
  test('has a shard for each instance or micro-batch, and each is taken once', async () => {
    const { first, cores } = await instances(3)
    expect(first.takeShard()).toBe(0)
    for (const [job, batches, shards] of [
      [first.FORWARD.value, 0, 0],
      [first.FORWARD.value, 2, 2],
      [first.FORWARD_BACKWARD.value, 1, 1],
      [first.WEIGHT_GRAD.value, 1, 3],
    ] as const) {
      first.begin(job, batches)
      let taken = 0
      while (cores[taken % 3]!.takeShard()) taken++
      expect(taken).toBe(shards)
      expect(cores.map((core) => core.takeShard())).toEqual([0, 0, 0])
    }
  })

  test('is over when nobody works; until then one who does is named', async () => {
    const { first, lineOf } = await instances(3)
    expect(first.finish(0)).toBe(0)
    lineOf(2)[0] = 5
    expect(first.finish(5)).toBe(2)
    lineOf(1)[0] = 1
    expect(first.finish(5)).toBe(1)
    lineOf(1)[0] = 2
    lineOf(2)[0] = 6
    expect(first.finish(0)).toBe(0)
  })

  test('an instance that has worked very often is not mistaken for one that failed', async () => {
    const { first, cores, lineOf } = await instances(2)
    lineOf(1)[0] = 2 ** 31 - 2
    first.begin(first.FORWARD.value, 1)
    expect(cores[1]!.takeShard()).toBe(1)
    expect(lineOf(1)[0]).toBe(0)
  })

  test('is served until the threads are told to end, also during one', async () => {
    const { first, cores } = await instances(2)
    first.begin(first.FORWARD.value, 2)
    first.end(1)
    cores[1]!.serve()
    // What they leave is done by the first instance.
    expect([first.takeShard(), first.takeShard(), first.takeShard()]).toEqual([1, 1, 0])
  })

  test('is served until the thread fails, and counts the heartbeat up, record by record', async () => {
    const { arena, cores, first, lineOf, recordAt } = await instances(2)
    const g = new Graph(arena)
    const x = g.input(1, 1)
    x.data[0] = 2
    const y = g.scale(x, 4)
    const z = g.scale(y, 0.5)
    // This record writes 0.4 over the index of its function: the next time there is no such
    // function, and serve() ends with an error.
    g.scale(z, 0.1)
    const record = recordAt(2)
    record[2] = record.byteOffset
    const { from, to } = g.span
    for (const i of [0, 1]) first.setMicroBatch(i, from, to, z.address, 1, 0)
    first.begin(first.FORWARD.value, 2)
    expect(() => cores[1]!.serve()).toThrow(WebAssembly.RuntimeError)
    expect([y.data[0], z.data[0]]).toEqual([8, 4])
    // One shard of three records is done, and the second one ended at its last record.
    expect(Array.from(lineOf(1))).toEqual([3, 6])
    expect([first.heartbeat(1), first.heartbeat(0)]).toEqual([6, 0])
    expect(first.finish(5)).toBe(1)
  })
})
