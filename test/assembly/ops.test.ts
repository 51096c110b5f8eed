/** Every op at small sizes, in both builds: one line per case. */
import { describe, test } from 'vitest'
import { type OpCase, checkOp } from '../helpers/check-op.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as op from '../helpers/op-cases.js'

const SIZES = [1, 2, 3, 7, 16, 27, 64]
const mixes = SIZES.flatMap((a) => SIZES.flatMap((b) => SIZES.map((c) => [a, b, c] as const)))
const pairs = SIZES.flatMap((a) => SIZES.map((b) => [a, b] as const))
/** Three documents, of 1, 4 and 2 rows. */
const PACKED = [1, 4, 2]

describe.each(BUILDS)('%s build', async (build) => {
  const arena = await arenaOn(build, { values: 60_000 })
  const { core } = arena
  const check = (cases: OpCase[]) => () => cases.forEach((one) => checkOp(arena, one))
  const over = (of: (rows: number, cols: number) => OpCase) =>
    check(pairs.map(([rows, cols]) => of(rows, cols)))

  test('linear', check(mixes.map(([t, i, o]) => op.linear(t, i, o))))
  test('matmul', check(mixes.map(([m, k, n]) => op.matmul(m, k, n))))
  test('relu', over(op.unary(core, 'relu')))
  test('relu2', over(op.unary(core, 'relu2')))
  test('tanh', over(op.unary(core, 'tanh')))
  test('gelu', over(op.unary(core, 'gelu')))
  test('sigmoid', over(op.unary(core, 'sigmoid')))
  test('exp', over(op.unary(core, 'exp')))
  test(
    'log',
    over((t, n) => op.logarithm(core, t, n)),
  )
  test('sum', over(op.unary(core, 'sum')))
  test('mean', over(op.unary(core, 'mean')))
  test('rmsnorm', over(op.unary(core, 'rmsnorm')))
  test('softmax', over(op.unary(core, 'softmax')))
  test('scale', over(op.scale))
  const double = op.elementwise(
    (g, x) => g.scale(x, 2),
    (x) => 2 * x,
    () => 2,
  )
  test('scale, written as one line', over(double))
  test('add', over(op.binary('add')))
  test('sub', over(op.binary('sub')))
  test('mul', over(op.binary('mul')))
  test('addRow', over(op.addRow))
  test('add of a value to itself', check([op.self('add', 3, 5)]))
  test('sub of a value from itself', check([op.self('sub', 3, 5)]))
  test('mul of a value with itself', check([op.self('mul', 3, 5)]))
  test(
    'embedding',
    over((v, n) => op.embedding(v, n)),
  )
  test(
    'cross-entropy',
    over((t, n) => op.crossEntropy(core, n, [t])),
  )
  test('cross-entropy of packed documents', check([op.crossEntropy(core, 5, PACKED)]))
  test('attention', check(attentions()))
  test('attention over packed documents', check([op.attention(core, 3, 5, PACKED)]))

  function attentions(): OpCase[] {
    return [1, 2, 3, 7, 16, 27].flatMap((t) => [
      op.attention(core, 1, 1, [t]),
      op.attention(core, 4, 4, [t]),
      op.attention(core, 3, 7, [t]),
      op.attention(core, 2, 16, [t]),
    ])
  }
})
