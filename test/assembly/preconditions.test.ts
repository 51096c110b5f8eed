/**
 * What each function of the debug build asserts, at the limit: the smallest sizes and operands that
 * end with the arena are accepted, and nothing beyond.
 */
import { describe, expect, test } from 'vitest'
import { type Core, loadCore } from '../../src/index.js'
import { arenaOn, moduleOf } from '../helpers/cores.js'

const PLAN = { params: 8, values: 4000, scratch: 2000, records: 2 }
const { core, base } = await arenaOn('debug', PLAN).then((arena) => ({
  core: arena.core,
  base: arena.params.byteOffset,
}))
const END = base + 8 * (PLAN.params + PLAN.values)

interface Op {
  /** Two lists of sizes; numbers of int32 are odd in one and even in the other. */
  sizes: number[][]
  /** How many numbers each operand has. */
  counts(...sizes: number[]): number[]
  record(at: number[], sizes: number[]): number
}

/** float64 numbers that hold so many int32. */
const ints = (count: number) => Math.ceil(count / 2)
const product = (...sizes: number[]) => sizes.reduce((a, b) => a * b)

/** One operand, one size: the number of its elements. */
const flat = (record: (x: number, count: number) => number): Op => ({
  sizes: [[5], [6]],
  counts: (count) => [count],
  record: ([x], [count]) => record(x!, count!),
})
const rowwise = (name: 'rmsnorm' | 'softmax'): Op => ({
  sizes: [
    [3, 2],
    [2, 5],
  ],
  counts: (rows, n) => [rows! * n!],
  record: ([x], [rows, n]) => core[name](x!, rows!, n!),
})
const pair = (name: 'add' | 'sub' | 'mul'): Op => ({
  sizes: [[5], [6]],
  counts: (count) => [count!, count!],
  record: ([a, b], [count]) => core[name](a!, b!, count!),
})

const OPS: Record<string, Op> = {
  relu: flat((x, n) => core.relu(x, n)),
  tanh: flat((x, n) => core.tanh(x, n)),
  log: flat((x, n) => core.elementwiseLog(x, n)),
  mean: flat((x, n) => core.mean(x, n)),
  sum: flat((x, n) => core.sum(x, n)),
  scale: flat((x, n) => core.scale(x, 0.5, n)),
  add: pair('add'),
  mul: pair('mul'),
  rmsnorm: rowwise('rmsnorm'),
  softmax: rowwise('softmax'),
  addRow: {
    sizes: [
      [3, 2],
      [2, 5],
    ],
    counts: (rows, n) => [rows! * n!, n!],
    record: ([x, b], [rows, n]) => core.addRow(x!, b!, rows!, n!),
  },
  linear: {
    sizes: [
      [3, 2, 5],
      [2, 5, 3],
    ],
    counts: (rows, nin, nout) => [rows! * nin!, nout! * nin!],
    record: ([x, w], [rows, nin, nout]) => core.linear(x!, w!, rows!, nin!, nout!),
  },
  matmul: {
    sizes: [
      [3, 2, 5],
      [2, 5, 3],
    ],
    counts: (m, k, n) => [m! * k!, k! * n!],
    record: ([a, b], [m, k, n]) => core.matmul(a!, b!, m!, k!, n!),
  },
  embedding: {
    sizes: [
      [3, 2, 4],
      [4, 5, 3],
    ],
    counts: (rows, n, entries) => [entries! * n!, ints(rows!)],
    record: ([table, ids], [rows, n, entries]) => core.embedding(table!, ids!, rows!, n!, entries!),
  },
  crossEntropy: {
    sizes: [
      [5, 3, 2],
      [6, 4, 3],
    ],
    counts: (rows, n, docs) => [rows! * n!, ints(rows!), ints(docs! + 1)],
    record: ([logits, targets, bounds], [rows, n, docs]) =>
      core.crossEntropy(logits!, targets!, bounds!, rows!, n!, docs!),
  },
  attention: {
    sizes: [
      [5, 2, 2, 3, 4],
      [6, 3, 3, 2, 2],
    ],
    counts(rows, docs, heads, dim) {
      const count = product(rows!, heads!, dim!)
      return [count, count, count, ints(docs! + 1)]
    },
    record: ([q, k, v, bounds], [rows, docs, heads, dim, span]) =>
      core.attention(q!, k!, v!, bounds!, rows!, docs!, heads!, dim!, span!),
  },
  attentionCached: {
    sizes: [
      [5, 2, 3, 4],
      [6, 3, 2, 5],
    ],
    counts(rows, heads, dim, span) {
      const [count, cache] = [product(rows!, heads!, dim!), product(rows!, heads!, dim!, span!)]
      return [count, count, count, cache, cache, ints(rows!)]
    },
    record: ([q, k, v, keys, values, positions], [rows, heads, dim, span]) =>
      core.attentionCached(q!, k!, v!, keys!, values!, positions!, rows!, heads!, dim!, span!),
  },
}

