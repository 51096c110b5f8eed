/** What the host and well-behaved numbers seldom lead to. */
import { describe, expect, test } from 'vitest'
import { BUILDS, arenaOn } from '../helpers/cores.js'

describe.each(BUILDS)('%s build', (build) => {
  test('softmax over logits far apart: each weight has the bits of exp', async () => {
    const { core, alloc } = await opened(build)
    const logits = [0, -511.5, -513, -700, -744, -746, -1e6, -1e-9, -0.5, -1000, -2]
    const x = alloc(logits.length)
    x.data.set(logits)
    const y = core.softmax(x.address, 1, logits.length)
    core.forward(0, 1)
    const e = logits.map((v) => core.exp(v))
    const sum = e.reduce((total, v) => total + v, 0)
    const got = new Float64Array(core.memory.buffer, y, logits.length)
    expect(Array.from(got)).toEqual(e.map((v) => v * (1 / sum)))
  })
})

test('debug build: no way back over an op that is for inference', async () => {
  const { core, alloc } = await opened('debug')
  const at = (count: number) => alloc(count).address
  const [q, k, v, keys, values, position] = [at(4), at(4), at(4), at(8), at(8), at(1)]
  const y = core.attentionCached(q, k, v, keys, values, position, 1, 2, 2, 2)
  core.forward(0, 1)
  expect(() => core.backward(0, 1, y, 4, 1)).toThrow('this op is for inference only')
})

async function opened(build: (typeof BUILDS)[number]) {
  const arena = await arenaOn(build)
  return { core: arena.core, alloc: (count: number) => arena.alloc([count]) }
}
