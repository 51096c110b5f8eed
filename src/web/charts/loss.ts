/**
 * The loss chart: each step as a faint line, the smoothed loss as a strong one, earlier runs in
 * other colors.
 */
import type { ChartRun } from '../app.js'
import { MANY_POINTS, shownMean } from '../loss-log.js'
import { Board, colour } from './board.js'

export interface LossView {
  run: ChartRun
  earlier: readonly ChartRun[]
  /** Steps of the whole run. */
  numSteps: number
  /** The loss of pure guessing: ln vocab_size. */
  baseline: number
  /** The point under the crosshair, or -1. */
  cursor: number
}

const MARGIN = { left: 36, right: 12, top: 12, bottom: 24 }
export const RUN_COLOURS = ['run-1', 'run-2', 'run-3', 'run-4', 'run-5']

interface Frame {
  x: (step: number) => number
  y: (loss: number) => number
  width: number
  height: number
  steps: number
  low: number
  high: number
  isLog: boolean
}

export class LossChart {
  readonly board: Board
  private view: LossView | null = null

  constructor(canvas: HTMLCanvasElement) {
    this.board = new Board(canvas, (context, width, height) => this.draw(context, width, height))
  }

  show(view: LossView): void {
    this.view = view
    this.board.redraw()
  }

  /** The point of the run nearest to x on the canvas, drawn or not; -1 if there is none. */
  nearest(x: number): number {
    const { view } = this
    if (!view || view.run.log.length === 0) return -1
    const { log } = view.run
    const share = (x - MARGIN.left) / (this.board.canvas.clientWidth - MARGIN.left - MARGIN.right)
    const point = Math.round((share * stepsOf(view) - 1 - log.first) / log.stride)
    return Math.max(0, Math.min(log.length - 1, point))
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    if (!this.view) return
    const frame = fit(this.view, width, height)
    const { run, earlier, baseline, cursor } = this.view
    axes(context, frame)
    dashed(context, frame, baseline)
    earlier.forEach((other, i) => {
      context.globalAlpha = 0.75
      line(context, frame, other, shownMean(other.log), RUN_COLOURS[i % RUN_COLOURS.length]!, 1.25)
      context.globalAlpha = 1
    })
    context.globalAlpha = run.log.length > MANY_POINTS ? 0.22 : 0.32
    line(context, frame, run, run.log.loss, 'accent', 1)
    context.globalAlpha = 1
    line(context, frame, run, shownMean(run.log), 'accent', 2.25)
    guessing(context, frame, baseline)
    if (cursor >= 0 && cursor < run.log.length) crosshair(context, frame, run, cursor)
  }
}

/** Steps on the axis: the whole run, or for a very long one twice what has been made. */
export const axisSteps = (made: number, numSteps: number) =>
  Math.max(made, Math.min(numSteps, Math.max(500, 2 * made)))

const stepsOf = ({ run, earlier, numSteps }: LossView) =>
  axisSteps(Math.max(...[run, ...earlier].map(({ log }) => log.end)), numSteps)

/** Scales that fit the whole run. A loss far above pure guessing gets a logarithmic scale. */
function fit(view: LossView, width: number, height: number): Frame {
  const { run, baseline } = view
  const steps = stepsOf(view)
  let low = baseline - 1
  let high = baseline + 0.4
  for (let i = 0; i < run.log.length; i++) {
    const loss = run.log.loss(i)
    if (loss < low) low = loss
    if (loss > high) high = loss
  }
  low = Math.max(0, low)
  const isLog = high > 3 * baseline
  if (isLog) low = Math.max(0.5, low)
  const plot = {
    width: width - MARGIN.left - MARGIN.right,
    height: height - MARGIN.top - MARGIN.bottom,
  }
  const x = (step: number) => MARGIN.left + (plot.width * step) / steps
  const place = isLog ? (loss: number) => Math.log10(Math.max(low, loss)) : (loss: number) => loss
  const [bottom, top] = [place(low), place(high)]
  const y = (loss: number) => {
    const at = place(Math.max(low, Math.min(high, loss)))
    return MARGIN.top + (plot.height * (top - at)) / (top - bottom)
  }
  return { x, y, width, height, steps, low, high, isLog }
}

/** A distance of 1, 2 or 5 times a power of ten, for about n ticks over a span. */
export function tick(span: number, n: number): number {
  const raw = span / n
  const power = 10 ** Math.floor(Math.log10(raw))
  return power * ([1, 2, 5].find((factor) => factor * power >= raw) ?? 10)
}

