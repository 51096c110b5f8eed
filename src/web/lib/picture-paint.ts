/** Draws the picture on a 2D context: labels, frames and arrows, and the cells as ImageData. */
import { type ColourScale, type PictureTheme, level, pack, parse } from './picture-colours.js'
import { flowOf } from './picture-flow.js'
import type { PictureLayout, PlacedMatrix, Strip } from './picture-layout.js'

/** The part of CanvasRenderingContext2D that the picture uses; tests pass a small fake. */
export type Canvas2D = Pick<
  CanvasRenderingContext2D,
  | 'fillStyle'
  | 'strokeStyle'
  | 'lineWidth'
  | 'lineJoin'
  | 'font'
  | 'textAlign'
  | 'textBaseline'
  | 'setTransform'
  | 'fillRect'
  | 'strokeRect'
  | 'fillText'
  | 'measureText'
  | 'beginPath'
  | 'moveTo'
  | 'lineTo'
  | 'closePath'
  | 'fill'
  | 'stroke'
  | 'createImageData'
  | 'putImageData'
>

/** The numbers to draw: values[i] - base[i], or values[i] without a base. */
export interface Numbers {
  values: ArrayLike<number>
  base?: ArrayLike<number>
  /** The value that gets the full color. */
  largest: number
}

/** Cells of at least this many device pixels are separated by a line of one pixel. */
const GRID_FROM = 9
/** Maximum numbers sampled per pixel and axis; of more, evenly spaced ones. */
const SAMPLES = 2

const MONO =
  "ui-monospace, 'SF Mono', 'Cascadia Code', Menlo, Consolas, 'DejaVu Sans Mono', monospace"

/** Writes the pixels of a strip into `pixels`, [height, width]. */
export function paintStrip(
  pixels: Uint32Array,
  width: number,
  height: number,
  { columns, offset }: Pick<PlacedMatrix, 'columns' | 'offset'>,
  { firstRow, rows }: Pick<Strip, 'firstRow' | 'rows'>,
  numbers: Numbers,
  scale: ColourScale,
  ground: number,
): void {
  const first = offset + firstRow * columns
  const side = width / columns
  const whole = Number.isInteger(side) && height === side * rows
  if (whole) paintCells(pixels, side, rows, columns, first, numbers, scale, ground)
  else paintSamples(pixels, width, height, rows, columns, first, numbers, scale)
}

/** Paints every number as a square of whole pixels. */
function paintCells(
  pixels: Uint32Array,
  side: number,
  rows: number,
  columns: number,
  first: number,
  { values, base, largest }: Numbers,
  { table }: ColourScale,
  ground: number,
): void {
  const width = columns * side
  const middle = table.length >> 1
  const gap = side >= GRID_FROM ? 1 : 0
  for (let row = 0; row < rows; row++) {
    const line = row * side * width
    for (let column = 0; column < columns; column++) {
      const i = first + row * columns + column
      const x = base ? values[i]! - base[i]! : values[i]!
      const start = line + column * side
      pixels.fill(table[middle + level(x, largest)]!, start, start + side - gap)
      if (gap) pixels[start + side - 1] = ground
    }
    for (let y = 1; y < side - gap; y++) pixels.copyWithin(line + y * width, line, line + width)
    if (gap) pixels.fill(ground, line + (side - 1) * width, line + side * width)
  }
}

/**
 * Paints at any scale: a pixel shows the root mean square of the numbers it covers, with the sign
 * of their sum. A mean would be close to zero where signs alternate.
 */
function paintSamples(
  pixels: Uint32Array,
  width: number,
  height: number,
  rows: number,
  columns: number,
  first: number,
  { values, base, largest }: Numbers,
  { table }: ColourScale,
): void {
  const middle = table.length >> 1
  for (let y = 0; y < height; y++) {
    const [top, end] = covered(y, height, rows)
    const down = Math.max(1, Math.ceil((end - top) / SAMPLES))
    for (let x = 0; x < width; x++) {
      const [left, stop] = covered(x, width, columns)
      const across = Math.max(1, Math.ceil((stop - left) / SAMPLES))
      let sum = 0
      let squares = 0
      let count = 0
      for (let row = top; row < end; row += down) {
        for (let column = left; column < stop; column += across) {
          const i = first + row * columns + column
          const value = base ? values[i]! - base[i]! : values[i]!
          sum += value
          squares += value * value
          count++
        }
      }
      const size = count === 1 ? Math.abs(sum) : Math.sqrt(squares / count)
      pixels[y * width + x] = table[middle + level(sum < 0 ? -size : size, largest)]!
    }
  }
}

