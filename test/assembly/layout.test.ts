/** Where the parts of the arena begin, and how many pages it takes: as assembly/arena.ts draws it. */
import { describe, expect, test } from 'vitest'
import { loadCore } from '../../src/index.js'
import { type ThreadsCore, sharedMemory, startCore } from '../../src/engine/core.js'
import { BUILDS, moduleOf, threadsBytes } from '../helpers/cores.js'

const PAGE = 65536
const RECORD = 64
/** Kernels read whole vectors past the last column. */
const TAIL = 64
const even = (count: number) => count + (count % 2)
const aligned = (address: number) => Math.ceil(address / 64) * 64

type Plan = readonly [params: number, values: number, scratch: number, records: number]

/** What follows from where the arena begins. */
function layout(base: number, [params, values, scratch, records]: Plan) {
  const gap = 8 * (even(params) + even(values))
  const moments = base + 2 * gap
  const tape = aligned(moments + 16 * even(params) + 8 * even(scratch))
  const end = tape + RECORD * records
  return {
    gap,
    moments,
    top: base + 8 * even(params),
    tape,
    end,
    pages: Math.ceil((end + TAIL) / PAGE),
  }
}

describe.each(BUILDS)('%s build', (build) => {
  const reserved = async (...plan: Plan) => {
    const core = await loadCore(moduleOf(build))
    const before = core.memory.buffer.byteLength / PAGE
    const base = core.reserve(...plan) >>> 0
    return { core, base, before, pages: core.memory.buffer.byteLength / PAGE }
  }

  test.each<Plan>([
    [0, 0, 0, 0],
    [1, 0, 0, 0],
    [2, 1, 0, 1],
    [3, 4, 5, 6],
    [16, 15, 14, 13],
    [1001, 20_003, 5001, 77],
  ])('%i parameters, %i values, %i of scratch, %i records', async (...plan) => {
    const { core, base, before, pages } = await reserved(...plan)
    const want = layout(base, plan)
    expect(base % 64).toBe(0)
    expect(core.gradientGap() >>> 0).toBe(want.gap)
    expect(core.moments() >>> 0).toBe(want.moments)
    expect(core.mark() >>> 0).toBe(want.top)
    expect(pages).toBe(Math.max(before, want.pages))
  })

  test('takes a further page from the first byte on that it needs', async () => {
    const { base } = await reserved(0, 0, 0, 0)
    const free = PAGE - (layout(base, [0, 0, 0, 0]).end % PAGE)
    const fitting = 3 * (PAGE / RECORD) + (free - TAIL) / RECORD
    for (const [records, more] of [
      [fitting, 0],
      [fitting + 1, 1],
    ] as const) {
      const { pages } = await reserved(0, 0, 0, records)
      expect(pages).toBe(layout(base, [0, 0, 0, fitting]).pages + more)
    }
  })

  test('what WebAssembly cannot have is refused, and nothing is taken', async () => {
    const { core, base, before, pages } = await reserved(2 ** 31, 2 ** 31, 2 ** 31, 2 ** 31)
    expect(base).toBe(0)
    expect(pages).toBe(before)
    expect(core.reserve(0, 2 ** 29, 0, 0)).toBe(0)
    expect(core.reserve(2, 4, 0, 1)).toBeGreaterThan(0)
  })
})

test('several instances have the tape where one has it, and their block at its end', async () => {
  const module = await WebAssembly.compile(threadsBytes)
  for (const scratch of [0, 2, 4, 6, 8]) {
    const plan: Plan = [2, 6, scratch, 20]
    const [one, other] = await Promise.all(
      [0, 1].map(async () => {
        const core = await startCore<ThreadsCore>(module, sharedMemory(2 ** 18))
        const base = core.reserve(...plan) >>> 0
        return { core, end: layout(base, plan).end }
      }),
    )
    expect(one!.core.share(1) >>> 0).toBe(one!.end - 4 * RECORD)
    expect(other!.core.share(5) >>> 0).toBe(other!.end - 12 * RECORD)
  }
})