function axes(context: CanvasRenderingContext2D, frame: Frame) {
  const { x, y, width, height, steps } = frame
  context.font = '12px ui-sans-serif, system-ui, sans-serif'
  context.fillStyle = colour('soft')
  context.strokeStyle = colour('line')
  context.lineWidth = 1
  context.textAlign = 'right'
  context.textBaseline = 'middle'
  for (const { loss, text } of lossTicks(frame)) {
    const at = Math.round(y(loss)) + 0.5
    context.beginPath()
    context.moveTo(MARGIN.left, at)
    context.lineTo(width - MARGIN.right, at)
    context.stroke()
    // A very large loss, such as 1e100, is squeezed into the margin.
    context.fillText(text, MARGIN.left - 6, at, MARGIN.left - 6)
  }
  context.textAlign = 'center'
  context.textBaseline = 'top'
  const across = Math.max(1, tick(steps, width / 90))
  for (let step = 0; step <= steps; step += across) {
    const text = step >= 1e5 ? step.toExponential(0).replace('+', '') : String(step || 'step 0')
    context.fillText(text, Math.min(x(step), width - 20), height - MARGIN.bottom + 6)
  }
}

/** About four loss values, or a few powers of ten on a logarithmic scale. */
function lossTicks({ low, high, isLog }: Frame): { loss: number; text: string }[] {
  if (isLog) {
    const [from, to] = [Math.ceil(Math.log10(low)), Math.floor(Math.log10(high))]
    const each = Math.max(1, Math.ceil((to - from) / 4))
    const powers = Array.from(
      { length: Math.floor((to - from) / each) + 1 },
      (_, i) => from + i * each,
    )
    return powers.map((power) => ({
      loss: 10 ** power,
      text: power < 4 ? `${10 ** power}` : `1e${power}`,
    }))
  }
  const down = tick(high - low, 4)
  const first = Math.ceil(low / down)
  const losses = Array.from(
    { length: Math.floor(high / down) - first + 1 },
    (_, i) => (first + i) * down,
  )
  return losses.map((loss) => ({ loss, text: loss.toFixed(down < 1 ? 1 : 0) }))
}

function dashed(context: CanvasRenderingContext2D, { y, width }: Frame, loss: number): void {
  context.strokeStyle = colour('warm')
  context.setLineDash([5, 5])
  context.lineWidth = 1.25
  context.beginPath()
  context.moveTo(MARGIN.left, y(loss))
  context.lineTo(width - MARGIN.right, y(loss))
  context.stroke()
  context.setLineDash([])
}

/** The label of the dashed line, on a ground that keeps it legible over the losses. */
function guessing(context: CanvasRenderingContext2D, { y, width }: Frame, loss: number): void {
  const text = 'pure guessing'
  const right = width - MARGIN.right
  const wide = context.measureText(text).width
  context.globalAlpha = 0.85
  context.fillStyle = colour('ground')
  context.fillRect(right - wide - 4, y(loss) - 19, wide + 4, 16)
  context.globalAlpha = 1
  context.fillStyle = colour('warm')
  context.textAlign = 'right'
  context.textBaseline = 'bottom'
  context.fillText(text, right, y(loss) - 4)
}

/** Where several points share a pixel, the line spans their minimum and maximum. */
function line(
  context: CanvasRenderingContext2D,
  { x, y, width }: Frame,
  { log }: ChartRun,
  value: (i: number) => number,
  name: string,
  weight: number,
): void {
  if (log.length === 0) return
  context.strokeStyle = colour(name)
  context.lineWidth = weight
  context.lineJoin = 'round'
  context.beginPath()
  const group = Math.max(1, Math.floor(log.length / (2 * width)))
  for (let i = 0; i < log.length; i += group) {
    let low = value(i)
    let high = low
    for (let j = i + 1; j < Math.min(i + group, log.length); j++) {
      low = Math.min(low, value(j))
      high = Math.max(high, value(j))
    }
    const at = x(log.stepOf(i))
    context.lineTo(at, y(high))
    if (high !== low) context.lineTo(at, y(low))
  }
  context.stroke()
  if (log.length > 1) return
  context.fillStyle = colour(name)
  context.fillRect(x(log.stepOf(0)) - 1.5, y(value(0)) - 1.5, 3, 3)
}

function crosshair(
  context: CanvasRenderingContext2D,
  { x, y, height }: Frame,
  { log }: ChartRun,
  cursor: number,
): void {
  const { step, loss, smoothed } = log.at(cursor)
  context.strokeStyle = colour('ink')
  context.lineWidth = 1
  context.globalAlpha = 0.5
  context.beginPath()
  context.moveTo(x(step), MARGIN.top)
  context.lineTo(x(step), height - MARGIN.bottom)
  context.stroke()
  context.globalAlpha = 1
  for (const value of [loss, smoothed]) {
    context.beginPath()
    context.arc(x(step), y(value), 3.5, 0, 7)
    context.fillStyle = colour('accent')
    context.fill()
    context.strokeStyle = colour('panel')
    context.stroke()
  }
}
