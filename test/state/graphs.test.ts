/** Recorded graphs: reused while they are valid, and dropped in time. */
import { describe, expect, test } from 'vitest'
import type { Tensor } from '../../src/index.js'
import { ArenaError, Graph, MicroGPT, Random } from '../../src/index.js'
import { BUILDS, arenaOn, graphOn } from '../helpers/cores.js'

const fill = (x: Tensor, ...numbers: number[]) => x.data.set(numbers)

describe.each(BUILDS)('the way back after more ops were recorded, %s build', (build) => {
  /** x, and y = 2 x, from which a way back has been walked. */
  async function walked(params = 0) {
    const g = await graphOn(build, { params: Math.max(1, params) })
    const x = params > 0 ? g.arena.param(0, [1, 2]) : g.input(1, 2)
    fill(x, 3, 4)
    const y = g.scale(x, 2)
    g.forward()
    // Added to, and set: each way back is kept for the next time.
    g.backward(y)
    g.backward(y, 1, false)
    expect([...x.grad]).toEqual([2, 2])
    g.backward(y)
    expect([...x.grad]).toEqual(params > 0 ? [4, 4] : [2, 2])
    return { g, x, y }
  }

  /** Junk where the way back must write or clear. */
  const spoil = (...values: Tensor[]) => values.forEach(({ grad }) => grad.fill(NaN))

  test('from the same value: the new op adds nothing', async () => {
    const { g, x, y } = await walked()
    const z = g.mul(y, x)
    g.forward()
    spoil(x, y, z)
    g.backward(y)
    expect([...x.grad]).toEqual([2, 2])
    expect([...z.grad]).toEqual([0, 0])
  })

  test('from the new value, and from the old one again', async () => {
    const { g, x, y } = await walked()
    const z = g.mul(y, x)
    g.forward()
    for (const [from, want] of [
      [z, [12, 16]],
      [y, [2, 2]],
      [z, [12, 16]],
    ] as const) {
      spoil(x, y, z)
      g.backward(from)
      expect([...x.grad]).toEqual(want)
    }
  })

  test('over a view on what was there, and with an input that is new', async () => {
    const { g, x, y } = await walked()
    const more = g.input(2, 1)
    fill(more, 10, 20)
    const z = g.mean(g.mul(g.reshape(y, 2, 1), more))
    g.forward()
    spoil(x, y, z, more)
    g.backward(z)
    expect([...x.grad]).toEqual([10, 20])
    expect([...more.grad]).toEqual([3, 4])
    spoil(x, y, z, more)
    g.backward(y)
    expect([[...x.grad], [...more.grad]]).toEqual([
      [2, 2],
      [0, 0],
    ])
  })

  test('into parameters: set and added to in turn', async () => {
    const { g, x, y } = await walked(2)
    const z = g.add(y, x)
    g.forward()
    spoil(x, y, z)
    g.backward(z, 1, false)
    expect([...x.grad]).toEqual([3, 3])
    g.backward(y, 1)
    expect([...x.grad]).toEqual([5, 5])
    const w = g.add(z, z)
    g.forward()
    spoil(y, z, w)
    g.backward(w, 1)
    expect([...x.grad]).toEqual([11, 11])
    g.backward(w, 1, false)
    expect([...x.grad]).toEqual([6, 6])
    g.backward(w, 1)
    expect([...x.grad]).toEqual([12, 12])
    g.backward(w, 1, false)
    expect([...x.grad]).toEqual([6, 6])
  })
})

describe.each(BUILDS)('an arena that was full, %s build', (build) => {
  /** Records until there is no room, by ops of so many numbers. */
  function overfill(g: Graph, x: Tensor): number {
    let ops = 0
    const more = () => {
      for (;;) {
        g.scale(x, 2)
        ops++
      }
    }
    expect(more).toThrow(ArenaError)
    expect(more).toThrow(/the arena is full/)
    return ops
  }

  test.each([
    ['values', { values: 100, records: 64 }],
    ['records', { values: 1000, records: 5 }],
  ])('of %s computes what it holds, and is as empty as before when released', async (_, plan) => {
    const arena = await arenaOn(build, plan)
    const mark = arena.mark()
    let first: number | null = null
    for (let round = 0; round < 5; round++) {
      const g = new Graph(arena)
      const x = g.input(1, 10)
      x.data.fill(round)
      const y = g.scale(x, 3)
      const ops = overfill(g, x)
      expect(ops).toBe((first ??= ops))
      expect(ops).toBeGreaterThan(1)
      g.forward()
      g.backward(y)
      expect([y.data[9], x.grad[9]]).toEqual([3 * round, 3])
      arena.core.truncate(0)
      arena.release(mark)
      expect([arena.mark(), arena.core.tapeLength()]).toEqual([mark, 0])
    }
  })

  test('rejects what does not fit and accepts what does', async () => {
    const arena = await arenaOn(build, { values: 100 })
    expect(() => arena.alloc([101])).toThrow(ArenaError)
    const x = arena.alloc([60])
    const mark = arena.mark()
    expect(() => arena.alloc([42])).toThrow(ArenaError)
    expect(() => arena.alloc([2 ** 32 + 1])).toThrow(ArenaError)
    expect(arena.mark()).toBe(mark)
    x.data.fill(1)
    const rest = arena.alloc([40])
    rest.data.fill(2)
    expect([x.data[59], arena.room]).toEqual([1, 0])
    arena.release(mark)
    expect(arena.alloc([40]).address).toBe(rest.address)
  })
})

/** Documents of 1 to `most` letters, one of each length. */
const ladder = (most: number) =>
  Array.from({ length: most }, (_, i) => 'abba'.repeat(most).slice(i % 3, (i % 3) + i + 1))

