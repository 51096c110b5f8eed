/** What an arena has room for, up to its last number, and what it says beyond. */
import { beforeEach, describe, expect, test } from 'vitest'
import { Arena, ArenaError, Graph, GraphError, planBytes } from '../../src/index.js'
import { formatBytes } from '../../src/engine/plan.js'
import { arenaOn } from '../helpers/cores.js'

describe('an arena', () => {
  let arena: Arena
  beforeEach(async () => {
    arena = await arenaOn('release', { params: 6, values: 10, scratch: 0, records: 2 })
  })

  test('has parameters up to the last one', () => {
    expect(arena.param(4, [2]).count).toBe(2)
    const message = 'a slice ends at parameter 7, but there are 6'
    expect(() => arena.param(4, [3])).toThrow(new ArenaError(message))
    for (const [offset, shape] of [
      [-1, [1]],
      [0, [0]],
      [0, [1.5]],
      [0.5, [1]],
    ] as const) {
      expect(() => arena.param(offset, shape)).toThrow('a slice of the arena has sizes above 0')
    }
    arena.param(0, [1])
    expect(() => arena.nextParam([1])).toThrow('ends at parameter 8')
  })

  test('has values up to the last pair', () => {
    expect(arena.room).toBe(10)
    arena.alloc([3])
    expect(arena.room).toBe(6)
    const mark = arena.mark()
    arena.alloc([6])
    const sentence =
      'the arena is full: it was reserved for 10 values, 0 numbers of scratch and 2 records; reserve more'
    expect(() => arena.alloc([1])).toThrow(new ArenaError(sentence))
    arena.release(mark)
    expect(arena.room).toBe(6)
    arena.release(mark + 32)
    expect(arena.room).toBe(2)
  })

  test('has ids, two per number', () => {
    const five = arena.allocIds(5, 3)
    expect([five.length, arena.room]).toEqual([5, 6])
    expect(() => five.set([1, 2, 0, 1, 2, 0])).toThrow('there is room for 5 ids, got 6')
    five.set([0, 1, 2, 1, 0, 2], 1)
    expect([...five.view]).toEqual([1, 2, 1, 0, 2])
    five.set([0, 1, 2, 1, 0, 2], 2, 4)
    expect([...five.view]).toEqual([2, 1, 1, 0, 2])
    for (const id of [3, -1, 0.5, NaN]) {
      expect(() => five.put(1, id)).toThrow(`ids must be from 0 to 2, got ${id} at 1`)
    }
    expect([...five.first(5).view]).toEqual([2, 1, 1, 0, 2])
    expect(() => five.first(6)).toThrow('the first 6 ids were asked for, there are 5')
  })

  test('has bounds that fill the rows', () => {
    expect([...new Graph(arena).bounds(5).ids.view]).toEqual([0, 5])
    expect([...new Graph(arena).bounds(5, 1, 6).ids.view]).toEqual([0, 5])
    const packed = new Graph(arena).bounds(5, 2, 3)
    packed.set([2, 3])
    expect([...packed.ids.view]).toEqual([0, 2, 5])
    const other5 = 'these bounds are for 2 documents with 5 rows in all, got'
    for (const [lengths, message] of [
      [[0, 5], 'a document has 1 to 3 rows, got 0'],
      [[1, 4], 'a document has 1 to 3 rows, got 4'],
      [[2, 2], `${other5} 2 with 4`],
      [[2, 2, 1], `${other5} 3 with 5`],
    ] as const) {
      expect(() => packed.set(lengths)).toThrow(new ArenaError(message))
      expect([...packed.ids.view]).toEqual([0, 2, 5])
    }
  })

  test('has records up to the last one', () => {
    const graph = new Graph(arena)
    const x = graph.input(1)
    graph.relu(graph.relu(x))
    expect(() => graph.relu(x)).toThrow('the arena is full')
  })

  test('keeps its room when there is some for the output of an op, but not for what it keeps', () => {
    const graph = new Graph(arena)
    const x = graph.input(1, 4)
    const mark = arena.mark()
    // Four numbers for the output, and two for the factor of the row.
    const full = arena.alloc([2])
    expect(() => graph.rmsnorm(x)).toThrow('the arena is full')
    expect([arena.room, graph.records, arena.core.tapeLength()]).toEqual([4, [], 0])
    expect(full.address).toBe(mark)
    arena.release(mark)
    expect(graph.rmsnorm(x).shape).toEqual([1, 4])
    expect(arena.room).toBe(0)
  })

  test('gives room to its newest graph only', () => {
    const [old, newest] = [new Graph(arena), new Graph(arena)]
    const x = old.input(1)
    newest.relu(x)
    const message = 'relu needs the newest graph of the arena, got an older one'
    expect(() => old.relu(x)).toThrow(new GraphError(message))
  })
})

