/** Every op at the sizes where it uses another code path: one below, at and above each. */
import { describe, expect, test } from 'vitest'
import type { Core } from '../../src/index.js'
import { type OpCase, checkOp } from '../helpers/check-op.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'
import * as op from '../helpers/op-cases.js'
import { ATTENTION, PACKED, PANEL, ROWS, SLICE, STATED } from '../helpers/thresholds.js'
import { TERMS, TURNED, around, sliceOf, statedConstants } from '../helpers/thresholds.js'

test('the thresholds are those of the source', () => {
  const sorted = (numbers: number[]) => numbers.toSorted((a, b) => a - b)
  expect(sorted(statedConstants())).toEqual(sorted(STATED))
})

type Triple = readonly [number, number, number]

/** All triples of some sizes. */
const mixes = (as: number[], bs: number[], cs: number[]): Triple[] =>
  as.flatMap((a) => bs.flatMap((b) => cs.map((c) => [a, b, c] as const)))

/** Each size in each of the three places, the other two small and odd, or a whole tile. */
const turns = (sizes: number[]): Triple[] =>
  sizes.flatMap((n) =>
    (
      [
        [3, 5],
        [2, 8],
      ] as const
    ).flatMap(([a, b]) => [[n, a, b] as const, [a, n, b] as const, [a, b, n] as const]),
  )

/** Tiles: one to four rows, every number of columns of a panel and of the next one. */
const panels = [...Array.from({ length: PANEL + 1 }, (_, i) => i + 1), ...around(2 * PANEL)]
const tiles = mixes([1, 2, 3, 4], panels, panels)
const blocks = turns([...around(ROWS, 2 * ROWS), ...around(TERMS, 2 * TERMS)])
/** Copies: rows around where they begin, outputs around the blocks of the transpose. */
const copies = mixes(
  around(PACKED, 2 * PACKED),
  [1, PANEL - 1, PANEL, PANEL + 1],
  around(1, 4, PANEL, TURNED, 2 * TURNED),
)

/** Weights of one slice and of two, with copies and without, and of three. */
const slices = [
  ...mixes([2, ...around(PACKED)], [96], around(sliceOf(96))),
  ...mixes([PACKED + 1], [96], around(2 * sliceOf(96))),
  ...mixes([3, PACKED], [128], around(sliceOf(128))),
]
/** The widest layer of four times its inputs that is one slice, and the next ones. */
const models = [90, 91, 96].map((n) => [PACKED + 1, n, 4 * n] as const)
/** So many inputs that a slice is one panel, and would be none. */
const wide = mixes([2, PACKED], around(SLICE / PANEL), [PANEL, PANEL + 1, 2 * PANEL + 1])
const single = mixes([1], around(1, PANEL, 64, TERMS), around(1, 4, PANEL, 12, 2 * PANEL, 64))

/** Documents in rows: blocks of attention, copies, blocks of the matrix product. */
const rows = around(1, ATTENTION, 2 * ATTENTION, 3 * ATTENTION, PACKED, 2 * PACKED)
const heads = [
  [1, PANEL],
  [2, 4],
  [3, 5],
  [1, 9],
] as const
const packed = [
  [ATTENTION, 1, PACKED + 1, 2],
  [PACKED - 1, PACKED, PACKED + 1],
  [1, 1, 1],
  [ATTENTION + 1, ATTENTION - 1, 3 * ATTENTION],
]
const small = { values: 30_000, scratch: 20_000 }
const large = { values: 500_000, scratch: 140_000 }

describe.each(BUILDS)('%s build', async (build) => {
  const arenas = { small: await arenaOn(build, small), large: await arenaOn(build, large) }
  const check = (size: keyof typeof arenas, cases: (core: Core) => OpCase[]) => () => {
    const arena = arenas[size]
    for (const one of cases(arena.core)) checkOp(arena, { ...one, gradcheck: false })
  }
  const linear = (size: keyof typeof arenas, sizes: readonly Triple[]) =>
    check(size, () => sizes.map((shape) => op.linear(...shape)))
  const matmul = (size: keyof typeof arenas, sizes: readonly Triple[]) =>
    check(size, () => sizes.map((shape) => op.matmul(...shape)))

  test('linear: rows and columns of a tile', linear('small', tiles))
  test('linear: blocks of rows and of terms', linear('small', blocks))
  test('linear: copies in order of use', linear('small', copies))
  test('linear: slices of a weight', linear('large', slices))
  test('linear: a layer of four times the inputs', linear('large', models))
  test('linear: slices of one panel', linear('large', wide))
  test('linear: one row', linear('small', single))
  test('matmul: rows and columns of a tile', matmul('small', tiles))
  test('matmul: blocks of rows and of terms', matmul('small', blocks))

  test(
    'attention: rows of a document',
    check('large', (core) =>
      rows.flatMap((t) => heads.map(([h, dim]) => op.attention(core, h, dim, [t]))),
    ),
  )
  test(
    'attention: numbers of a head',
    check('small', (core) =>
      [...panels, ...around(4 * PANEL)].flatMap((dim) => [
        op.attention(core, 1, dim, [3]),
        op.attention(core, 2, dim, [ATTENTION + 2]),
      ]),
    ),
  )
  test(
    'attention: blocks of terms',
    check('large', (core) =>
      around(TERMS).flatMap((n) => [
        op.attention(core, 1, 3, [n]),
        op.attention(core, 2, n, [PANEL + 1]),
        op.attention(core, 1, n, [PACKED]),
      ]),
    ),
  )
  test(
    'attention: packed documents, in an arena for longer ones',
    check('large', (core) =>
      packed.flatMap((lengths) =>
        [0, 1, 2, 7].map((more) => op.attention(core, 2, 5, lengths, Math.max(...lengths) + more)),
      ),
    ),
  )
})
