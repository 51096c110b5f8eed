/** Special numbers and unusual calls. */
import { describe, expect, test } from 'vitest'
import { checkOp, empty } from '../helpers/check-op.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as op from '../helpers/op-cases.js'

const TINY = 5e-324
const MAX = Number.MAX_VALUE
const SPECIAL = [0, -0, NaN, Infinity, -Infinity, TINY, -TINY, MAX, -MAX]
/** Each special number first and last in a row of an odd and of an even length. */
const specialRows = SPECIAL.flatMap((x) => [[x], [x, 1], [1, x], [x, -2, 1], [-2, 1, x]])
/** Logits in every part of exp: 0, next to it, the ends of the fast path and of the range. */
const FAR = [0, -TINY, -1e-9, -0.5, -2, -511.5, -512, -513, -700, -744, -745.2, -746, -1e6]

describe.each(BUILDS)('%s build', async (build) => {
  const arena = await arenaOn(build, { values: 60_000 })
  const { core } = arena

  test.each(['relu', 'relu2', 'tanh', 'gelu'] as const)('%s of special numbers', (name) => {
    for (const x of specialRows) {
      checkOp(arena, { ...op.unary(core, name)(1, x.length), data: [x] })
    }
  })

  test('relu and its slope at 0, -0 and NaN, to the sign', () => {
    const numbers = [0, -0, NaN, TINY, -TINY]
    for (const name of ['relu', 'relu2'] as const) {
      empty(arena)
      const x = arena.alloc([numbers.length])
      x.data.set(numbers)
      const y = core[name](x.address, numbers.length)
      core.setAccumulate(0, ~1)
      core.forward(0, 1)
      core.backward(0, 1, y, numbers.length, 3)
      const got = Array.from(arena.view(y, numbers.length))
      expect(got).toEqual([0, 0, 0, name === 'relu' ? TINY : 0, 0])
      expect(Array.from(x.grad)).toEqual([0, 0, 0, name === 'relu' ? 3 : 6 * TINY, 0])
    }
  })

  test.each(['add', 'mul'] as const)('%s of special numbers', (name) => {
    for (const x of specialRows) {
      for (const y of SPECIAL) {
        const data = [x, x.map(() => y)]
        checkOp(arena, { ...op.binary(name)(1, x.length), data })
      }
    }
  })

  test('softmax and cross-entropy of logits that are not finite', () => {
    for (const x of specialRows.filter((row) => !row.includes(NaN))) {
      checkOp(arena, { ...op.unary(core, 'softmax')(1, x.length), data: [x] })
      checkOp(arena, { ...op.crossEntropy(core, x.length, [1]), data: [x] })
    }
  })

  test('softmax of logits far apart, each in each place', () => {
    for (let shift = 0; shift < FAR.length; shift++) {
      for (const length of [FAR.length, FAR.length - 1]) {
        const x = [...FAR.slice(shift), ...FAR.slice(0, shift)].slice(0, length)
        checkOp(arena, { ...op.unary(core, 'softmax')(1, length), data: [x] })
        checkOp(arena, { ...op.crossEntropy(core, length, [1]), data: [x] })
      }
    }
  })

  test.each([3, 30, 300])('attention with scores of about %i', (factor) => {
    const [heads, dim, rows] = [2, 5, 37]
    const numbers = (seed: number) =>
      Array.from({ length: rows * heads * dim }, (_, i) => Math.sin(seed * (i + 1) ** 2))
    const [q, k, v] = [numbers(1.1), numbers(1.7), numbers(2.3)]
    const data = [q.map((x) => factor * x), k, v]
    checkOp(arena, { ...op.attention(core, heads, dim, [rows]), data })
  })

  test('backward seeds exactly the given numbers, and runs exactly the given records', () => {
    empty(arena)
    const x = arena.alloc([4])
    const y = core.scale(x.address, 2, 4)
    const z = core.scale(y, 10, 4)
    const w = core.scale(z, 100, 4)
    const gradients = () => [x.address, y, z, w].map((at) => Array.from(arena.gradient(at, 4)))
    const nines = [9, 9, 9, 9]
    for (const at of [x.address, y, z, w]) arena.gradient(at, 4).set(nines)
    core.setAccumulate(1, ~1)
    core.backward(1, 2, z, 2, 0.5)
    expect(gradients()).toEqual([nines, [5, 5, 90, 90], [0.5, 0.5, 9, 9], nines])
    core.setAccumulate(1, ~0)
    core.backward(0, 2, z, 3, -1)
    const dy = [5 - 10, 5 - 10, 90 - 10, 90 + 90]
    expect(gradients()).toEqual([dy.map((d) => 9 + 2 * d), dy, [-1, -1, -1, 9], nines])
  })

  test('forward runs exactly the given records', () => {
    empty(arena)
    const x = arena.alloc([1])
    x.data[0] = 3
    const y = core.scale(x.address, 2, 1)
    const z = core.scale(y, 5, 1)
    const w = core.scale(z, 7, 1)
    for (const at of [y, z, w]) arena.view(at, 1)[0] = 1
    core.forward(1, 2)
    expect([y, z, w].map((at) => arena.view(at, 1)[0])).toEqual([1, 5, 1])
    core.forward(0, 3)
    expect([y, z, w].map((at) => arena.view(at, 1)[0])).toEqual([6, 30, 210])
  })

  test('zeroGrad clears exactly the given numbers', () => {
    empty(arena)
    const x = arena.alloc([4])
    x.grad.set([1, 2, 3, 4])
    core.zeroGrad(x.address + 8, 2)
    expect(Array.from(x.grad)).toEqual([1, 0, 0, 4])
  })
})

test('debug build: backward rejects an op for inference', async () => {
  const { core, alloc } = await arenaOn('debug').then((arena) => ({
    core: arena.core,
    alloc: (count: number) => arena.alloc([count]).address,
  }))
  const [q, k, v] = [alloc(4), alloc(4), alloc(4)]
  const y = core.attentionCached(q, k, v, alloc(8), alloc(8), alloc(1), 1, 2, 2, 2)
  core.forward(0, 1)
  expect(() => core.backward(0, 1, y, 4, 1)).toThrow('this op is for inference only')
})
