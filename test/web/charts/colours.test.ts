/** Pictures of numbers: heat maps, thumbnails and the histogram. */
import { expect, test } from 'vitest'
import { canvasOf, linesOf } from './drawn.js'
import { HeatMap, largest } from '../../../src/web/charts/heat.js'
import { drawHistogram } from '../../../src/web/charts/histogram.js'
import { drawThumb } from '../../../src/web/charts/thumb.js'
import { LIGHT, colourScale, fullScale } from '../../../src/web/lib/picture-colours.js'

/** A heat map of [2, 3] on a canvas of 300 x 200 pixels. */
function heat(
  values: number[],
  more: { tone?: 'signed' | 'share'; scale?: number; cursor?: number },
) {
  const { canvas, fake, drawing } = canvasOf(300, 200)
  const map = new HeatMap(canvas)
  const defaults = { tone: 'signed', scale: 1, cursor: -1 } as const
  map.show({ rows: 2, columns: 3, values: Float64Array.from(values), ...defaults, ...more })
  const { image } = fake
  const pixels = Array.from({ length: 6 }, (_, i) => [...image!.pixels.subarray(4 * i, 4 * i + 4)])
  return { map, drawing, pixels, sizes: [image!.width, image!.height] }
}

test('a cell of a heat map is blue below 0 and orange above, stronger for larger numbers', () => {
  // In drawn.ts "above" is red and "below" is blue; the strength is a square root.
  const { pixels, sizes } = heat([0, 4, -4, 1, -1, 9], { scale: 4 })
  expect(sizes).toEqual([3, 2])
  expect(pixels).toEqual([
    [0, 0, 0, 255],
    [255, 0, 0, 255],
    [0, 0, 255, 255],
    [128, 0, 0, 255],
    [0, 0, 128, 255],
    [255, 0, 0, 255],
  ])
  const shares = heat([0, 0.25, 1, 0, 0, 0], { tone: 'share' }).pixels.slice(0, 3)
  expect(shares.map(([, green]) => green)).toEqual([0, 128, 255])
})

test('a point of a heat map is over the cell that is drawn there', () => {
  const { map } = heat([0, 0, 0, 0, 0, 0], {})
  for (const [x, y, cell] of [
    ...[
      [0, 0, 0],
      [99, 99, 0],
      [101, 0, 1],
      [299, 0, 2],
      [0, 101, 3],
      [250, 150, 5],
    ],
    ...[
      [300, 0, -1],
      [0, 200, -1],
      [-1, 0, -1],
      [0, -1, -1],
    ],
  ] as const) {
    expect(map.cellAt(x!, y!), `${x}, ${y}`).toBe(cell)
  }
  const { drawing } = heat([0, 0, 0, 0, 0, 0], { cursor: 5 })
  expect(drawing.frames).toEqual([{ colour: 'ink', x: 200, y: 100, width: 100, height: 100 }])
})

test('the full color is for the largest magnitude of all lists', () => {
  expect(largest(Float64Array.of(1, -3), Float64Array.of(2))).toBe(3)
  expect(largest(Float64Array.of(0, 0))).toBe(1)
})

test.each([
  [2, 3, 1],
  [64, 2, 1],
  [65, 3, 2],
  [5, 200, 4],
])('a thumbnail of [%i, %i] shows every number at a distance of %i', (rows, columns, stride) => {
  const values = Float64Array.from({ length: rows * columns }, (_, i) => Math.sin(i) / 9)
  const { canvas, fake } = canvasOf(0, 0)
  drawThumb(canvas, [rows, columns], values)
  const [height, width] = [Math.ceil(rows / stride), Math.ceil(columns / stride)]
  expect([fake.height, fake.width]).toEqual([height, width])
  const pixels = new Uint32Array(fake.pixels.buffer)
  const scale = colourScale(LIGHT)
  const wanted: number[] = []
  for (let i = 0; i < rows; i += stride) {
    for (let j = 0; j < columns; j += stride) {
      wanted.push(scale.of(values[i * columns + j]!, fullScale(values)))
    }
  }
  expect([...pixels]).toEqual(wanted)
})

test('the histogram has the numbers drawn as bars, and the same ones now as a line', () => {
  // 31 bins over -0.31 to 0.31, each 0.02 wide; a number that began as 0 is left out.
  const start = Float64Array.of(-0.3, -0.3, 0, 0.001, 0.3, 0.3, 0.3, 0.3, 9)
  const values = Float64Array.of(-0.3, 0.001, 0.001, 0.1, 0.3, 0.1, 0.1, -9, 0.1)
  const { context, drawing } = canvasOf(310, 118)
  drawHistogram(context, 310, 118, { start, values, reach: 0.31 })
  const tall = drawing.boxes.filter(({ height }) => height > 0)
  // The largest count, 4, fills the height above the labels.
  expect(tall.map(({ x, y, height }) => [Math.floor(x / 10), y, height])).toEqual([
    [0, 50, 50],
    [15, 75, 25],
    [30, 0, 100],
  ])
  const [line] = linesOf(drawing, 'accent')
  const counts = line!.points.map(([, y]) => (4 * (100 - y)) / 100)
  expect(line!.points.map(([x]) => x)).toEqual(counts.map((_, i) => 10 * i + 5))
  expect(counts.flatMap((n, i) => (n > 0 ? [[i, n]] : []))).toEqual([
    [0, 1],
    [15, 1],
    [20, 4],
    [30, 1],
  ])
  expect(drawing.texts.map(({ text, x, align }) => [text, x, align])).toEqual([
    ['−0.31', 0, 'left'],
    ['0', 155, 'center'],
    ['0.31', 310, 'right'],
  ])
})
