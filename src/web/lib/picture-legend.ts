/**
 * The legend of the picture: a color bar from the lowest to the highest value, and gray for zero.
 */
import { type PictureTheme, colourScale, level } from './picture-colours.js'
import type { Canvas2D } from './picture-paint.js'

/** A short number without an exponent where possible: 0.05, 2, 1e-7. */
export const scaleText = (x: number) => String(Number(x.toPrecision(3)))

/**
 * Draws the legend in one line of 12 pixels; x and y are its upper left corner.
 * @param largest the return value of the picture's draw()
 */
export function drawLegend(
  context: Canvas2D,
  { x, y, width }: { x: number; y: number; width: number },
  theme: PictureTheme,
  largest: number,
): void {
  const { table } = colourScale(theme)
  context.font = '11px ui-monospace, Menlo, Consolas, monospace'
  context.textBaseline = 'alphabetic'
  context.textAlign = 'left'
  const ends = [`−${scaleText(largest)}`, `+${scaleText(largest)}`] as const
  const [low, high] = ends.map((text) => context.measureText(text).width + 6) as [number, number]
  const zeroWidth = context.measureText('zero').width + 34
  const bar = Math.max(20, width - low - high - zeroWidth)
  context.fillStyle = theme.soft
  context.fillText(ends[0], x, y + 10)
  context.fillText(ends[1], x + low + bar + 6, y + 10)
  context.fillText('zero', x + width - zeroWidth + 34, y + 10)
  const steps = 48
  for (let i = 0; i < steps; i++) {
    const value = ((i + 0.5) / steps) * 2 - 1
    context.fillStyle = css(table[(table.length >> 1) + level(value, 1)]!)
    context.fillRect(x + low + (i * bar) / steps, y, bar / steps + 0.5, 12)
  }
  context.fillStyle = theme.zero
  context.fillRect(x + width - zeroWidth + 16, y, 12, 12)
}

const css = (packed: number) =>
  `rgb(${packed & 255}, ${(packed >> 8) & 255}, ${(packed >> 16) & 255})`
