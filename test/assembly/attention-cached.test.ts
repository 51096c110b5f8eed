/**
 * Attention with a cache of keys and values gives the rows of attention over the whole document.
 */
import { describe, expect, test } from 'vitest'
import { Random } from '../../src/index.js'
import { empty, expectSame } from '../helpers/check-op.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as naive from '../helpers/naive.js'
import { ATTENTION, PANEL, TERMS, around } from '../helpers/thresholds.js'

interface Shape {
  heads: number
  dim: number
  /** Rows of the cache. */
  span: number
  /** Rows of each document; they are fed in parallel. */
  lengths: number[]
}

describe.each(BUILDS)('%s build', async (build) => {
  const arena = await arenaOn(build)
  const { core } = arena

  function check({ heads, dim, span, lengths }: Shape): void {
    empty(arena)
    const n = heads * dim
    const docs = lengths.length
    const total = lengths.reduce((a, b) => a + b)
    const random = new Random(n + total)
    const matrix = () => {
      const x = naive.zeros(total, n)
      x.data.forEach((_, i) => (x.data[i] = random.gauss()))
      return x
    }
    const all = [matrix(), matrix(), matrix()] as const
    const want = naive.attention(core, heads, lengths).forward([...all]).data
    const [q, k, v] = [arena.alloc([docs, n]), arena.alloc([docs, n]), arena.alloc([docs, n])]
    const caches = [arena.alloc([docs * span, n]), arena.alloc([docs * span, n])] as const
    for (const { data } of caches) data.fill(NaN)
    const position = arena.alloc([docs])
    const positions = new Int32Array(core.memory.buffer, position.address, docs)
    const at = [q, k, v, ...caches, position].map(({ address }) => address)
    const [aq, ak, av, keys, values, where] = at as [number, number, number, number, number, number]
    const y = core.attentionCached(aq, ak, av, keys, values, where, docs, heads, dim, span)
    const fence = arena.alloc([8])
    fence.data.fill(7)

    for (let t = 0; t < Math.max(...lengths); t++) {
      // A document that has ended feeds its last row again.
      const rows = lengths.map((length, d) => {
        positions[d] = Math.min(t, length - 1)
        return lengths.slice(0, d).reduce((a, b) => a + b, 0) + positions[d]!
      })
      const row = (x: Float64Array, r: number) => x.subarray(r * n, (r + 1) * n)
      rows.forEach((r, d) => {
        ;[q, k, v].forEach(({ data }, i) => data.set(row(all[i]!.data, r), d * n))
      })
      core.forward(0, 1)
      const got = arena.view(y, docs * n)
      rows.forEach((r, d) => expectSame(row(got, d), row(want, r), `document ${d}, row ${t}`))
    }
    // Each cache contains its document's rows, and nothing after them.
    let first = 0
    lengths.forEach((length, d) => {
      caches.forEach(({ data }, i) => {
        const cache = data.subarray(d * span * n, (d + 1) * span * n)
        const fed = all[i + 1]!.data.subarray(first * n, (first + length) * n)
        expectSame(cache.subarray(0, length * n), fed, 'cache')
        expect(cache.subarray(length * n).every(Number.isNaN)).toBe(true)
      })
      first += length
    })
    expect(fence.data.every((x) => x === 7)).toBe(true)
  }

  test.each(Array.from({ length: 2 * PANEL + 1 }, (_, i) => i + 1))('heads of %i', (dim) => {
    check({ heads: 1, dim, span: 6, lengths: [6] })
    check({ heads: 2, dim, span: PANEL + 3, lengths: [3, PANEL + 2, 1] })
  })

  test.each(around(ATTENTION, 2 * ATTENTION, 4 * ATTENTION))('documents of up to %i', (span) => {
    check({ heads: 3, dim: 4, span, lengths: [span, span - 1, 1] })
    check({ heads: 2, dim: 5, span: span + 1, lengths: [1, span] })
  })

  test.each(around(TERMS))('sums of %i', (n) => {
    check({ heads: 1, dim: 3, span: n, lengths: [n] })
    check({ heads: 1, dim: n, span: 9, lengths: [9] })
  })

  test.each([-1, 4, 2 ** 31 - 1])('traps at position %i of a cache of 4', (position) => {
    empty(arena)
    const x = arena.alloc([8]).address
    const at = arena.alloc([1]).address
    core.attentionCached(x, x, x, x, x, at, 1, 1, 2, 4)
    new Int32Array(core.memory.buffer, at, 1)[0] = position
    expect(() => core.forward(0, 1)).toThrow(WebAssembly.RuntimeError)
  })
})
