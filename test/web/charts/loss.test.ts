/** The loss chart: each number is drawn where the labels of the axes say, in the color of its run. */
import { expect, test } from 'vitest'
import { axisOf, canvasOf, changeColours, linesOf, pixel } from './drawn.js'
import { LossChart, RUN_COLOURS, axisSteps, tick } from '../../../src/web/charts/loss.js'
import { LossLog } from '../../../src/web/loss-log.js'

const LN_27 = Math.log(27)

function runOf(losses: readonly number[], first = 0) {
  const log = new LossLog(first)
  for (const loss of losses) log.push(loss, 0.01)
  return { name: '', log }
}

interface Shown {
  losses: readonly number[]
  first?: number
  earlier?: readonly (readonly number[])[]
  numSteps?: number
  cursor?: number
}

/** Draws a chart. The plot is 600 pixels wide. */
function drawn({ losses, first, earlier = [], numSteps = 100, cursor = -1 }: Shown) {
  const { canvas, drawing } = canvasOf(648, 336)
  const chart = new LossChart(canvas)
  const run = runOf(losses, first)
  chart.show({
    ...{ run, earlier: earlier.map((each) => runOf(each)), numSteps, baseline: LN_27, cursor },
  })
  const x = axisOf(
    drawing.texts
      .filter(({ text, align }) => align === 'center' && !text.includes('e'))
      .slice(0, 3),
    'x',
  )
  const across = drawing.texts.filter(({ align, text }) => align === 'right' && !/guess/.test(text))
  return { chart, drawing, run, x, y: axisOf(across, 'y'), across }
}

const LOSSES = [3.3, 3.1, 2.9, 3.2, 2.4, 2.5]

test.each([0, 40])('of a run that begins at step %i each loss is at its step', (first) => {
  const { drawing, run, x, y } = drawn({ losses: LOSSES, first })
  const { log } = run
  const wanted = (value: (i: number) => number) =>
    LOSSES.map((_, i) => [expect.closeTo(x(first + i + 1), 6) as number, pixel(y(value(i)))])
  expect(linesOf(drawing, 'accent', 1).map(({ points }) => points)).toEqual([wanted(log.loss)])
  expect(linesOf(drawing, 'accent', 2.25).map(({ points }) => points)).toEqual([
    wanted(log.smoothedLoss),
  ])
})

test('earlier runs have the colors of their list, in its order', () => {
  const earlier = [[3, 2.9], [3.1], [3.2, 3, 2.8], [3.3, 3.2]]
  const { drawing, x } = drawn({ losses: LOSSES, earlier })
  earlier.forEach((losses, i) => {
    const [line, ...more] = linesOf(drawing, RUN_COLOURS[i]!)
    expect(more).toEqual([])
    expect(line!.points).toHaveLength(losses.length)
    expect(line!.points.at(-1)![0]).toBeCloseTo(x(losses.length), 6)
  })
})

test('pure guessing is a dashed line at ln vocab_size, and its label is on it', () => {
  const { drawing, y } = drawn({ losses: LOSSES })
  const [line] = linesOf(drawing, 'warm')
  expect(line!.dash).not.toEqual([])
  for (const [, at] of line!.points) expect(at).toEqual(pixel(y(LN_27)))
  const label = drawing.texts.find(({ text }) => text === 'pure guessing')!
  expect(Math.abs(label.y - y(LN_27))).toBeLessThan(10)
  const dashed = drawing.lines.filter(({ dash }) => dash.length > 0)
  expect(dashed).toEqual([line])
})

test('every label of the loss has its line, and all losses are between the edges', () => {
  const { drawing, across, y } = drawn({ losses: [5, 4, 1.2] })
  expect(across.length).toBeGreaterThan(2)
  const lines = linesOf(drawing, 'line').map(({ points }) => points[0]![1])
  expect(across.map(({ y: at }) => at)).toEqual(lines)
  for (const { text, y: at } of across) expect(at).toEqual(pixel(y(Number(text))))
  for (const [, at] of linesOf(drawing, 'accent', 1)[0]!.points) {
    expect(at).toBeGreaterThanOrEqual(12)
    expect(at).toBeLessThanOrEqual(336 - 24)
  }
})

