/** What a graph refuses, with the sentence, and what it accepts at the limit. */
import { describe, expect, test } from 'vitest'
import { Bounds, Graph, GraphError, type Tensor } from '../../src/index.js'
import { arenaOn, graphOn } from '../helpers/cores.js'

const g = await graphOn('release', { values: 20_000, records: 64 })
const other = await graphOn('release')
const [x23, x32, x24, x43, x1, x3, x13] = [
  ...[g.input(2, 3), g.input(3, 2), g.input(2, 4), g.input(4, 3)],
  ...[g.input(1), g.input(3), g.input(1, 3)],
] as const
const [x21, x233] = [g.input(2, 1), g.input(2, 3, 3)]
const ids = { two: g.ids(2, 3), three: g.ids(3, 3), below4: g.ids(2, 4), below2: g.ids(2, 2) }
const bounds = { two: g.bounds(2), three: g.bounds(3), docs: g.bounds(2, 2) }
const caches = { keys: g.input(6, 4), values: g.input(6, 4), positions: g.ids(2, 3) }
const positions = { three: g.ids(3, 3), below4: g.ids(2, 4) }
const foreign = other.input(2, 3)
const wide = new Bounds(g.ids(2, 3), 2, 2 ** 31)

describe('an op', () => {
  test.each<[string, () => unknown]>([
    ['param needs whole numbers above 0, got [0]', () => g.param(0)],
    ['param needs whole numbers above 0, got []', () => g.param()],
    ['input needs whole numbers above 0, got [2, 1.5]', () => g.input(2, 1.5)],
    ['ids needs whole numbers above 0, got [0, 1]', () => g.ids(0, 1)],
    ['ids needs whole numbers above 0, got [1, 0]', () => g.ids(1, 0)],
    ['bounds needs whole numbers above 0, got [0, 1, 0]', () => g.bounds(0)],
    ['bounds needs whole numbers above 0, got [1, 0, 1]', () => g.bounds(1, 0)],
    ['bounds needs whole numbers above 0, got [1, 1, -1]', () => g.bounds(1, 1, -1)],
    ['reshape needs whole numbers above 0, got [-6]', () => g.reshape(x23, -6)],
    ['reshape needs a shape of 6 numbers, got [7]', () => g.reshape(x23, 7)],
    [
      "reshape needs tensors of the graph's arena, got one of another arena",
      () => g.reshape(foreign, 6),
    ],
    ['embedding needs a tensor of two dimensions, got [3]', () => g.embedding(x3, ids.two)],
    ['embedding needs ids below 3, got ids below 4', () => g.embedding(x32, ids.below4)],
    ['linear needs a tensor of two dimensions, got [3]', () => g.linear(x3, x23)],
    ['linear needs a tensor of two dimensions, got [2, 3, 3]', () => g.linear(x23, x233)],
    ['linear needs x [rows, 4] for w [2, 4], got [2, 3]', () => g.linear(x23, x24)],
    [
      "linear needs tensors of the graph's arena, got one of another arena",
      () => g.linear(x23, foreign),
    ],
    ['matmul needs a tensor of two dimensions, got [3]', () => g.matmul(x3, x32)],
    ['matmul needs a tensor of two dimensions, got [1]', () => g.matmul(x23, x1)],
    ['matmul needs a [m, 2] for b [2, 4], got [2, 3]', () => g.matmul(x23, x24)],
    ['rmsnorm needs a tensor of two dimensions, got [3]', () => g.rmsnorm(x3)],
    ['softmax needs a tensor of two dimensions, got [3]', () => g.softmax(x3)],
    ['add needs tensors of one shape, [2, 3], got [3, 2]', () => g.add(x23, x32)],
    ['sub needs tensors of one shape, [2, 3], got [3, 2]', () => g.sub(x23, x32)],
    ['mul needs tensors of one shape, [2, 3], got [3, 2]', () => g.mul(x23, x32)],
    ['addRow needs a tensor of two dimensions, got [3]', () => g.addRow(x3, x3)],
    ['addRow needs b [3] for x [rows, 3], got [1]', () => g.addRow(x23, x1)],
    ['addRow needs b [3] for x [rows, 3], got [2, 3]', () => g.addRow(x43, x23)],
    ['addRow needs b [2] for x [rows, 2], got [2, 1]', () => g.addRow(x32, x21)],
    [
      'attention needs a tensor of two dimensions, got [3]',
      () => g.attention(x3, x3, x3, bounds.three, 1),
    ],
    [
      'attention needs tensors of one shape, [2, 3], got [2, 4]',
      () => g.attention(x23, x24, x23, bounds.two, 1),
    ],
    [
      'attention needs tensors of one shape, [2, 3], got [2, 4]',
      () => g.attention(x23, x23, x24, bounds.two, 1),
    ],
    ['attention needs heads that divide 3, got 2', () => g.attention(x23, x23, x23, bounds.two, 2)],
    [
      'attention needs whole numbers above 0, got [0]',
      () => g.attention(x23, x23, x23, bounds.two, 0),
    ],
    [
      'attention needs bounds of 2 rows, got bounds of 3',
      () => g.attention(x23, x23, x23, bounds.three, 1),
    ],
    [
      'attention needs documents of at most 2147483647 rows, got 2147483648',
      () => g.attention(x23, x23, x23, wide, 1),
    ],
    ['crossEntropy needs a tensor of two dimensions, got [3]', () => g.crossEntropy(x3, ids.three)],
    ['crossEntropy needs 2 targets below 3, got 3 below 3', () => g.crossEntropy(x23, ids.three)],
    ['crossEntropy needs 2 targets below 3, got 2 below 4', () => g.crossEntropy(x23, ids.below4)],
    [
      'crossEntropy needs bounds of 2 rows, got bounds of 3',
      () => g.crossEntropy(x23, ids.two, bounds.three),
    ],
    [
      'attentionCached needs caches [2 x the longest sequence, 3], got [6, 4]',
      () => g.attentionCached(x23, x23, x23, caches, 1),
    ],
    [
      'attentionCached needs caches [4 x the longest sequence, 3], got [6, 4]',
      () => g.attentionCached(x43, x43, x43, caches, 1),
    ],
    [
      'attentionCached needs tensors of one shape, [2, 4], got [2, 3]',
      () => g.attentionCached(x24, x23, x24, caches, 1),
    ],
    [
      'attentionCached needs tensors of one shape, [2, 4], got [2, 3]',
      () => g.attentionCached(x24, x24, x23, caches, 1),
    ],
    [
      'attentionCached needs tensors of one shape, [6, 4], got [2, 4]',
      () => g.attentionCached(x24, x24, x24, { ...caches, values: x24 }, 1),
    ],
    [
      'attentionCached needs heads that divide 4, got 3',
      () => g.attentionCached(x24, x24, x24, caches, 3),
    ],
    [
      'attentionCached needs 2 positions below 3, got 3 below 3',
      () => g.attentionCached(x24, x24, x24, { ...caches, positions: positions.three }, 1),
    ],
    [
      'attentionCached needs 2 positions below 3, got 2 below 4',
      () => g.attentionCached(x24, x24, x24, { ...caches, positions: positions.below4 }, 1),
    ],
    ['backward needs forward() before it, got none', () => g.backward(x23)],
  ])('%s', (message, call) => {
    const before = g.records.length
    expect(call).toThrow(new GraphError(message))
    expect(g.records).toHaveLength(before)
  })

  test.each<[string, readonly number[], () => Tensor]>([
    ['embedding', [2, 2], () => g.embedding(x32, ids.two)],
    ['embedding', [2, 2], () => g.embedding(x32, ids.below2)],
    ['linear', [2, 4], () => g.linear(x23, x43)],
    ['matmul', [2, 2], () => g.matmul(x23, x32)],
    ['rmsnorm', [2, 3], () => g.rmsnorm(x23)],
    ['softmax', [2, 3], () => g.softmax(x23)],
    ['relu', [3], () => g.relu(x3)],
    ['relu2', [3], () => g.relu2(x3)],
    ['tanh', [3], () => g.tanh(x3)],
    ['gelu', [3], () => g.gelu(x3)],
    ['sigmoid', [3], () => g.sigmoid(x3)],
    ['elementwiseExp', [3], () => g.exp(x3)],
    ['elementwiseLog', [3], () => g.log(x3)],
    ['add', [2, 3], () => g.add(x23, x23)],
    ['sub', [2, 3], () => g.sub(x23, x23)],
    ['mul', [2, 3], () => g.mul(x23, x23)],
    ['scale', [2, 3], () => g.scale(x23, 2)],
    ['addRow', [4, 3], () => g.addRow(x43, x3)],
    ['addRow', [4, 3], () => g.addRow(x43, x13)],
    ['sum', [1], () => g.sum(x23)],
    ['mean', [1], () => g.mean(x23)],
    ['attention', [2, 4], () => g.attention(x24, x24, x24, bounds.two, 4)],
    ['crossEntropy', [1], () => g.crossEntropy(x23, ids.two)],
    ['crossEntropy', [1], () => g.crossEntropy(x23, ids.below2)],
    ['crossEntropy', [2], () => g.crossEntropy(x23, ids.two, bounds.docs)],
    ['attentionCached', [2, 4], () => g.attentionCached(x24, x24, x24, caches, 2)],
  ])('%s to %j is recorded under its name', (op, shape, call) => {
    const output = call()
    expect(output.shape).toEqual(shape)
    expect(g.records.at(-1)).toMatchObject({ op, output })
  })

  test('without a backward is named by the first one', () => {
    g.attentionCached(x24, x24, x24, caches, 2)
    g.forward()
    const message = 'backward needs ops that have a backward, got attentionCached'
    expect(() => g.backward(x23)).toThrow(new GraphError(message))
  })
})

describe('backward', () => {
  test('begins at a tensor of the graph, of its arena', async () => {
    const arena = await arenaOn('release')
    const before = arena.alloc([2])
    const graph = new Graph(arena)
    const x = graph.input(2)
    const y = graph.relu(x)
    graph.forward()
    const after = arena.alloc([2])
    for (const tensor of [before, after]) {
      expect(() => graph.backward(tensor)).toThrow('backward needs a tensor of this graph, got [2]')
    }
    expect(() => graph.backward(foreign)).toThrow("backward needs tensors of the graph's arena")
    for (const tensor of [x, y]) expect(() => graph.backward(tensor)).not.toThrow()
  })
})