/** Runs with an empty tape and the operands at the end of the arena, each moved by some bytes. */
function record({ counts, record: call }: Op, sizes: number[], moved: number[] = []): number {
  core.truncate(0)
  core.release(base + 8 * PLAN.params)
  const at = counts(...sizes).map((count, i) => (moved[i] ? moved[i] : END - 8 * count))
  return call(at, sizes)
}

describe.each(Object.entries(OPS))('%s', (_, op) => {
  test('sizes are at least 1', () => {
    const ones = op.sizes[0]!.map(() => 1)
    expect(record(op, ones)).toBeGreaterThan(0)
    for (const i of ones.keys()) {
      for (const size of [0, -1]) {
        expect(() => record(op, op.sizes[0]!.with(i, size)), `${i}`).toThrow('must be positive')
      }
    }
  })

  test.each(op.sizes.map((sizes) => [sizes]))('operands end in the arena: sizes %j', (sizes) => {
    expect(record(op, sizes)).toBeGreaterThan(0)
    op.counts(...sizes).forEach((count, i) => {
      for (const address of [END - 8 * count + 8, base - 8]) {
        const moved = Array<number>(i).fill(0).concat(address)
        expect(() => record(op, sizes, moved), `operand ${i}`).toThrow('outside the arena')
      }
    })
  })
})

describe('the tape', () => {
  const two = (use: (from: number, to: number) => unknown) => {
    core.truncate(0)
    core.release(base + 8 * PLAN.params)
    core.relu(base, 2)
    core.relu(base, 2)
    return (from: number, to: number) => use(from, to)
  }
  const y = base + 8 * PLAN.params

  test.each<[string, (from: number, to: number) => unknown, [number, number]]>([
    ['forward', (from, to) => core.forward(from, to), [0, 3]],
    ['forward', (from, to) => core.forward(from, to), [2, 1]],
    ['backward', (from, to) => core.backward(from, to, y, 2, 1), [0, 3]],
    ['backward', (from, to) => core.backward(from, to, y, 2, 1), [2, 1]],
    ['setAccumulate', (_, to) => core.setAccumulate(to, 1), [0, 2]],
    ['truncate', (_, to) => core.truncate(to), [0, 3]],
  ])('%s takes records of the tape: not %j', (name, use, [from, to]) => {
    const call = two(use)
    expect(() => call(from, to)).toThrow(name)
    if (name === 'setAccumulate') call(0, 1)
    else call(2, 2)
  })

  test('backward starts from numbers in the arena', () => {
    two(() => 0)
    expect(() => core.backward(0, 0, END - 8, 2, 1)).toThrow('outside the arena')
    core.backward(0, 0, END - 16, 2, 1)
  })

  test('attentionCached has no backward', () => {
    const op = OPS['attentionCached']!
    const at = record(op, op.sizes[0]!)
    expect(() => core.backward(0, 1, at, 1, 1)).toThrow('inference only')
  })
})

describe('memory', () => {
  test('zeroGrad takes numbers of the arena', () => {
    core.zeroGrad(END - 8, 1)
    expect(() => core.zeroGrad(END - 8, 2)).toThrow('outside the arena')
    expect(() => core.zeroGrad(base - 8, 1)).toThrow('outside the arena')
  })

  test('nothing is in the arena before it is reserved', async () => {
    const { zeroGrad, relu } = await loadCore(moduleOf('debug'))
    expect(() => zeroGrad(0, 0)).toThrow('outside the arena')
    expect(() => relu(16, 1)).toThrow('outside the arena')
  })

  test('a mark is between the parameters and the last alloc', () => {
    const top = core.mark()
    core.release(top)
    expect(() => core.release(top + 16)).toThrow('not a mark')
    expect(() => core.release(base)).toThrow('not a mark')
  })
})

/** An op takes exactly the scratch that is there, and the last record of the tape. */
test.each([
  [0, false],
  [1, true],
])('with %i of two records left an op is accepted: %s', async (left, accepted) => {
  const arena = await arenaOn('debug', { ...PLAN, records: 2 })
  const x = arena.alloc([1]).address
  for (let i = left; i < 2; i++) arena.core.relu(x, 1)
  const last = (on: Core) => on.relu(x, 1)
  if (accepted) expect(last(arena.core)).toBeGreaterThan(0)
  else expect(() => last(arena.core)).toThrow('the tape is full')
})
