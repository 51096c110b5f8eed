/**
 * The layout of the matrices: inside the box, at one scale, without overlap, in the order of the
 * flow.
 */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { flowOf, outerBox } from '../../../src/web/lib/picture-flow.js'
import type { Box, PictureLayout } from '../../../src/web/lib/picture-layout.js'
import { layoutOf, tableOf } from './picture.js'

const models = fc.record({
  n_embd: fc.integer({ min: 1, max: 300 }),
  n_layer: fc.integer({ min: 1, max: 12 }),
  block_size: fc.integer({ min: 1, max: 300 }),
  vocabSize: fc.integer({ min: 2, max: 400 }),
  width: fc.integer({ min: 300, max: 1400 }),
  height: fc.integer({ min: 320, max: 900 }),
  pixelRatio: fc.constantFrom(1, 1.5, 2, 3),
})

const overlap = (a: Box, b: Box) =>
  Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 1e-9 &&
  Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y) > 1e-9

/** Every matrix has the layout's cell size, within the rounding of its edges to pixels. */
function expectScale({ matrices, cell, pixelRatio }: PictureLayout): void {
  for (const { rows, columns, strips } of matrices) {
    expect(strips.reduce((sum, strip) => sum + strip.rows, 0)).toBe(rows)
    let row = 0
    for (const strip of strips) {
      expect(strip.firstRow).toBe(row)
      row += strip.rows
      expect(Math.abs(strip.width - columns * cell)).toBeLessThanOrEqual(1 / pixelRatio)
      expect(Math.abs(strip.height - strip.rows * cell)).toBeLessThanOrEqual(1 / pixelRatio)
    }
  }
}

test('any model in any box: all inside, no overlap, one scale, whole pixels', () => {
  fc.assert(
    fc.property(models, ({ n_embd, n_layer, block_size, vocabSize, ...box }) => {
      const layout = layoutOf({ n_embd, n_head: 1, n_layer, block_size }, { vocabSize, ...box })
      expectScale(layout)
      const boxes = layout.matrices.map((matrix) => outerBox(matrix, layout))
      boxes.forEach((one, i) => {
        expect(one.x).toBeGreaterThanOrEqual(0)
        expect(one.y).toBeGreaterThanOrEqual(0)
        expect(one.x + one.width).toBeLessThanOrEqual(box.width)
        expect(one.y + one.height).toBeLessThanOrEqual(box.height)
        expect(boxes.slice(i + 1).filter((other) => overlap(one, other))).toEqual([])
      })
      const devicePixels = layout.matrices
        .flatMap(({ strips }) => strips.flatMap(({ x, y }) => [x, y]))
        .map((length) => length * layout.pixelRatio)
      const between = devicePixels.filter((x) => Math.abs(x - Math.round(x)) > 5e-7)
      expect(between).toEqual([])
    }),
    { numRuns: 60 },
  )
})

test('the offsets are those of the flat list, in state_dict order', () => {
  const table = tableOf({ n_layer: 2 })
  const { matrices, numParams } = layoutOf({ n_layer: 2 })
  let offset = 0
  for (const { name, shape } of table) {
    expect(matrices.find((matrix) => matrix.name === name)).toMatchObject({
      offset,
      rows: shape[0],
      columns: shape[1],
    })
    offset += shape[0] * shape[1]
  }
  expect(numParams).toBe(offset)
})

test('the matrices are in the order of the data flow', () => {
  const names = layoutOf({ n_layer: 2 }).matrices.map(({ name }) => name)
  const layer = (i: number) =>
    ['attn_wq', 'attn_wk', 'attn_wv', 'attn_wo', 'mlp_fc1', 'mlp_fc2'].map((n) => `layer${i}.${n}`)
  expect([...names].sort()).toEqual(['wte', 'wpe', ...layer(0), ...layer(1), 'lm_head'].sort())
  expect(names).toEqual(['wte', 'wpe', ...layer(0), ...layer(1), 'lm_head'])
})

