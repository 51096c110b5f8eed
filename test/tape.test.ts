/** What a graph shows of its recorded ops: kept numbers, and running one op again. */
import { describe, expect, test } from 'vitest'
import type { Graph, Tensor } from '../src/index.js'
import { BUILDS, graphOn } from './helpers/cores.js'

const [ROWS, HEADS, SPAN] = [3, 2, 5]

/** A small model with each op that keeps something, on two documents of one and of two rows. */
function record(g: Graph) {
  const x = g.input(ROWS, 4)
  x.data.forEach((_, i) => (x.data[i] = Math.sin(i + 1)))
  const bounds = g.bounds(ROWS, 2, SPAN)
  bounds.set([1, 2])
  const normed = g.rmsnorm(x)
  const looked = g.attention(normed, x, x, bounds, HEADS)
  const targets = g.ids(ROWS, 4)
  targets.set([3, 0, 1])
  const loss = g.crossEntropy(looked, targets, bounds)
  return { x, normed, looked, loss, total: g.mean(loss) }
}

const kept = (g: Graph, op: string) => g.records.find((row) => row.op === op)!.kept
const sum = (numbers: Iterable<number>) => [...numbers].reduce((total, n) => total + n, 0)

describe.each(BUILDS)('%s build', (build) => {
  test('attention keeps its weights, row by row and head by head', async () => {
    const g = await graphOn(build)
    record(g)
    g.forward()
    const weights = kept(g, 'attention')
    expect(weights.length).toBe(ROWS * HEADS * (SPAN + 1))
    const seen = [1, 1, 2]
    for (let t = 0; t < ROWS; t++) {
      for (let head = 0; head < HEADS; head++) {
        const from = (t * HEADS + head) * (SPAN + 1)
        const row = [...weights.subarray(from, from + seen[t]!)]
        expect(row.every((weight) => weight > 0)).toBe(true)
        expect(sum(row)).toBeCloseTo(1, 14)
      }
    }
  })

  test('rmsnorm keeps its factors, crossEntropy its probabilities, mean nothing', async () => {
    const g = await graphOn(build)
    const { x, normed, looked, loss } = record(g)
    g.forward()
    const factors = kept(g, 'rmsnorm')
    expect(factors.length).toBe(ROWS + 1)
    normed.data.forEach((y, i) => expect(y).toBe(x.data[i]! * factors[Math.floor(i / 4)]!))
    const p = kept(g, 'crossEntropy')
    expect(p.length).toBe(looked.count)
    for (let t = 0; t < ROWS; t++) expect(sum(p.subarray(4 * t, 4 * t + 4))).toBeCloseTo(1, 14)
    expect(loss.data[0]).toBeCloseTo(-Math.log(p[3]!), 12)
    expect(kept(g, 'mean').length).toBe(0)
  })

  test('one op after the other, from the last to the first, is the way back', async () => {
    const g = await graphOn(build)
    const { total, x, normed, looked, loss } = record(g)
    const inside = [x, normed, looked, loss]
    g.forward()
    g.backward(total)
    const want = inside.map(({ grad }) => Array.from(grad))
    for (const { grad } of inside) grad.fill(NaN)
    for (let i = g.records.length - 1; i >= 0; i--) g.backwardOne(i)
    expect(inside.map(({ grad }) => Array.from(grad))).toEqual(want)
  })

  test('one op starts from the current gradient of its output', async () => {
    const g = await graphOn(build)
    const x = g.input(1, 2)
    const y: Tensor = g.scale(x, 3)
    g.forward()
    g.backward(y)
    y.grad.set([5, -7])
    g.backwardOne(0)
    expect([...x.grad]).toEqual([15, -21])
    expect([...y.grad]).toEqual([5, -7])
  })

  test('a missing op, and one before backward(), are rejected', async () => {
    const g = await graphOn(build)
    const { total } = record(g)
    g.forward()
    expect(() => g.backwardOne(0)).toThrow('backwardOne needs backward() before it, got none')
    g.backward(total)
    expect(() => g.backwardOne(4)).toThrow('backwardOne needs a record from 0 to 3, got 4')
    expect(() => g.forwardOne(-1)).toThrow('forwardOne needs a record from 0 to 3, got -1')
  })
})
