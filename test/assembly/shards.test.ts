/** Gradients of weights in shards: several instances, each of which sums its share of them. */
import { describe, test } from 'vitest'
import { Graph, Random } from '../../src/index.js'
import { type OpCase, empty, expectSame } from '../helpers/check-op.js'
import { instances } from '../helpers/instances.js'
import { zeros } from '../helpers/naive.js'
import * as op from '../helpers/op-cases.js'
import { PACKED, PANEL, TURNED, around, sliceOf } from '../helpers/thresholds.js'

const cases: OpCase[] = [
  ...[1, 3, PACKED - 1, PACKED, PACKED + 1].flatMap((rows) =>
    [1, 2, ...around(PANEL, TURNED)].map((nout) => op.linear(rows, 5, nout)),
  ),
  op.linear(PACKED, 128, 2 * sliceOf(128) + 3),
  ...[1, 2, 3, 7, 27].map((n) => op.addRow(5, n)),
  ...[1, 2, 3, 7, 27].flatMap((entries) => [1, 4, 5].map((n) => op.embedding(entries, n, 30))),
]

describe.each([2, 3, 5])('%i instances', async (count) => {
  const plan = { params: 16, values: 300_000, scratch: 50_000 * count, records: 64 }
  const { arena, cores, first } = await instances(count, plan)
  const random = new Random(3)
  const noise = (length: number) => Float64Array.from({ length }, () => random.gauss())
  /** The last instance begins: the order does not matter. */
  const round = (job: number) => {
    first.begin(job, 1)
    for (const core of cores.toReversed()) core.takeShard()
  }

  test.each(['set', 'added to'])('gradients are %s', (how) => {
    for (const { inputs, record, naive } of cases) {
      empty(arena)
      const g = new Graph(arena)
      const tensors = inputs.map((shape) => g.input(...shape))
      for (const { data } of tensors) data.set(noise(data.length))
      const seeded = g.input(1, 1)
      const y = record(g, tensors)
      const matrices = tensors.map(({ data, shape }) => ({ ...zeros(shape[0]!, shape[1]!), data }))
      const want = inputs.map(([rows, cols]) => zeros(rows, cols))
      if (how === 'added to') want.forEach(({ data }) => data.set(noise(data.length)))
      tensors.forEach(({ grad }, i) => (how === 'set' ? grad.fill(NaN) : grad.set(want[i]!.data)))
      const weights = tensors.at(-1)!
      const before = weights.grad.slice()
      const { from, to } = g.span
      first.setAccumulate(from, how === 'set' ? ~3 : -1)
      first.setMicroBatch(0, from, to, seeded.address, 1, 0)

      round(first.FORWARD.value)
      const plain = naive.forward(matrices)
      expectSame(y.data, plain.data)
      const dy = { ...plain, data: noise(y.count) }
      y.grad.set(dy.data)
      round(first.FORWARD_BACKWARD.value)
      expectSame(weights.grad, before, 'a weight before its round')
      round(first.WEIGHT_GRAD.value)
      naive.backward(matrices, want, plain, dy)
      tensors.forEach(({ grad }, i) => expectSame(grad, want[i]!.data, `input ${i}`))
    }
  })
})