describe('more shapes than stored graphs', () => {
  // A graph is kept for each shape, up to 128 of them.
  const config = { n_embd: 4, n_head: 2, block_size: 150, init_std: 0.3, num_steps: 400 }
  const docs = ladder(149)

  test('give the losses of a model that has seen no other shape', async () => {
    const gpt = await MicroGPT.create({ docs, config })
    const want = docs.map((doc) => gpt.loss([doc]))
    expect(docs.map((doc) => gpt.loss([doc]))).toEqual(want)
    expect(docs.toReversed().map((doc) => gpt.loss([doc]))).toEqual(want.toReversed())
    for (const i of [0, 126, 127, 128, 129, 148]) {
      const other = await MicroGPT.create({ docs, config })
      expect(other.loss([docs[i]!])).toBe(want[i])
    }
  })

  test('also after documents were invented side by side', async () => {
    const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create({ docs, config })))
    const want = docs.map((doc) => other!.loss([doc]))
    for (const kept of [0, 1, 127, 128, 129, 149]) {
      expect(docs.slice(0, kept).map((doc) => gpt!.loss([doc]))).toEqual(want.slice(0, kept))
      expect(gpt!.sample({ count: 5, sideBySide: true })).toHaveLength(5)
    }
    expect(docs.map((doc) => gpt!.loss([doc]))).toEqual(want)
  })

  test('also after sampling side by side has failed', async () => {
    const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create({ docs, config })))
    const before = gpt!.params.slice()
    gpt!.params.fill(1e308)
    expect(() => gpt!.sample({ count: 5, sideBySide: true })).toThrow(/too large to sample/)
    gpt!.params.set(before)
    const losses = (one: MicroGPT) => docs.map((doc) => one.loss([doc]))
    expect(losses(gpt!)).toEqual(losses(other!))
  })

  test('documents with equal total rows, but different counts, are distinguished', async () => {
    const gpt = await MicroGPT.create({ docs, config })
    const cuts = [
      ['abababab'],
      ['abab', 'aba'],
      ['ab', 'ab', 'ab'],
      ['abab', 'aba'],
      ['aba', 'abab'],
    ]
    const want = cuts.map((cut) => cut.reduce((sum, doc) => sum + gpt.loss([doc]), 0) / cut.length)
    cuts.forEach((cut, i) => expect(gpt.loss(cut)).toBeCloseTo(want[i]!, 12))
  })

  /** The documents, each behind the same one, in the order in which the seed leaves them. */
  function pairs(): string[] {
    const want = docs.flatMap((doc) => ['abababab', doc])
    const order = [...want.keys()]
    new Random(42).shuffle(order)
    const given: string[] = []
    order.forEach((from, to) => (given[from] = want[to]!))
    return given
  }

  test('on two threads: the first slot is filled again when the second clears the tape', async () => {
    // In batches of 2 each thread takes a document. The first one always has the same shape; the
    // second one has another each time, and the 129th clears the tape, the first one's graph too.
    const runs = await Promise.all(
      [1, 2].map(async (threads) => {
        const gpt = await MicroGPT.create({ docs: pairs(), config, threads })
        expect(gpt.docs.slice(0, 4)).toEqual(['abababab', docs[0], 'abababab', docs[1]])
        const losses = Array.from(gpt.train({ steps: 149, batch_size: 2 }), ({ loss }) => loss)
        losses.push(gpt.loss(['abababab', docs[0]!]), gpt.loss(['abababab', docs[140]!]))
        const result = { losses, params: gpt.params.slice() }
        gpt.free()
        return result
      }),
    )
    expect(runs[1]).toStrictEqual(runs[0])
  })
})

describe('memory that sampling side by side takes', () => {
  const docs = ladder(12)
  const config = { block_size: 64, n_layer: 2, batch_size: 5, num_steps: 60, init_std: 0.2 }

  test('is given back each time, and the run has the bits of one without', async () => {
    const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create({ docs, config })))
    const losses = (one: MicroGPT) => Array.from(one.train({ steps: 1 }), ({ loss }) => loss)
    for (let round = 0; round < 40; round++) {
      gpt!.sample({ count: 70, sideBySide: true })
      if (round % 3 === 0) expect(losses(gpt!)).toEqual(losses(other!))
    }
    expect(gpt!.params).toEqual(other!.params)
  })

  test('is given back when the numbers overflow, and the model works again', async () => {
    const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create({ docs, config })))
    const before = gpt!.params.slice()
    for (let round = 0; round < 20; round++) {
      gpt!.params.fill(1e308)
      expect(() => gpt!.sample({ count: 5, sideBySide: true })).toThrow(/too large to sample/)
      expect(() => gpt!.sample({ count: 5 })).toThrow(/too large to sample/)
      gpt!.params.set(before)
    }
    const options = { prompt: 'ab', seed: 3 }
    expect([...gpt!.generate(options)]).toEqual([...other!.generate(options)])
    const losses = [gpt!, other!].map((one) => Array.from(one.train(), ({ loss }) => loss))
    expect(losses[0]).toEqual(losses[1])
  })
})

describe.each(BUILDS)('memory that was released and is taken again, %s build', (build) => {
  test('has inputs and ids of zeros, whatever it had', async () => {
    const arena = await arenaOn(build, {})
    const mark = arena.mark()
    const before = new Graph(arena)
    const [x, ids] = [before.input(2, 3), before.ids(5, 9)]
    x.data.fill(7)
    ids.view.fill(8)
    arena.release(mark)
    const g = new Graph(arena)
    const [again, others] = [g.input(2, 3), g.ids(5, 9)]
    expect(again.address).toBe(x.address)
    expect(again.data).toEqual(new Float64Array(6))
    expect(others.view).toEqual(new Int32Array(5))
  })
})
