/** Every op, in both builds: one line a case. */
import { describe, test } from 'vitest'
import type { Core, Graph, Tensor } from '../../src/index.js'
import { checkOp, type OpCase } from '../helpers/check-op.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as naive from '../helpers/naive.js'

const SIZES = [1, 2, 3, 7, 16, 27, 64]
const mixes = SIZES.flatMap((a) => SIZES.flatMap((b) => SIZES.map((c) => [a, b, c] as const)))
const pairs = SIZES.flatMap((a) => SIZES.map((b) => [a, b] as const))
/** Three documents, of 1, 4 and 2 rows. */
const PACKED = [1, 4, 2]

const unary = (op: 'relu' | 'relu2' | 'tanh' | 'gelu' | 'mean' | 'rmsnorm' | 'softmax') => {
  return (g: Graph, [x]: Tensor[]) => g[op](x!)
}

describe.each(BUILDS)('%s build', async (build) => {
  const arena = await arenaOn(build)
  const core: Core = arena.core
  const check = (cases: OpCase[]) => () => cases.forEach((one) => checkOp(arena, one))
  const over = (
    sizes: readonly (readonly [number, number])[],
    record: OpCase['record'],
    plain: OpCase['naive'],
    inputs = 1,
  ) => check(sizes.map(([a, b]) => ({ inputs: Array(inputs).fill([a, b]), record, naive: plain })))

  test('linear', check(mixes.map(([t, i, o]) => linear(t, i, o))))
  test('matmul', check(mixes.map(([m, k, n]) => matmul(m, k, n))))
  test('relu', over(pairs, unary('relu'), naive.relu))
  test('relu2', over(pairs, unary('relu2'), naive.relu2))
  test('tanh', over(pairs, unary('tanh'), naive.tanh(core)))
  test('gelu', over(pairs, unary('gelu'), naive.gelu(core)))
  test('mean', over(pairs, unary('mean'), naive.mean))
  test('rmsnorm', over(pairs, unary('rmsnorm'), naive.rmsnorm))
  test('softmax', over(pairs, unary('softmax'), naive.softmax(core)))
  test(
    'scale',
    over(pairs, (g, [x]) => g.scale(x!, -1.7), naive.scale(-1.7)),
  )
  test(
    'add',
    over(pairs, (g, [a, b]) => g.add(a!, b!), naive.add, 2),
  )
  test(
    'mul',
    over(pairs, (g, [a, b]) => g.mul(a!, b!), naive.mul, 2),
  )
  test('add of a value to itself', check([self('add', 3, 5)]))
  test('mul of a value with itself', check([self('mul', 3, 5)]))
  test('embedding', check(pairs.map(([v, n]) => embedding(v, n))))
  test('cross-entropy', check(pairs.map(([t, n]) => crossEntropy(core, n, [t]))))
  test('cross-entropy of packed documents', check([crossEntropy(core, 5, PACKED)]))
  test('attention', check(attentions(core)))
  test('attention over packed documents', check([attention(core, 3, 5, PACKED)]))
})

/** Central differences only where they are cheap. */
const small = (...sizes: number[]) => sizes.reduce((a, b) => a * b) < 500

const linear = (t: number, i: number, o: number): OpCase => ({
  inputs: [
    [t, i],
    [o, i],
  ],
  record: (g, [x, w]) => g.linear(x!, w!),
  naive: naive.linear,
  gradcheck: small(t, i, o),
})

const matmul = (m: number, k: number, n: number): OpCase => ({
  inputs: [
    [m, k],
    [k, n],
  ],
  record: (g, [a, b]) => g.matmul(a!, b!),
  naive: naive.matmul,
  gradcheck: small(m, k, n),
})

/** A binary op whose two inputs are one tensor. */
const self = (op: 'add' | 'mul', a: number, b: number): OpCase => ({
  inputs: [[a, b]],
  record: (g, [x]) => g[op](x!, x!),
  naive: {
    forward: ([x]) => naive[op].forward([x!, x!]),
    backward: ([x], [dx], y, dy) => naive[op].backward([x!, x!], [dx!, dx!], y, dy),
  },
})

/** Seven rows of a table; some come more than once. */
const embedding = (v: number, n: number): OpCase => {
  const ids = Array.from({ length: 7 }, (_, t) => (t * t) % v)
  return {
    inputs: [[v, n]],
    record: (g, [table]) => {
      const given = g.ids(ids.length, v)
      given.set(ids)
      return g.embedding(table!, given)
    },
    naive: naive.embedding(ids),
  }
}

const crossEntropy = (core: Core, n: number, lengths: number[]): OpCase => {
  const rows = lengths.reduce((a, b) => a + b)
  const targets = Array.from({ length: rows }, (_, t) => (3 * t) % n)
  return {
    inputs: [[rows, n]],
    record: (g, [logits]) => {
      const given = g.ids(rows, n)
      given.set(targets)
      const bounds = g.bounds(rows, lengths.length)
      bounds.set(lengths)
      return g.crossEntropy(logits!, given, lengths.length === 1 ? undefined : bounds)
    },
    naive: naive.crossEntropy(core, targets, lengths),
  }
}

const attention = (core: Core, heads: number, dim: number, lengths: number[]): OpCase => {
  const rows = lengths.reduce((a, b) => a + b)
  return {
    inputs: Array(3).fill([rows, heads * dim]),
    record: (g, [q, k, v]) => {
      const bounds = g.bounds(rows, lengths.length, Math.max(...lengths))
      bounds.set(lengths)
      return g.attention(q!, k!, v!, bounds, heads)
    },
    naive: naive.attention(core, heads, lengths),
  }
}

const attentions = (core: Core) =>
  [1, 2, 3, 7, 16, 27].flatMap((t) => [
    attention(core, 1, 1, [t]),
    attention(core, 4, 4, [t]),
    attention(core, 3, 7, [t]),
    attention(core, 2, 16, [t]),
  ])
