/** One parameter through a run: its value above, its gradient below, on one axis of steps. */
import type { PathColumns } from '../lib/path-log.js'
import { colour } from './board.js'
import { axisSteps, tick } from './loss.js'

export interface PathView {
  columns: PathColumns
  /** Steps of the whole run. */
  numSteps: number
  /** The point that is marked, or -1. */
  cursor: number
}

const MARGIN = { left: 58, right: 12, top: 18, bottom: 24 }
/** Between the two plots, with the title of the lower one. */
const GAP = 30
/** The value's part of the height. */
const SHARE = 0.62
const FONT = '12px ui-sans-serif, system-ui, sans-serif'

interface Plot {
  x: (step: number) => number
  y: (value: number) => number
  top: number
  bottom: number
  low: number
  high: number
}

const stepsOf = ({ columns, numSteps }: PathView) => axisSteps(columns.step.at(-1) ?? 0, numSteps)

/** The range of the numbers, with 0 in it and a little room. */
function rangeOf(values: Float64Array): [low: number, high: number] {
  let [low, high] = [0, 0]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  const room = 0.06 * (high - low) || 0.02
  return [low < 0 ? low - room : low, high > 0 || low === 0 ? high + room : high]
}

function plotOf(
  view: PathView,
  values: Float64Array,
  [left, right, top, bottom]: readonly [number, number, number, number],
): Plot {
  const [low, high] = rangeOf(values)
  const steps = stepsOf(view)
  return {
    ...{ top, bottom, low, high },
    x: (step) => left + ((right - left) * step) / steps,
    y: (value) => bottom - ((bottom - top) * (value - low)) / (high - low),
  }
}

export class PathChart {
  private view: PathView | null = null

  show(view: PathView): void {
    this.view = view
  }

  /** The point nearest to x on a canvas of this width, drawn or not; -1 if there is none. */
  nearest(x: number, width: number): number {
    if (!this.view) return -1
    const { step } = this.view.columns
    const share = (x - MARGIN.left) / (width - MARGIN.left - MARGIN.right)
    const wanted = share * stepsOf(this.view)
    let best = 0
    for (let i = 1; i < step.length; i++) {
      if (Math.abs(step[i]! - wanted) < Math.abs(step[best]! - wanted)) best = i
    }
    return best
  }

  draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { view } = this
    if (!view) return
    const { columns, cursor } = view
    const right = width - MARGIN.right
    const floor = height - MARGIN.bottom
    const middle = MARGIN.top + (floor - MARGIN.top - GAP) * SHARE
    const value = plotOf(view, columns.value, [MARGIN.left, right, MARGIN.top, middle])
    const gradients = columns.gradient.map((x) => x || 0)
    const gradient = plotOf(view, gradients, [MARGIN.left, right, middle + GAP, floor])
    axis(context, value, 'value', width)
    axis(context, gradient, 'gradient', width)
    stepAxis(context, value, stepsOf(view), width, floor)
    line(context, gradient, columns.step.subarray(1), columns.gradient.subarray(1), 'below', 1)
    line(context, value, columns.step, columns.value, 'accent', 2.25)
    const at = cursor < 0 ? columns.step.length - 1 : cursor
    marker(context, value, columns.step[at]!, columns.value[at]!, 'accent', cursor >= 0 && floor)
    if (at > 0) marker(context, gradient, columns.step[at]!, columns.gradient[at]!, 'below', false)
  }
}

/** A small line of the value alone, without axes. */
export function drawSpark(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  view: PathView,
): void {
  const { columns } = view
  const plot = plotOf(view, columns.value, [2, width - 5, 5, height - 5])
  context.strokeStyle = colour('edge')
  context.lineWidth = 1
  context.setLineDash([2, 3])
  context.beginPath()
  context.moveTo(0, plot.y(0))
  context.lineTo(width, plot.y(0))
  context.stroke()
  context.setLineDash([])
  line(context, plot, columns.step, columns.value, 'accent', 1.75)
  marker(context, plot, columns.step.at(-1)!, columns.value.at(-1)!, 'accent', false)
}

/** Where several points share a pixel, the line spans their minimum and maximum. */
function line(
  context: CanvasRenderingContext2D,
  { x, y }: Plot,
  steps: Float64Array,
  values: Float64Array,
  name: string,
  weight: number,
): void {
  context.strokeStyle = colour(name)
  context.lineWidth = weight
  context.lineJoin = 'round'
  context.beginPath()
  for (let i = 0; i < steps.length; i++) context.lineTo(x(steps[i]!), y(values[i]!))
  context.stroke()
}

/** The ticks of a plot: 0 and about three more. */
function axis(context: CanvasRenderingContext2D, plot: Plot, title: string, width: number): void {
  const { y, low, high, top, bottom } = plot
  context.font = FONT
  context.textBaseline = 'middle'
  context.textAlign = 'right'
  context.lineWidth = 1
  const each = tick(high - low, Math.max(2, (bottom - top) / 34))
  for (let i = Math.ceil(low / each); i * each <= high; i++) {
    const at = Math.round(y(i * each)) + 0.5
    context.strokeStyle = colour(i === 0 ? 'edge' : 'line')
    context.beginPath()
    context.moveTo(MARGIN.left, at)
    context.lineTo(width - MARGIN.right, at)
    context.stroke()
    context.fillStyle = colour('soft')
    context.fillText(label(i * each, each), MARGIN.left - 8, at)
  }
  context.textAlign = 'left'
  context.textBaseline = 'bottom'
  context.fillStyle = colour(title === 'value' ? 'accent' : 'below')
  context.fillText(title, MARGIN.left, top - 3)
}

/** As many decimals as the distance of the ticks needs. */
function label(value: number, each: number): string {
  if (value === 0) return '0'
  if (each < 1e-5 || each >= 1e5) return value.toExponential(0).replace('-', '−')
  const decimals = Math.max(0, -Math.floor(Math.log10(each) + 1e-9))
  return value.toFixed(decimals).replace('-', '−')
}

function stepAxis(
  context: CanvasRenderingContext2D,
  { x }: Plot,
  steps: number,
  width: number,
  floor: number,
): void {
  context.fillStyle = colour('soft')
  context.textAlign = 'center'
  context.textBaseline = 'top'
  const each = Math.max(1, tick(steps, width / 90))
  for (let step = 0; step <= steps; step += each) {
    const text = step === 0 ? 'step 0' : step >= 1e5 ? step.toExponential(0) : String(step)
    context.fillText(text, Math.min(x(step), width - 16), floor + 6)
  }
}

/** A dot, and with a floor a vertical line down to it. */
function marker(
  context: CanvasRenderingContext2D,
  { x, y, top }: Plot,
  step: number,
  value: number,
  name: string,
  floor: number | false,
): void {
  if (floor !== false) {
    context.strokeStyle = colour('ink')
    context.globalAlpha = 0.5
    context.lineWidth = 1
    context.beginPath()
    context.moveTo(x(step), top)
    context.lineTo(x(step), floor)
    context.stroke()
    context.globalAlpha = 1
  }
  context.beginPath()
  context.arc(x(step), y(value), 3.5, 0, 7)
  context.fillStyle = colour(name)
  context.fill()
  context.lineWidth = 1
  context.strokeStyle = colour('panel')
  context.stroke()
}
