/** An op more in model.ts needs no change anywhere else: the memory plan is counted. */
import { describe, expect, test, vi } from 'vitest'
import type { Graph } from '../../src/engine/graph.js'
import type { Tensor } from '../../src/engine/tensor.js'
import { MicroGPT } from '../../src/gpt/microgpt.js'

/** Ops that the model gets besides: each from its logits, [rows, vocab_size], to the same. */
const INSERTED: Record<string, (g: Graph, x: Tensor) => Tensor> = {
  'one that allocates': (g, x) => g.add(g.scale(g.tanh(x), 0.1), x),
  'one that keeps numbers': (g, x) => g.rmsnorm(x),
  'one that needs more scratch than the model': (g, x) => {
    const [rows, n] = x.shape as [number, number]
    const wide = g.matmul(x, g.input(n, 900))
    return g.add(x, g.matmul(wide, g.input(900, n)).count === rows * n ? x : x)
  },
}

let inserted: (g: Graph, x: Tensor) => Tensor = (_, x) => x
vi.mock('../../src/gpt/model.js', async (load) => {
  const model = await load<typeof import('../../src/gpt/model.js')>()
  const gpt: typeof model.gpt = (g, ...rest) => inserted(g, model.gpt(g, ...rest))
  return { ...model, gpt }
})

describe.each([1, 2])('%i threads', (threads) => {
  test.each(Object.entries(INSERTED))('%s', async (_, op) => {
    inserted = op
    const docs = ['anna', 'hannah', 'nan', 'ava', 'viv', 'ivan']
    const gpt = await MicroGPT.create({ docs, threads, config: { batch_size: 4, num_steps: 60 } })
    const losses = Array.from(gpt.train(), ({ loss }) => loss)
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.3)
    expect(gpt.sample({ count: 70, sideBySide: true })).toHaveLength(70)
    gpt.free()
  })
})
