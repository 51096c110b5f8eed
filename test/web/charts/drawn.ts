/**
 * Charts without a browser: a canvas that notes what is drawn on it, in CSS pixels. Import it before
 * the charts, which read the colors and sizes of the page.
 */
import { expect, vi } from 'vitest'

type Point = [x: number, y: number]

export interface Drawing {
  lines: { colour: string; weight: number; dash: number[]; points: Point[] }[]
  boxes: { colour: string; x: number; y: number; width: number; height: number }[]
  frames: { colour: string; x: number; y: number; width: number; height: number }[]
  dots: { colour: string; x: number; y: number }[]
  texts: { text: string; x: number; y: number; align: string; colour: string }[]
  /** How often it was cleared. */
  times: number
}

/** Colors that are mixed have numbers; the others are their own names. */
const HEX: Record<string, string> = {
  ...{ zero: '#000000', above: '#ff0000', below: '#0000ff', accent: '#00ff00' },
}
const NAMES = new Map(Object.entries(HEX).map(([name, hex]) => [hex, name]))

/** What the style sheet is asked for from now on begins with this, as if the colors had changed. */
let scheme = ''
const watchers: { query: string; hear: () => void }[] = []

/** Changes the colors of the page, or prints it. */
export function changeColours(query: 'dark' | 'print'): void {
  scheme = `${query} `
  for (const watcher of watchers) if (watcher.query.includes(query)) watcher.hear()
  scheme = ''
}

class FakeCanvas {
  width = 0
  height = 0
  readonly clientWidth: number
  readonly clientHeight: number
  readonly style: Record<string, string> = {}
  readonly dataset = {}
  readonly drawing: Drawing = { lines: [], boxes: [], frames: [], dots: [], texts: [], times: 0 }
  /** The colors of putImageData. */
  pixels = new Uint8ClampedArray()
  /** The canvas that was drawn on this one last. */
  image: FakeCanvas | null = null
  private readonly context = contextOf(this)

  constructor(width = 0, height = 0) {
    this.clientWidth = width
    this.clientHeight = height
  }

  getContext() {
    return this.context
  }
}

const named = (colour: string) => NAMES.get(colour) ?? colour

function contextOf(canvas: FakeCanvas) {
  const { drawing } = canvas
  let points: Point[] = []
  let dots: Point[] = []
  let dash: number[] = []
  const style = { fillStyle: '', strokeStyle: '', lineWidth: 1, textAlign: 'left' }
  return Object.assign(style, {
    clearRect() {
      for (const list of Object.values(drawing)) if (Array.isArray(list)) list.length = 0
      drawing.times++
    },
    setTransform() {},
    beginPath() {
      points = []
      dots = []
    },
    moveTo: (x: number, y: number) => void points.push([x, y]),
    lineTo: (x: number, y: number) => void points.push([x, y]),
    arc: (x: number, y: number) => void dots.push([x, y]),
    setLineDash: (pattern: number[]) => void (dash = pattern),
    fill() {
      for (const [x, y] of dots) drawing.dots.push({ colour: named(style.fillStyle), x, y })
    },
    stroke() {
      if (points.length === 0) return
      const [colour, weight] = [named(style.strokeStyle), style.lineWidth]
      drawing.lines.push({ colour, weight, dash, points })
    },
    fillRect: (x: number, y: number, width: number, height: number) =>
      void drawing.boxes.push({ colour: named(style.fillStyle), x, y, width, height }),
    strokeRect: (x: number, y: number, width: number, height: number) =>
      void drawing.frames.push({ colour: named(style.strokeStyle), x, y, width, height }),
    fillText: (text: string, x: number, y: number) =>
      void drawing.texts.push({
        ...{ text, x, y, align: style.textAlign, colour: named(style.fillStyle) },
      }),
    measureText: (text: string) => ({ width: 7 * text.length }),
    createImageData: (width: number, height: number) => {
      return { width, height, data: new Uint8ClampedArray(4 * width * height) }
    },
    putImageData: ({ data }: ImageData) => (canvas.pixels = data),
    drawImage: (from: FakeCanvas) => (canvas.image = from),
  })
}

class SeesAll {
  private readonly hear: (entries: unknown[]) => void
  constructor(hear: (entries: unknown[]) => void) {
    this.hear = hear
  }
  observe({ clientWidth: width, clientHeight: height }: FakeCanvas) {
    this.hear([{ isIntersecting: true, contentRect: { width, height } }])
  }
  disconnect() {}
}

vi.stubGlobal('document', { documentElement: {}, createElement: () => new FakeCanvas() })
vi.stubGlobal('getComputedStyle', () => ({
  getPropertyValue: (variable: string) => {
    const name = variable.replace('--', '')
    return scheme === '' ? ` ${HEX[name] ?? name}` : `${scheme}${name}`
  },
}))
vi.stubGlobal('matchMedia', (query: string) => ({
  matches: false,
  addEventListener: (_: string, hear: () => void) => watchers.push({ query, hear }),
}))
vi.stubGlobal('IntersectionObserver', SeesAll)
vi.stubGlobal('ResizeObserver', SeesAll)
vi.stubGlobal('requestAnimationFrame', (draw: () => void) => draw())
vi.stubGlobal('devicePixelRatio', 1)

/** A canvas of a size in CSS pixels, as the charts take it, and what is drawn on it. */
export function canvasOf(width: number, height: number) {
  const fake = new FakeCanvas(width, height)
  const canvas = fake as unknown as HTMLCanvasElement
  const context = fake.getContext() as unknown as CanvasRenderingContext2D
  return { canvas, context, fake, drawing: fake.drawing }
}

/** The lines of a color and weight. */
export const linesOf = ({ lines }: Drawing, colour: string, weight?: number) =>
  lines.filter((line) => line.colour === colour && (weight ?? line.weight) === line.weight)

/**
 * The place of a number on an axis, from the labels drawn along it: a straight line through the first
 * and the last of them.
 * @param at where a label is: its x or y
 */
export function axisOf<At extends 'x' | 'y'>(
  labels: readonly ({ text: string } & Record<At, number>)[],
  at: At,
) {
  const numbers = labels.map(({ text }) => Number(text.replace('−', '-').replace('step ', '')))
  // The line of a label is at the middle of a pixel, and its number within that pixel.
  const half = at === 'y' ? 0.5 : 0
  const [first, last] = [labels[0]![at] - half, labels.at(-1)![at] - half]
  const [from, to] = [numbers[0]!, numbers.at(-1)!]
  return (value: number) => first + ((last - first) * (value - from)) / (to - from)
}

/** A place that is the same up to one pixel. */
export const pixel = (at: number) => expect.closeTo(at, -Math.log10(2)) as number
