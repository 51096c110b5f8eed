/** The chart of one number: its value and its gradient at each step, where the axes say. */
import { expect, test } from 'vitest'
import { axisOf, canvasOf, linesOf, pixel } from './drawn.js'
import { PathChart, drawSpark } from '../../../src/web/charts/path.js'
import { PathLog } from '../../../src/web/lib/path-log.js'

const ADAM = { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8, weight_decay: 0 }

/** The path of a number that begins at some step. */
function pathOf(values: readonly number[], gradients: readonly number[], step = 0) {
  const log = new PathLog(ADAM, step, values[0]!)
  gradients.forEach((gradient, i) => log.add(values[i + 1]!, gradient, 0.01))
  return log.columns()
}

const VALUES = [0.02, -0.01, 0.05, 0.21, 0.16]
const GRADIENTS = [4, -2, 0, 1]

function drawn({ step = 0, cursor = -1, values = VALUES, gradients = GRADIENTS, numSteps = 20 }) {
  const { context, drawing } = canvasOf(700, 420)
  const chart = new PathChart()
  const columns = pathOf(values, gradients, step)
  chart.show({ columns, numSteps, cursor })
  chart.draw(context, 700, 420)
  const labels = drawing.texts.filter(({ align }) => align === 'right')
  // The upper axis is written first; the numbers of an axis rise.
  const end = labels.findIndex(({ y }, i) => i > 0 && y > labels[i - 1]!.y)
  const [above, below] = [labels.slice(0, end), labels.slice(end)]
  const across = drawing.texts.filter(({ align }) => align === 'center').slice(0, 3)
  return {
    ...{ drawing, chart, columns, labels, x: axisOf(across, 'x') },
    ...{ value: axisOf(above, 'y'), gradient: axisOf(below, 'y') },
  }
}

const near = (x: number) => expect.closeTo(x, 6) as number

test.each([0, 8])('values and gradients are at their steps, from step %i on', (step) => {
  const { drawing, x, value, gradient } = drawn({ step })
  const [values, ...more] = linesOf(drawing, 'accent', 2.25)
  expect(more).toEqual([])
  expect(values!.points).toEqual(VALUES.map((v, i) => [near(x(step + i)), pixel(value(v))]))
  // Before the first step there is no gradient.
  const gradients = linesOf(drawing, 'below', 1).find(({ points }) => points.length > 1)
  expect(gradients!.points).toEqual(
    GRADIENTS.map((g, i) => [near(x(step + i + 1)), pixel(gradient(g))]),
  )
})

test('the marked point is the latest one, or the chosen one in both plots', () => {
  for (const [cursor, at] of [
    [-1, 4],
    [2, 2],
  ] as const) {
    const { drawing, x, value, gradient } = drawn({ cursor })
    expect(drawing.dots).toEqual([
      { colour: 'accent', x: near(x(at)), y: pixel(value(VALUES[at]!)) },
      { colour: 'below', x: near(x(at)), y: pixel(gradient(GRADIENTS[at - 1]!)) },
    ])
    const upright = linesOf(drawing, 'ink')
    expect(upright).toHaveLength(cursor < 0 ? 0 : 1)
    if (upright[0]) expect(upright[0].points[0]![0]).toBeCloseTo(x(at), 6)
  }
  expect(drawn({ cursor: 0 }).drawing.dots.map(({ colour }) => colour)).toEqual(['accent'])
})

test('each axis has its title, and every label its line', () => {
  const { drawing, labels, value, gradient } = drawn({})
  const title = (text: string) => drawing.texts.find((label) => label.text === text)!
  expect(title('value').y).toBeLessThan(value(0.21))
  expect(title('gradient').y).toBeLessThan(gradient(4))
  expect(title('gradient').y).toBeGreaterThan(value(-0.01))
  expect([title('value').colour, title('gradient').colour]).toEqual(['accent', 'below'])
  const lines = drawing.lines.filter(({ colour }) => colour === 'line' || colour === 'edge')
  expect(lines.map(({ points }) => points[0]![1])).toEqual(labels.map(({ y }) => y))
  // The line of 0 stands out.
  const zero = lines.filter((_, i) => labels[i]!.text === '0')
  expect(zero.map(({ colour }) => colour)).toEqual(['edge', 'edge'])
})

test.each([
  [
    [0, 0.3],
    ['0', '0.1', '0.2', '0.3'],
  ],
  [
    [0, -4],
    ['−4', '−3', '−2', '−1', '0'],
  ],
  [
    [0.01, 0.034],
    ['0', '0.01', '0.02', '0.03'],
  ],
])('values from %j have the labels %j', (values, labels) => {
  const found = drawn({ values, gradients: [1] }).labels.map(({ text }) => text)
  expect(found.slice(0, labels.length)).toEqual(labels)
})

test('a pointer finds the nearest step that is known', () => {
  const { chart, x } = drawn({ step: 8 })
  for (let i = 0; i < 5; i++) {
    expect(chart.nearest(x(8 + i), 700)).toBe(i)
    expect(chart.nearest(x(8 + i - 0.4), 700)).toBe(i)
  }
  expect([chart.nearest(0, 700), chart.nearest(699, 700)]).toEqual([0, 4])
  expect(new PathChart().nearest(5, 700)).toBe(-1)
})

test('the small line has every value, and 0 dashed', () => {
  const { context, drawing } = canvasOf(200, 40)
  const columns = pathOf([0, 0.1, -0.1, 0.1], [1, 2, 3])
  drawSpark(context, 200, 40, { columns, numSteps: 3, cursor: -1 })
  const { points } = linesOf(drawing, 'accent')[0]!
  expect(points).toHaveLength(4)
  const [first, second, third, last] = points.map(([, y]) => y)
  const [zero] = linesOf(drawing, 'edge')
  expect(zero!.dash).not.toEqual([])
  expect(zero!.points.map(([, y]) => y)).toEqual([first, first])
  expect(second).toBe(last)
  expect(first! - second!).toBeCloseTo(third! - first!, 9)
  expect(second).toBeLessThan(first!)
  expect(drawing.dots).toEqual([{ colour: 'accent', x: points[3]![0], y: last }])
})
