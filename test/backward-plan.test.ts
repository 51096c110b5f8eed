/** Gradients are correct however values are shared, and whatever their memory contained. */
import { describe, expect, test } from 'vitest'
import { type Graph, Tensor } from '../src/index.js'
import { gaps } from '../src/engine/backward-plan.js'
import { BUILDS, graphOn } from './helpers/cores.js'

/** Junk in every gradient, so that one that is neither set nor cleared shows. */
function spoil({ arena }: Graph): void {
  arena.paramsGrad.fill(NaN)
  const all = arena.mark() - arena.paramsSpan.address
  arena.gradient(arena.paramsSpan.address, all / 8).fill(NaN)
}

const fill = (x: Tensor, ...numbers: number[]) => x.data.set(numbers)

describe.each(BUILDS)('%s build', (build) => {
  test('a value that is not read has no gradient', async () => {
    const g = await graphOn(build)
    const [x, idle] = [g.input(1, 2), g.input(1, 2)]
    fill(x, 3, 4)
    g.tanh(x)
    const y = g.scale(x, 2)
    g.forward()
    spoil(g)
    g.backward(y)
    expect([...x.grad]).toEqual([2, 2])
    expect([...idle.grad]).toEqual([0, 0])
  })

  test('a value that is read before and after the one that backward starts from', async () => {
    const g = await graphOn(build)
    const x = g.input(1, 2)
    fill(x, 3, 4)
    const y = g.scale(x, 2)
    const z = g.add(y, x)
    g.forward()
    for (const [from, want] of [
      [z, 3],
      [y, 2],
      [z, 3],
    ] as const) {
      spoil(g)
      g.backward(from)
      expect([...x.grad]).toEqual([want, want])
    }
  })

  test('a view with another shape, and one on a part', async () => {
    const g = await graphOn(build)
    const x = g.input(2, 2)
    fill(x, 1, 2, 3, 4)
    const turned = g.reshape(x, 1, 4)
    const part = new Tensor(g.arena, x.address + 16, [1, 2])
    const y = g.mean(g.mul(turned, turned))
    const z = g.add(y, g.mean(g.scale(part, 10)))
    g.forward()
    spoil(g)
    g.backward(z)
    expect([...x.grad]).toEqual([0.5, 1, 1.5 + 5, 2 + 5])
  })

  test('a view on the end of one value and the beginning of the next', async () => {
    const g = await graphOn(build)
    const [x, y] = [g.input(1, 2), g.input(1, 2)]
    fill(x, 1, 2)
    fill(y, 3, 4)
    expect(y.address).toBe(x.address + 16)
    const across = new Tensor(g.arena, x.address + 8, [1, 2])
    const each = g.add(g.mean(g.scale(x, 2)), g.mean(g.scale(y, 4)))
    const z = g.add(each, g.mean(g.scale(across, 10)))
    g.forward()
    spoil(g)
    g.backward(z)
    expect([...x.grad, ...y.grad]).toEqual([1, 6, 7, 2])
  })

  test('parameters: set anew, or added to, and those that no op reads', async () => {
    const g = await graphOn(build, { params: 8 })
    const w = g.arena.param(2, [1, 2])
    fill(w, 1, 2)
    const y = g.mul(w, w)
    g.forward()
    spoil(g)
    g.backward(y, 1, false)
    expect([...g.arena.paramsGrad]).toEqual([0, 0, 2, 4, 0, 0, 0, 0])
    g.backward(y, 1)
    expect([...g.arena.paramsGrad]).toEqual([0, 0, 4, 8, 0, 0, 0, 0])
    g.backward(y, 1, false)
    expect([...g.arena.paramsGrad]).toEqual([0, 0, 2, 4, 0, 0, 0, 0])
  })
})

test.each([
  ['nothing taken', [], [[0, 4]]],
  [
    'the middle',
    [[8, 2]],
    [
      [0, 1],
      [24, 1],
    ],
  ],
  [
    'both ends, out of order',
    [
      [24, 1],
      [0, 1],
    ],
    [[8, 2]],
  ],
  [
    'overlapping',
    [
      [0, 3],
      [8, 1],
    ],
    [[24, 1]],
  ],
  ['all', [[0, 4]], []],
])('what is left of a span: %s', (_, taken, free) => {
  const span = ([address, count]: number[]) => ({ address: address!, count: count! })
  expect(gaps(span([0, 4]), taken.map(span))).toEqual(free.map(span))
})