test('a loss far above guessing gets powers of ten, evenly spaced', () => {
  const { drawing, across } = drawn({ losses: [3, 500, 1e6] })
  expect(across.map(({ text }) => text)).toEqual(['10', '1000', '1e5'])
  const logs = axisOf(
    across.map(({ text, y }) => ({ y, text: String(Math.log10(Number(text))) })),
    'y',
  )
  const line = linesOf(drawing, 'accent', 1)[0]!.points.map(([, at]) => at)
  ;[3, 500, 1e6].forEach((loss, i) => expect(line[i]).toEqual(pixel(logs(Math.log10(loss)))))
})

test('powers of ten are in full up to a thousand', () => {
  const { across } = drawn({ losses: [3, 2e4] })
  expect(across.map(({ text }) => text)).toEqual(['10', '100', '1000', '1e4'])
})

test('points that share a pixel are drawn from their smallest to their largest', () => {
  const losses = Array.from({ length: 20_000 }, () => 3)
  losses[7003] = 1
  losses[15_007] = 3.6
  const { drawing, x, y } = drawn({ losses, numSteps: 20_000 })
  const { points } = linesOf(drawing, 'accent', 1)[0]!
  for (const [at, loss] of [
    [7003, 1],
    [15_007, 3.6],
  ] as const) {
    const near = points.filter((point) => Math.abs(point[0] - x(at + 1)) < 1)
    expect(
      near.some((point) => Math.abs(point[1] - y(loss)) < 1),
      String(loss),
    ).toBe(true)
  }
})

test('the crosshair is at the step of its point, with a dot on each curve', () => {
  const { drawing, run, x, y } = drawn({ losses: LOSSES, first: 10, cursor: 4 })
  const { step, loss, smoothed } = run.log.at(4)
  expect(drawing.dots).toEqual(
    [loss, smoothed].map((value) => ({
      colour: 'accent',
      x: expect.closeTo(x(step), 6) as number,
      y: pixel(y(value)),
    })),
  )
  expect(linesOf(drawing, 'ink')[0]!.points[0]![0]).toBeCloseTo(x(15), 6)
  for (const cursor of [-1, 6]) expect(drawn({ losses: LOSSES, cursor }).drawing.dots).toEqual([])
})

test('a pointer finds the point at its step, or else the first or the last', () => {
  for (const first of [0, 40]) {
    const { chart, x } = drawn({ losses: LOSSES, first })
    LOSSES.forEach((_, i) => {
      expect(chart.nearest(x(first + i + 1))).toBe(i)
      expect(chart.nearest(x(first + i + 1.4))).toBe(i)
    })
    expect([chart.nearest(0), chart.nearest(640)]).toEqual([0, 5])
  }
  expect(drawn({ losses: [] }).chart.nearest(300)).toBe(-1)
})

test('the axis is that of the longest run', () => {
  const { x } = drawn({ losses: [3], numSteps: 10, earlier: [Array.from({ length: 40 }, () => 3)] })
  expect(x(40)).toBeCloseTo(636, 6)
})

test('a chart is drawn again in other colors, on the screen and in print', () => {
  const { drawing } = drawn({ losses: LOSSES })
  for (const kind of ['dark', 'print'] as const) {
    const before = drawing.times
    changeColours(kind)
    expect(drawing.times).toBe(before + 1)
    expect(linesOf(drawing, `${kind} accent`, 1)).toHaveLength(1)
  }
})

test.each([
  [0, 500, 500],
  [0, 100, 100],
  [250, 100_000, 500],
  [251, 100_000, 502],
  [60_000, 100_000, 100_000],
  [100_000, 100_000, 100_000],
  // A longer earlier run.
  [1000, 500, 1000],
])('after %i of %i steps the axis ends at %i', (made, numSteps, end) => {
  expect(axisSteps(made, numSteps)).toBe(end)
})

test.each([
  [100, 5, 20],
  [100, 4, 50],
  [101, 5, 50],
  [1, 4, 0.5],
  [7, 1, 10],
  [500, 7, 100],
])('a span of %f in about %i ticks has one every %f', (span, n, each) => {
  expect(tick(span, n)).toBeCloseTo(each, 12)
})
