/**
 * The state_dict as one live picture: all matrices at one scale in the order of the data flow, as
 * values, gradients, or change since the start. It draws on any 2D context and does not use the
 * DOM.
 */
import type { ParameterSpec } from '../../config/parameters.js'
import {
  type Cell,
  type CellNumbers,
  type Lists,
  boxOfCell,
  describePicture,
  hitTest,
} from './picture-cells.js'
import { type ColourScale, type PictureTheme, colourScale, fullScale } from './picture-colours.js'
import { type LayoutOptions, type PictureLayout, layoutPicture } from './picture-layout.js'
import { type Canvas2D, type Numbers, Painter } from './picture-paint.js'

export type PictureMode = 'values' | 'gradients' | 'change'

export interface DrawOptions {
  mode: PictureMode
  theme: PictureTheme
  /** The cell that is pointed at or focused. */
  cell?: Cell | null
  /** The cell that is followed. */
  picked?: Cell | null
  /** The upper left corner of the picture on the canvas, in CSS pixels. */
  origin?: { x: number; y: number }
}

export class StateDictPicture {
  readonly layout: PictureLayout
  private readonly painter: Painter
  private scale: { theme: PictureTheme; colours: ColourScale } | null = null

  /** @param table from gptTable, in state_dict order */
  constructor(table: readonly ParameterSpec[], options: LayoutOptions) {
    this.layout = layoutPicture(table, options)
    this.painter = new Painter(this.layout)
  }

  /**
   * Draws the whole picture.
   * @returns the value that got the full color, for a legend
   */
  draw(context: Canvas2D, lists: Lists, options: DrawOptions): number {
    const { mode, theme, cell, picked, origin } = options
    if (this.scale?.theme !== theme) this.scale = { theme, colours: colourScale(theme) }
    const numbers = numbersOf(lists, mode)
    this.painter.surroundings(context, theme, origin)
    this.painter.cells(context, numbers, this.scale.colours, theme, origin)
    if (picked) this.mark(context, picked, theme.ground, theme.accent)
    if (cell) this.mark(context, cell, theme.ground, theme.ink)
    return numbers.largest
  }

  /** The cell under a point, in CSS pixels of the picture. */
  hitTest(x: number, y: number, lists: Lists, slack = 0): CellNumbers | null {
    return hitTest(this.layout, x, y, lists, slack)
  }

  /** The picture in words, for a screen reader. */
  describe(lists: Lists): string {
    return describePicture(this.layout, lists)
  }

  /** Draws a frame in two tones, which is visible on every color. */
  private mark(context: Canvas2D, cell: Cell, under: string, over: string): void {
    const box = boxOfCell(this.layout, cell)
    if (!box) return
    const least = 5
    const grown = Math.max(0, (least - box.width) / 2)
    for (const [style, by, width] of [
      [under, 1, 5],
      [over, 1, 2],
    ] as const) {
      context.strokeStyle = style
      context.lineWidth = width
      const out = by + grown
      context.strokeRect(box.x - out, box.y - out, box.width + 2 * out, box.height + 2 * out)
    }
  }
}

/**
 * The numbers to draw. Gradients before the first step, and change without a start, are all zero.
 */
export function numbersOf({ values, gradients, start }: Lists, mode: PictureMode): Numbers {
  if (mode === 'values') return { values, largest: fullScale(values) }
  if (mode === 'gradients') {
    return gradients
      ? { values: gradients, largest: fullScale(gradients) }
      : { values, base: values, largest: 1 }
  }
  const base = start ?? values
  return { values, base, largest: fullScale(values, base) }
}
