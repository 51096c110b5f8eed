/** The histogram of the numbers that were drawn at random: before training and now. */
import { plain } from '../text.js'
import { colour } from './board.js'

const BINS = 31

interface Histogram {
  /** Before training; zeros are left out. */
  start: Float64Array
  values: Float64Array
  /** The axis is from -reach to reach. */
  reach: number
}

/** Draws the numbers before training as bars, and as they are now as a line. */
export function drawHistogram(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  { start, values, reach }: Histogram,
): void {
  const bins = (list: Float64Array) => {
    const counts = new Float64Array(BINS)
    list.forEach((x, i) => {
      if (start[i] === 0) return
      const bin = Math.floor(((x + reach) / (2 * reach)) * BINS)
      if (bin >= 0 && bin < BINS) counts[bin]!++
    })
    return counts
  }
  const [first, now] = [bins(start), bins(values)]
  const most = Math.max(1, ...first, ...now)
  const floor = height - 18
  const bar = width / BINS
  context.fillStyle = colour('edge')
  context.globalAlpha = 0.45
  first.forEach((n, i) => {
    const tall = (floor * n) / most
    context.fillRect(i * bar + 0.5, floor - tall, bar - 1, tall)
  })
  context.globalAlpha = 1
  context.strokeStyle = colour('accent')
  context.lineWidth = 2
  context.beginPath()
  now.forEach((n, i) => context.lineTo((i + 0.5) * bar, floor - (floor * n) / most))
  context.stroke()
  context.fillStyle = colour('soft')
  context.font = '12px ui-sans-serif, system-ui, sans-serif'
  context.textBaseline = 'bottom'
  for (const [text, x, align] of [
    [`−${plain(reach)}`, 0, 'left'],
    ['0', width / 2, 'center'],
    [plain(reach), width, 'right'],
  ] as const) {
    context.textAlign = align
    context.fillText(text, x, height)
  }
}
