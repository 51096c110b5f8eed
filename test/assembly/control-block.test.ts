/** Where instances on one memory write: each into its own lines and its own part of the scratch. */
import { describe, expect, test } from 'vitest'
import { Graph } from '../../src/index.js'
import { instances } from '../helpers/instances.js'

const LINE = 64
const UNTOUCHED = 1234.5
const FILL = 0xa5

/** Lines of the control block that a call changes; the last one is beyond the block. */
async function linesOf(count: number) {
  const { first, cores, lineOf } = await instances(count)
  const block = lineOf(0).byteOffset - 2 * LINE
  const lines = 2 + 2 * count
  const bytes = new Uint8Array(first.memory.buffer, block + LINE, LINE * lines)
  return {
    first,
    cores,
    /** The first line is the host's: it holds the layout, so it is left as it is. */
    changedBy(call: () => void) {
      bytes.fill(FILL)
      call()
      const at = [...bytes.keys()].filter((i) => bytes[i] !== FILL)
      return [...new Set(at.map((i) => 1 + Math.floor(i / LINE)))]
    },
  }
}

describe.each([1, 2, 5])('of %i instances', (count) => {
  test('each micro-batch has a line of the block, and so have the arguments of Adam', async () => {
    const { first, changedBy } = await linesOf(count)
    expect(changedBy(() => first.setUpdate(1, 2, 3, 4, 5))).toEqual([1])
    for (let i = 0; i < count; i++) {
      expect(changedBy(() => first.setMicroBatch(i, 1, 2, 16, 3, 4))).toEqual([2 + count + i])
    }
  })

  test('the block takes its records from the end of the tape', async () => {
    const records = 10 + 2 + 2 * count
    const { arena, first } = await instances(count, { params: 16, values: 99, scratch: 2, records })
    const g = new Graph(arena)
    const x = g.input(1, 1)
    for (let i = 0; i < 10; i++) g.relu(x)
    expect(first.tapeLength()).toBe(10)
    expect(() => g.relu(x)).toThrow()
  })
})

test('each instance works in its part of the scratch', async () => {
  const scratch = 3 * 402
  const plan = { params: 16, values: 4000, scratch, records: 64 }
  const { arena, cores, first } = await instances(3, plan)
  const start = (first.moments() >>> 0) + 2 * 8 * plan.params
  const numbers = new Float64Array(first.memory.buffer, start, scratch)
  const graphs = cores.map(() => {
    const g = new Graph(arena)
    const [x, w] = [g.input(40, 5), g.input(6, 5)]
    x.data.fill(1)
    w.data.fill(2)
    return { span: g.span, y: g.linear(x, w), to: g.span.to }
  })
  graphs.forEach(({ span, y, to }, i) => first.setMicroBatch(i, span.from, to, y.address, 240, 1))
  first.begin(first.FORWARD_BACKWARD.value, 3)
  const parts = cores.map((core) => {
    numbers.fill(UNTOUCHED)
    expect(core.takeShard()).toBeTruthy()
    const used = [...numbers.keys()].filter((i) => numbers[i] !== UNTOUCHED)
    return [used[0]!, used.at(-1)!] as const
  })
  parts.forEach(([from, to], i) => {
    expect(from, `${i}`).toBe((i * scratch) / 3)
    expect(to, `${i}`).toBeLessThan(((i + 1) * scratch) / 3)
  })
})

test('after its shards of a round, an instance computes whole gradients alone', async () => {
  const { arena, first } = await instances(3)
  const g = new Graph(arena)
  const [table, w] = [g.input(4, 2), g.input(3, 2)]
  table.data.set([1, 2, 3, 4, 5, 6, 7, 8])
  w.data.fill(1)
  const ids = g.ids(4, 4)
  ids.set([0, 1, 2, 3])
  const y = g.linear(g.embedding(table, ids), w)
  g.forward()
  const { from, to } = g.span
  first.setMicroBatch(0, from, to, y.address, y.count, 1)
  for (const job of [first.FORWARD_BACKWARD, first.WEIGHT_GRAD, first.UPDATE]) {
    first.begin(job.value, 1)
    while (first.takeShard()) continue
    w.grad.fill(7)
    table.grad.fill(7)
    g.backward(y)
    expect(Array.from(table.grad)).toEqual([3, 3, 3, 3, 3, 3, 3, 3])
    expect(Array.from(w.grad)).toEqual([16, 20, 16, 20, 16, 20])
  }
})
