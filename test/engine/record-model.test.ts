/**
 * Models written by the user: a builder function becomes an arena of the right size and a recorded graph.
 */
import { describe, expect, test } from 'vitest'
import {
  Adam,
  Arena,
  ArenaError,
  Graph,
  GraphError,
  loadCore,
  recordModel,
} from '../../src/index.js'
import { BUILDS, moduleOf } from '../helpers/cores.js'
import { cpuTime } from '../helpers/cpu-time.js'

/** A regression y = w x + b on three points of a line. */
function line(g: Graph) {
  const [w, b] = [g.param(1, 1), g.param(1)]
  const x = g.input(3, 1)
  const want = g.input(3, 1)
  x.data.set([0, 1, 2])
  want.data.set([1, 3, 5])
  const error = g.sub(g.addRow(g.linear(x, w), b), want)
  return { w, b, loss: g.mean(g.mul(error, error)) }
}

describe.each(BUILDS)('%s build', (build) => {
  const core = () => loadCore(moduleOf(build))

  test('trains', async () => {
    const { arena, graph, model } = recordModel(await core(), line)
    const adam = new Adam(arena, { beta1: 0.9, beta2: 0.95, eps_adam: 1e-8 })
    for (let i = 0; i < 2000; i++) {
      graph.forward()
      graph.backward(model.loss, 1, false)
      adam.update(0.05 * (1 - i / 2000))
    }
    expect(model.loss.data[0]).toBeLessThan(1e-10)
    expect(model.w.data[0]).toBeCloseTo(2, 4)
    expect(model.b.data[0]).toBeCloseTo(1, 4)
  })

  test('the arena has room for what was recorded, and for no number more', async () => {
    const { arena, graph } = recordModel(await core(), line)
    expect(arena.plan).toMatchObject({ params: 2, records: graph.records.length })
    expect(arena.room).toBe(0)
    expect(() => graph.relu(graph.records[0]!.output)).toThrow(ArenaError)
    expect(() => arena.alloc([1])).toThrow(ArenaError)
    expect(() => arena.nextParam([1])).toThrow(ArenaError)
  })

  test('a second graph on the same arena is counted too', async () => {
    const { arena, model } = recordModel(await core(), (g) => {
      const w = g.param(40, 30)
      const y = g.linear(g.input(33, 30), w)
      const second = new Graph(g.arena)
      const z = second.softmax(second.linear(second.input(1, 30), w))
      return { first: g, second, y, z }
    })
    model.first.forward()
    model.second.forward()
    expect(arena.core.tapeLength()).toBe(arena.plan.records)
    expect(model.z.data[7]).toBe(1 / 40)
  })

  test('a graph cannot be run while it is counted', async () => {
    const counted = (g: Graph) => {
      g.relu(g.input(2, 2))
      g.forward()
    }
    const loaded = await core()
    const run = () => recordModel(loaded, counted)
    expect(run).toThrow(GraphError)
    expect(run).toThrow(/^forward needs a graph that is recorded/)
    // The core is as it was: another model can be recorded on it.
    expect(recordModel(loaded, line).graph.records.length).toBeGreaterThan(3)
  })

  test('counting leaves an arena as it is', async () => {
    const { arena, graph, model } = recordModel(await core(), line)
    graph.forward()
    const before = [arena.mark(), arena.core.tapeLength(), model.loss.data[0]]
    const plan = Arena.count(arena.core, (counting) => line(new Graph(counting)))
    expect(plan).toEqual(arena.plan)
    graph.forward()
    expect([arena.mark(), arena.core.tapeLength(), model.loss.data[0]]).toEqual(before)
  })

  test('a core has one arena', async () => {
    const loaded = await core()
    const plan = { params: 1, values: 8, scratch: 0, records: 1 }
    const first = new Arena(loaded, plan)
    first.params[0] = 7
    expect(() => new Arena(loaded, plan)).toThrow(/has an arena already; load another core/)
    expect(() => recordModel(loaded, line)).toThrow(ArenaError)
    expect(first.params[0]).toBe(7)
  })

  test.each([
    [{}, 'params'],
    [{ params: 3 }, 'values'],
    [{ params: 3, values: 8, scratch: 0 }, 'records'],
    [{ params: -1, values: 8, scratch: 0, records: 1 }, 'params'],
    [{ params: 1, values: 1.5, scratch: 0, records: 1 }, 'values'],
    [{ params: 1, values: 1, scratch: NaN, records: 1 }, 'scratch'],
  ])('the plan %j is refused', async (plan, name) => {
    const loaded = await core()
    const make = () => new Arena(loaded, plan as never)
    expect(make).toThrow(ArenaError)
    expect(make).toThrow(new RegExp(`plan's ${name} must be a whole number`))
  })
})

test('recording is linear in the number of ops', async () => {
  const core = await loadCore()
  const record = (ops: number) => (g: Graph) => {
    let x = g.input(4, 4)
    for (let i = 0; i < ops; i++) x = g.relu(x)
    return x
  }
  const ms = async (ops: number) => {
    const { graph, model } = recordModel(await loadCore(), record(ops))
    graph.forward()
    const start = cpuTime()
    graph.backward(model)
    return cpuTime() - start
  }
  expect(Arena.count(core, (arena) => record(5000)(new Graph(arena))).records).toBe(5000)
  const best = async (ops: number) => Math.min(await ms(ops), await ms(ops), await ms(ops))
  await best(4000)
  const [short, long] = [await best(8000), await best(64_000)]
  // 8 times as many ops: a wide guard that a quadratic plan (64 times) does not pass.
  expect(long).toBeLessThan(40 * Math.max(short, 1))
})
