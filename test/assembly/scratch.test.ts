/** An op asks for at least as much scratch as it writes; otherwise it would overwrite the tape. */
import { expect, test } from 'vitest'
import type { Core } from '../../src/index.js'
import { empty } from '../helpers/check-op.js'
import { arenaOn } from '../helpers/cores.js'
import { PACKED, PANEL, around, sliceOf } from '../helpers/thresholds.js'

const UNTOUCHED = 1234.5
const PARAMS = 16
const plan = { params: PARAMS, values: 300_000, scratch: 100_000, records: 4 }

/** Numbers of the operands, and the op on them; gives its output. */
interface Case {
  counts: number[]
  record(core: Core, at: number[]): number
}

const linear = (rows: number, nin: number, nout: number): Case => ({
  counts: [rows * nin, nout * nin],
  record: (core, [x, w]) => core.linear(x!, w!, rows, nin, nout),
})
const matmul = (m: number, k: number, n: number): Case => ({
  counts: [m * k, k * n],
  record: (core, [a, b]) => core.matmul(a!, b!, m, k, n),
})
const softmax = (rows: number, n: number): Case => ({
  counts: [rows * n],
  record: (core, [x]) => core.softmax(x!, rows, n),
})
/** One document of all rows. */
const attention = (rows: number, heads: number, dim: number): Case => {
  const count = rows * heads * dim
  return {
    counts: [count, count, count, 1],
    record(core, [q, k, v, bounds]) {
      new Int32Array(core.memory.buffer, bounds, 2).set([0, rows])
      return core.attention(q!, k!, v!, bounds!, rows, 1, heads, dim, rows)
    },
  }
}

const cases: [string, Case][] = [
  ...[2, ...around(PACKED)].flatMap((rows) =>
    [1, 3, 4, 5, ...around(PANEL)].flatMap((n): [string, Case][] => [
      [`linear ${rows}, ${n}, 5`, linear(rows, n, 5)],
      [`linear ${rows}, 5, ${n}`, linear(rows, 5, n)],
      [`matmul ${rows}, ${n}, 3`, matmul(rows, n, 3)],
      [`attention ${rows}, 2 heads of ${n}`, attention(rows, 2, n)],
    ]),
  ),
  ...around(sliceOf(96)).map((n): [string, Case] => [`linear 33, 96, ${n}`, linear(33, 96, n)]),
  ...[1, 2, 7, 8, 9].map((n): [string, Case] => [`softmax ${n}`, softmax(3, n)]),
]

const wide = await arenaOn('release', plan)

/** Numbers of scratch up to the last one that forward and backward write. */
function used({ counts, record }: Case): number {
  const { core } = wide
  empty(wide)
  const start = (core.moments() >>> 0) + 2 * 8 * PARAMS
  const scratch = new Float64Array(core.memory.buffer, start, plan.scratch).fill(UNTOUCHED)
  const operands = counts.map((count) => wide.alloc([count]))
  for (const { data } of operands) data.forEach((_, i) => (data[i] = Math.sin(i)))
  const y = record(
    core,
    operands.map(({ address }) => address),
  )
  core.forward(0, 1)
  core.backward(0, 1, y, 1, 1)
  return scratch.findLastIndex((x) => x !== UNTOUCHED) + 1
}

test.each(cases)('%s', async (_, one) => {
  const need = used(one)
  // The tape begins at a multiple of eight numbers: up to seven more are available.
  const scratch = Math.max(0, need - 8)
  const { core, alloc } = await arenaOn('debug', { ...plan, scratch }).then((arena) => ({
    core: arena.core,
    alloc: (count: number) => arena.alloc([count]).address,
  }))
  const at = one.counts.map(alloc)
  if (need > 0) expect(() => one.record(core, at)).toThrow('not enough scratch')
  else expect(one.record(core, at)).toBeGreaterThan(0)
})
