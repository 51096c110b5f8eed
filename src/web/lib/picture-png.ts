/** The picture with ten samples and a caption: saved as a PNG, or the preview image of a link. */
import type { ParameterSpec } from '../../config/parameters.js'
import type { Lists } from './picture-cells.js'
import type { PictureTheme } from './picture-colours.js'
import { drawLegend } from './picture-legend.js'
import type { Canvas2D } from './picture-paint.js'
import { type PictureMode, StateDictPicture } from './state-dict-picture.js'

export interface Poster {
  table: readonly ParameterSpec[]
  lists: Lists
  mode: PictureMode
  theme: PictureTheme
  title: string
  /** Under the title: what was trained, and for how long. */
  caption: string
  /** Samples of the model; the first ten are shown. */
  names: readonly string[]
}

export interface PosterSize {
  width: number
  height: number
  pixelRatio: number
}

/** The image to save: 2400 x 1600 pixels. */
export const PICTURE_SIZE: PosterSize = { width: 1200, height: 800, pixelRatio: 2 }
/** The preview image of links: 1200 x 630 pixels. */
export const PREVIEW_SIZE: PosterSize = { width: 1200, height: 630, pixelRatio: 1 }

const SERIF = "'Iowan Old Style', 'Palatino Linotype', Palatino, 'Book Antiqua', Georgia, serif"
const SANS = "ui-sans-serif, system-ui, 'Segoe UI', Roboto, sans-serif"
const MARGIN = 44
const NAMES = 10

/** Cuts a text to a width and adds an ellipsis if it was longer. */
export function fitText(context: Canvas2D, text: string, width: number): string {
  if (context.measureText(text).width <= width) return text
  const chars = [...text.slice(0, 500)]
  while (chars.length > 0 && context.measureText(`${chars.join('')}…`).width > width) chars.pop()
  return `${chars.join('')}…`
}

/** Wraps a text into at most `most` lines; a word that is longer than a line is cut. */
export function wrapText(context: Canvas2D, text: string, width: number, most: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const longer = line === '' ? word : `${line} ${word}`
    if (line === '' || context.measureText(longer).width <= width) line = longer
    else {
      lines.push(line)
      line = word
    }
  }
  if (line !== '') lines.push(line)
  const shown = lines.slice(0, most)
  if (lines.length > most) shown[most - 1] += '…'
  return shown.map((one) => fitText(context, one, width))
}

/** Draws the title and caption on top, the picture on the left and the samples on the right. */
export function drawPoster(context: Canvas2D, poster: Poster, size: PosterSize): void {
  const { theme, title, caption } = poster
  const { width, height, pixelRatio } = size
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  context.fillStyle = theme.ground
  context.fillRect(0, 0, width, height)
  const right = Math.round(width * 0.23)
  const inner = width - 2 * MARGIN

  context.textAlign = 'left'
  context.textBaseline = 'alphabetic'
  context.fillStyle = theme.ink
  context.font = `500 38px ${SERIF}`
  context.fillText(fitText(context, title, inner), MARGIN, MARGIN + 34)
  context.fillStyle = theme.soft
  context.font = `18px ${SANS}`
  const lines = wrapText(context, caption, inner, 2)
  lines.forEach((line, i) => context.fillText(line, MARGIN, MARGIN + 68 + i * 25))
  const top = MARGIN + 78 + lines.length * 25

  const foot = height - MARGIN
  const box = { width: inner - right - 32, height: foot - top - 34, pixelRatio }
  const picture = new StateDictPicture(poster.table, box)
  const origin = { x: MARGIN, y: top }
  const largest = picture.draw(context, poster.lists, { mode: poster.mode, theme, origin })
  context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
  drawLegend(context, { x: MARGIN, y: foot - 12, width: 360 }, theme, largest)

  const left = width - MARGIN - right
  const step = Math.min(44, (foot - top - 30) / NAMES)
  context.fillStyle = theme.soft
  context.font = `16px ${SANS}`
  context.fillText('What it writes', left, top + 14)
  context.fillStyle = theme.ink
  context.font = `500 ${Math.round(step * 0.6)}px ${SERIF}`
  poster.names.slice(0, NAMES).forEach((name, i) => {
    context.fillText(fitText(context, name, right), left, top + 22 + (i + 0.8) * step)
  })
}

/** The part of an OffscreenCanvas that is needed to make a PNG. */
export interface PngCanvas {
  getContext(kind: '2d'): Canvas2D | null
  convertToBlob(options: { type: string }): Promise<Blob>
}

/**
 * Draws a poster as a PNG.
 * @throws {Error} if the browser provides no canvas to draw on
 */
export async function posterBlob(
  poster: Poster,
  size: PosterSize = PICTURE_SIZE,
  make: (width: number, height: number) => PngCanvas = (width, height) =>
    new OffscreenCanvas(width, height) as unknown as PngCanvas,
): Promise<Blob> {
  const { width, height, pixelRatio } = size
  const canvas = make(Math.round(width * pixelRatio), Math.round(height * pixelRatio))
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser gives no canvas to draw the picture on.')
  drawPoster(context, poster, size)
  return canvas.convertToBlob({ type: 'image/png' })
}