/** The range [from, to) of the numbers that a pixel covers; at least one. */
function covered(pixel: number, pixels: number, numbers: number): [number, number] {
  const from = Math.floor((pixel * numbers) / pixels)
  const to = numbers <= pixels ? from + 1 : Math.floor(((pixel + 1) * numbers) / pixels)
  return [from, Math.max(from + 1, to)]
}

/** Draws the picture; its image buffers are created once per layout. */
export class Painter {
  private readonly images = new Map<Strip, { image: ImageData; pixels: Uint32Array }>()
  readonly layout: PictureLayout

  constructor(layout: PictureLayout) {
    this.layout = layout
  }

  /**
   * Draws only the cells, which is enough if nothing else has changed. putImageData takes device
   * pixels and ignores the transform.
   */
  cells(
    context: Canvas2D,
    numbers: Numbers,
    scale: ColourScale,
    theme: PictureTheme,
    origin = { x: 0, y: 0 },
  ): void {
    const { layout } = this
    const device = (length: number) => Math.round(length * layout.pixelRatio)
    const frame = layout.frames.length > 0
    for (const matrix of layout.matrices) {
      const ground = pack(parse(frame && matrix.layer >= 0 ? theme.panel : theme.ground))
      for (const strip of matrix.strips) {
        const [width, height] = [device(strip.width), device(strip.height)]
        let drawn = this.images.get(strip)
        if (!drawn) {
          const image = context.createImageData(width, height)
          drawn = { image, pixels: new Uint32Array(image.data.buffer) }
          this.images.set(strip, drawn)
        }
        paintStrip(drawn.pixels, width, height, matrix, strip, numbers, scale, ground)
        context.putImageData(drawn.image, device(strip.x + origin.x), device(strip.y + origin.y))
      }
    }
  }

  /** Draws everything except the cells: background, frames, labels and arrows. */
  surroundings(context: Canvas2D, theme: PictureTheme, origin = { x: 0, y: 0 }): void {
    const { layout } = this
    const { pixelRatio, labels, lineHeight } = layout
    context.setTransform(pixelRatio, 0, 0, pixelRatio, origin.x * pixelRatio, origin.y * pixelRatio)
    context.fillStyle = theme.ground
    context.fillRect(0, 0, layout.width, layout.height)
    const size = labels === 'full' ? 11 : 10
    context.font = `${size}px ${MONO}`
    context.textBaseline = 'alphabetic'
    context.textAlign = 'left'
    for (const { x, y, width, height, title } of layout.frames) {
      context.fillStyle = theme.panel
      context.fillRect(x, y, width, height)
      context.fillStyle = theme.soft
      context.fillText(title, x + 6, y + (labels === 'none' ? 9 : lineHeight))
    }
    for (const { cells, label } of layout.matrices) {
      label.forEach((line, i) => {
        context.fillStyle = i === 0 ? theme.ink : theme.soft
        context.fillText(line, cells.x, cells.y - (label.length - 1 - i) * lineHeight - 4)
      })
    }
    this.arrows(context, theme)
  }

  private arrows(context: Canvas2D, theme: PictureTheme): void {
    const { arrows, plus } = flowOf(this.layout)
    context.strokeStyle = theme.line
    context.fillStyle = theme.line
    context.lineWidth = 1.25
    context.lineJoin = 'round'
    for (const points of arrows) {
      context.beginPath()
      points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)))
      context.stroke()
      const [[fromX, fromY], [x, y]] = points.slice(-2) as [[number, number], [number, number]]
      const length = Math.hypot(x - fromX, y - fromY) || 1
      const [dx, dy] = [(x - fromX) / length, (y - fromY) / length]
      context.beginPath()
      context.moveTo(x, y)
      context.lineTo(x - 6 * dx - 3.2 * dy, y - 6 * dy + 3.2 * dx)
      context.lineTo(x - 6 * dx + 3.2 * dy, y - 6 * dy - 3.2 * dx)
      context.closePath()
      context.fill()
    }
    if (!plus) return
    const [x, y] = plus
    context.lineWidth = 2
    context.strokeStyle = theme.soft
    context.beginPath()
    context.moveTo(x - 5, y)
    context.lineTo(x + 5, y)
    context.moveTo(x, y - 5)
    context.lineTo(x, y + 5)
    context.stroke()
  }
}
