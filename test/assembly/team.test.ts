/** Instances of the core on one shared memory, here in one thread: each does its part in its turn. */
import { describe, expect, test } from 'vitest'
import { Adam, Graph, Random, resolveConfig } from '../../src/index.js'
import { gptTable, initialise, mapStateDict } from '../../src/index.js'
import { TeamPass } from '../../src/threads/pass.js'
import { planTeam } from '../../src/threads/plan.js'
import type { Chunk, Team } from '../../src/threads/team.js'
import { DocumentPass } from '../../src/train.js'
import { instances } from '../helpers/instances.js'

const VOCABULARY = 9

/** The team that TeamPass takes: a turn is begun by each instance, in an order. */
async function teamInOrder(order: readonly number[]) {
  const config = resolveConfig('tutorial', { n_layer: 2, block_size: 12 })
  const plan = planTeam(config, VOCABULARY, order.length)
  const { arena, cores, first } = await instances(order.length, plan)
  const turn = (job: number, chunks: number) => {
    for (const index of order) cores[index]!.begin(job, chunks)
  }
  const setChunks = (chunks: readonly Chunk[], seed: number) =>
    chunks.forEach(({ graph, loss }, i) => {
      const { from, to } = graph.span
      first.setChunk(i, from, to, loss.address, loss.count, seed)
    })
  const team: Pick<Team, 'size' | 'arena' | 'stopper' | 'forward' | 'backward' | 'update'> = {
    arena,
    stopper: () => {},
    size: order.length,
    forward(chunks) {
      setChunks(chunks, 0)
      turn(first.FORWARD.value, chunks.length)
    },
    backward(chunks, seed, fresh) {
      chunks.forEach(({ graph, loss }, i) => graph.prepare(loss, fresh && i === 0))
      setChunks(chunks, seed)
      turn(first.PASS.value, chunks.length)
      turn(first.WEIGH.value, chunks.length)
    },
    update(...numbers) {
      first.setAdam(...numbers)
      turn(first.UPDATE.value, 0)
    },
  }
  return { config, arena, team: team as Team }
}

/** A few steps on batches of documents of all lengths. */
async function train(order: readonly number[] | null) {
  const { config, arena, team } = await teamInOrder(order ?? [0])
  const table = gptTable(config, VOCABULARY)
  const random = new Random(5, arena.core)
  initialise(arena.params, table, random)
  const stateDict = mapStateDict(arena, table)
  const pass = order
    ? new TeamPass(team, stateDict, config, VOCABULARY)
    : new DocumentPass(arena, stateDict, config, VOCABULARY)
  const adam = new Adam(arena, config)
  const docs = Array.from({ length: 40 }, (_, d) =>
    Array.from({ length: 2 + (d % 12) }, () => random.randrange(VOCABULARY)),
  )
  const losses = [0, 1, 2].map((step) => pass.train(docs.slice(step, step + 35), adam, 0.01))
  return {
    losses: [...losses, pass.forward(docs)],
    params: Array.from(arena.params),
    grad: Array.from(arena.paramsGrad),
  }
}

describe('the parts of a turn', () => {
  test.each([[[0]], [[0, 1]], [[1, 0]], [[0, 1, 2]], [[2, 0, 1]], [[3, 1, 0, 2]]])(
    'done in the order %j give the bits of a core alone',
    async (order) => {
      const alone = await train(null)
      expect(alone.losses[2]).toBeLessThan(alone.losses[0]!)
      expect(await train(order)).toStrictEqual(alone)
    },
  )
})

describe('a turn', () => {
  test('is over when each of the others has written its number; until then one of them is named', async () => {
    const { first, lineOf } = await instances(3)
    expect(first.finish(0)).toBe(0)
    first.begin(first.FORWARD.value, 0)
    expect(first.finish(5)).toBe(1)
    lineOf(1)[0] = 1
    expect(first.finish(5)).toBe(2)
    lineOf(2)[0] = 1
    expect(first.finish(0)).toBe(0)
  })

  test('is served until the thread ends, and counts the pulse up, row by row', async () => {
    const { arena, cores, first, lineOf, rowOf } = await instances(2)
    const g = new Graph(arena)
    const x = g.input(1, 1)
    x.data[0] = 2
    const y = g.scale(x, 4)
    const z = g.scale(y, 0.5)
    // serve() never returns. This row writes 0.4 over the number of its own function: when the next
    // turn comes to it there is no such function, and serve() ends with an error.
    g.scale(z, 0.1)
    const row = rowOf(2)
    row[2] = row.byteOffset
    const { from, to } = g.span
    first.setChunk(1, from, to, z.address, 1, 0)
    first.begin(first.FORWARD.value, 2)
    first.begin(first.FORWARD.value, 2)
    expect(() => cores[1]!.serve()).toThrow(WebAssembly.RuntimeError)
    expect([y.data[0], z.data[0]]).toEqual([8, 4])
    // One turn of three rows is done, and the second one was left at its last row.
    expect(Array.from(lineOf(1))).toEqual([1, 6])
    expect([first.pulse(1), first.pulse(0)]).toEqual([6, 0])
    expect(first.finish(5)).toBe(1)
  })
})