describe('the tutorial model', () => {
  test.each([
    ['the center of a desktop', 600, 640, 5],
    ['a phone', 350, 520, 3],
    ['a wide box', 1100, 420, 5],
  ])('in %s has labeled cells of at least a few pixels', (_, width, height, least) => {
    const layout = layoutOf({}, { width, height, pixelRatio: 2 })
    expect(layout.cell).toBeGreaterThanOrEqual(least)
    expect(layout.labels).toBe('full')
    expect(layout.frames).toEqual([])
    const fc1 = layout.matrices.find(({ name }) => name === 'layer0.mlp_fc1')!
    expect(fc1.label).toEqual(['mlp_fc1', '64 × 16'])
  })
})

test('each of several layers has a frame around its matrices', () => {
  const layout = layoutOf({ n_layer: 12, n_embd: 64 })
  expect(layout.frames.map(({ title }) => title)).toEqual(
    Array.from({ length: 12 }, (_, i) => `layer ${i}`),
  )
  for (const matrix of layout.matrices.filter(({ layer }) => layer >= 0)) {
    const frame = layout.frames[matrix.layer]!
    expect(matrix.cells.x).toBeGreaterThan(frame.x)
    expect(matrix.cells.y).toBeGreaterThan(frame.y)
    expect(matrix.cells.x + matrix.cells.width).toBeLessThan(frame.x + frame.width)
    expect(matrix.cells.y + matrix.cells.height).toBeLessThan(frame.y + frame.height)
  }
})

test('the rows of a large vocabulary are split into strips, so that the cells stay large', () => {
  const layout = layoutOf({ block_size: 16 }, { vocabSize: 300 })
  expect(layout.matrices[0]!.strips.length).toBeGreaterThan(1)
  expect(layout.cell).toBeGreaterThanOrEqual(3)
})

test('a box that is too small still shows every matrix', () => {
  const layout = layoutOf({ n_layer: 12 }, { width: 20, height: 20 })
  expect(layout.matrices.length).toBe(75)
})

describe('the arrows', () => {
  const straight = ([a, b]: (readonly [number, number])[]) => a![0] === b![0] || a![1] === b![1]

  test.each([
    [{}, 600, 640],
    [{}, 350, 520],
    [{}, 1100, 420],
    [{ n_layer: 3 }, 600, 640],
    [{ n_layer: 12, n_embd: 64 }, 350, 560],
    [{ n_embd: 4 }, 350, 500],
  ])(
    'of %j in %d x %d are parallel to the axes, stay in the box, and reach the output',
    (config, width, height) => {
      const layout = layoutOf(config, { width, height })
      const { arrows } = flowOf(layout)
      for (const points of arrows) {
        for (let i = 1; i < points.length; i++) expect(straight(points.slice(i - 1))).toBe(true)
        for (const [x, y] of points) {
          expect(x).toBeGreaterThanOrEqual(0)
          expect(x).toBeLessThanOrEqual(width)
          expect(y).toBeGreaterThanOrEqual(0)
          expect(y).toBeLessThanOrEqual(height)
        }
      }
      const head = outerBox(layout.matrices.at(-1)!, layout)
      const near = arrows.some((points) => {
        const [x, y] = points.at(-1)!
        const inX = x >= head.x - 4 && x <= head.x + head.width + 4
        return inX && y >= head.y - 4 && y <= head.y + head.height + 4
      })
      expect(near).toBe(true)
    },
  )

  test('no arrow of the tutorial model crosses the cells of a matrix', () => {
    for (const [width, height] of [
      [600, 640],
      [350, 520],
      [1100, 420],
      [814, 386],
    ] as const) {
      const layout = layoutOf({}, { width, height })
      for (const points of flowOf(layout).arrows) {
        for (let i = 1; i < points.length; i++) {
          const [[x0, y0], [x1, y1]] = [points[i - 1]!, points[i]!]
          const line = {
            x: Math.min(x0, x1) - 0.1,
            y: Math.min(y0, y1) - 0.1,
            width: Math.abs(x1 - x0) + 0.2,
            height: Math.abs(y1 - y0) + 0.2,
          }
          for (const { cells, name } of layout.matrices) {
            expect(overlap(line, cells), `${width} x ${height}: ${name}`).toBe(false)
          }
        }
      }
    }
  })
})
