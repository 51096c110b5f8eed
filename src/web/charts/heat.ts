/** A matrix as a heat map: one cell per number, blue below 0, orange above, neutral at 0. */
import { Board, colour } from './board.js'

export interface Heat {
  rows: number
  columns: number
  /** [rows, columns], row-major. */
  values: Float64Array
  /** The value that gets the full color. */
  scale: number
  /** The cell that is marked, or -1. */
  cursor: number
  /** 'signed' goes from blue to orange; 'share', for 0 to 1, from neutral to the accent color. */
  tone: 'signed' | 'share'
}

type Colour = readonly [number, number, number]

/** #rrggbb as three numbers. */
const parse = (hex: string): Colour =>
  [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)) as unknown as Colour

export class HeatMap {
  readonly canvas: HTMLCanvasElement
  private heat: Heat | null = null
  private readonly board: Board
  private readonly small = document.createElement('canvas')

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas
    this.board = new Board(canvas, (context, width, height) => this.draw(context, width, height))
  }

  /** Stops drawing and observing the canvas. */
  remove(): void {
    this.board.remove()
  }

  show(heat: Heat): void {
    this.heat = heat
    this.canvas.style.aspectRatio = `${heat.columns} / ${heat.rows}`
    this.board.redraw()
  }

  /** The index of the cell at a point of the canvas, or -1. */
  cellAt(x: number, y: number): number {
    const { heat, canvas } = this
    if (!heat) return -1
    const column = Math.floor((x / canvas.clientWidth) * heat.columns)
    const row = Math.floor((y / canvas.clientHeight) * heat.rows)
    const inside = column >= 0 && column < heat.columns && row >= 0 && row < heat.rows
    return inside ? row * heat.columns + column : -1
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { heat, small } = this
    if (!heat) return
    paint(small, heat)
    context.imageSmoothingEnabled = false
    context.drawImage(small, 0, 0, width, height)
    if (heat.cursor < 0) return
    const [w, h] = [width / heat.columns, height / heat.rows]
    const [row, column] = [Math.floor(heat.cursor / heat.columns), heat.cursor % heat.columns]
    context.strokeStyle = colour('ink')
    context.lineWidth = 2
    context.strokeRect(column * w, row * h, Math.max(2, w), Math.max(2, h))
  }
}

/** One pixel per cell. */
function paint(small: HTMLCanvasElement, { rows, columns, values, scale, tone }: Heat): void {
  small.width = columns
  small.height = rows
  const context = small.getContext('2d')!
  const image = context.createImageData(columns, rows)
  const zero = parse(colour('zero'))
  const above = parse(colour(tone === 'share' ? 'accent' : 'above'))
  const below = parse(colour('below'))
  for (let i = 0; i < rows * columns; i++) {
    const value = values[i]! / scale
    // The square root keeps small numbers visible next to large ones.
    const strength = Math.min(1, Math.sqrt(Math.abs(value)))
    const end = value < 0 ? below : above
    for (let c = 0; c < 3; c++) image.data[4 * i + c] = zero[c]! + strength * (end[c]! - zero[c]!)
    image.data[4 * i + 3] = 255
  }
  context.putImageData(image, 0, 0)
}

/** The largest magnitude, or 1 if all numbers are 0. */
export function largest(...lists: Float64Array[]): number {
  let most = 0
  for (const list of lists) for (const x of list) most = Math.max(most, Math.abs(x))
  return most || 1
}