describe('a plan', () => {
  test('in bytes', () => {
    expect(planBytes({ params: 3, values: 5, scratch: 7, records: 2 })).toEqual({
      ...{ params: 32, values: 48, gradients: 80, adam: 64, scratch: 64, tape: 128 },
      total: 32 + 48 + 80 + 64 + 64 + 128,
    })
  })

  test.each([
    [0, '0 B'],
    [0.5, '0.5 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [2 ** 20, '1.0 MiB'],
    [2 ** 30 * 3.25, '3.3 GiB'],
    [2 ** 41, '2.0 TiB'],
    [2 ** 53, '8.0 PiB'],
    [2 ** 62, '4.0 EiB'],
    [2 ** 75, '32768.0 EiB'],
  ])('%d bytes are %s', (bytes, text) => expect(formatBytes(bytes)).toBe(text))
})

test('while counting, nothing takes memory, and views of up to 2^20 numbers can be written to', async () => {
  const plan = Arena.count((await arenaOn('release')).core, (arena) => {
    const graph = new Graph(arena)
    for (const run of [
      () => graph.forward(),
      () => graph.forwardOne(0),
      () => graph.backwardOne(0),
    ]) {
      expect(run).toThrow('a graph that is recorded, got one that is being counted')
    }
    expect(arena.alloc([2 ** 20]).data).toHaveLength(2 ** 20)
    expect(arena.alloc([2 ** 20 + 1]).data).toHaveLength(0)
    expect(arena.nextParam([3]).data).toHaveLength(3)
    expect(arena.allocIds(3, 2).view).toHaveLength(3)
    graph.relu(graph.input(1))
  })
  expect(plan).toEqual({
    params: 3,
    values: 2 ** 20 + 2 ** 20 + 2 + 2 + 2 + 2,
    scratch: 0,
    records: 1,
  })
})

describe('what fails while it is counted', () => {
  const failing = () => {
    throw new Error('on purpose')
  }

  test.each<[string, (arena: Arena) => void]>([
    ['a function', (arena) => expect(() => Arena.count(arena.core, failing)).toThrow('on purpose')],
    [
      'a function that has recorded',
      ({ core }) => {
        const record = (counted: Arena) => {
          const graph = new Graph(counted)
          graph.relu(graph.input(2))
          failing()
        }
        expect(() => Arena.count(core, record)).toThrow('on purpose')
      },
    ],
  ])('%s leaves the core taking memory, and the next count begins at 0', async (_, fail) => {
    const arena = await arenaOn('release', { params: 2, values: 8, scratch: 0, records: 1 })
    fail(arena)
    const graph = new Graph(arena)
    const x = graph.input(2)
    x.data.set([-1, 3])
    const y = graph.relu(x)
    graph.forward()
    expect([...y.data, arena.room, arena.core.tapeLength()]).toEqual([0, 3, 4, 1])
    const plan = Arena.count(arena.core, (counted) => counted.alloc([2]))
    expect(plan).toEqual({ params: 0, values: 2, scratch: 0, records: 0 })
  })
})
