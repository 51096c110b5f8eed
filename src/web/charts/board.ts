/** A canvas that is drawn at most once per frame, at device resolution, and only while visible. */
import { WhenVisible } from '../dom.js'

export type Draw = (context: CanvasRenderingContext2D, width: number, height: number) => void

const boards = new Set<Board>()
const others = new Set<() => void>()

export class Board {
  readonly canvas: HTMLCanvasElement
  private readonly draw: Draw
  private readonly sight: WhenVisible
  private readonly resized: ResizeObserver
  private asked = false
  private width = 0
  private height = 0

  constructor(canvas: HTMLCanvasElement, draw: Draw) {
    this.canvas = canvas
    this.draw = draw
    this.sight = new WhenVisible(canvas)
    this.resized = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect
      if (width === this.width && height === this.height) return
      this.width = width
      this.height = height
      this.redraw()
    })
    this.resized.observe(canvas)
    boards.add(this)
  }

  /** Stops drawing and observing the canvas. */
  remove(): void {
    boards.delete(this)
    this.resized.disconnect()
    this.sight.stop()
  }

  redraw(): void {
    if (this.asked) return
    this.asked = true
    requestAnimationFrame(() => {
      this.asked = false
      this.sight.run(() => this.paint())
    })
  }

  /** Draws now, also outside the view. */
  paint(): void {
    const { canvas, width, height } = this
    const context = canvas.getContext('2d')
    if (!context || width === 0 || height === 0) return
    const ratio = Math.min(3, devicePixelRatio || 1)
    const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)]
    if (canvas.width !== wide) canvas.width = wide
    if (canvas.height !== high) canvas.height = high
    context.setTransform(ratio, 0, 0, ratio, 0, 0)
    context.clearRect(0, 0, width, height)
    this.draw(context, width, height)
  }
}

let palette: Map<string, string> | null = null

/** A color of the style sheet, by the name of its CSS variable. */
export function colour(name: string): string {
  palette ??= new Map()
  let value = palette.get(name)
  if (value === undefined) {
    value = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()
    palette.set(name, value)
  }
  return value
}

/** The dark colors; print is always dark on white. */
export const dark = matchMedia('screen and (prefers-color-scheme: dark)')
dark.addEventListener('change', () => {
  palette = null
  for (const board of boards) board.redraw()
  for (const draw of others) draw()
})
// Print shows what is outside the view, too, and does not wait for a frame.
matchMedia('print').addEventListener('change', () => {
  palette = null
  for (const board of boards) board.paint()
  for (const draw of others) draw()
})

/** Draws a picture that is not on a board again when the colors change. */
export const onColours = (draw: () => void): void => void others.add(draw)
