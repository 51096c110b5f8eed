/** Shared by the tests of the picture: layouts of real models, and a fake canvas. */
import { type ConfigInput, resolveConfig } from '../../../src/config/config.js'
import { gptTable } from '../../../src/config/parameters.js'
import { layoutPicture } from '../../../src/web/lib/picture-layout.js'
import type { Canvas2D } from '../../../src/web/lib/picture-paint.js'

export const tableOf = (config: ConfigInput = {}, vocabSize = 27) =>
  gptTable(resolveConfig('tutorial', config) as ReturnType<typeof resolveConfig>, vocabSize)

export const layoutOf = (
  config: ConfigInput = {},
  { vocabSize = 27, width = 600, height = 640, pixelRatio = 1 } = {},
) => layoutPicture(tableOf(config, vocabSize), { width, height, pixelRatio })

export interface Fake {
  context: Canvas2D
  /** Colors in the format of ImageData, [height, width]. */
  pixels: Uint32Array
  width: number
  texts: { text: string; x: number; y: number; font: string }[]
  rects: number[][]
  strokes: number[][]
  /** Points of all lines. */
  points: (readonly [number, number])[]
}

/** A 2D context that records its calls, and the pixels of putImageData. */
export function fakeCanvas(width: number, height: number): Fake {
  const pixels = new Uint32Array(width * height)
  const fake = { pixels, width, texts: [], rects: [], strokes: [], points: [] } as unknown as Fake
  const point = (x: number, y: number) => void fake.points.push([x, y])
  const nothing = () => undefined
  fake.context = {
    fillStyle: '',
    strokeStyle: '',
    lineWidth: 1,
    lineJoin: 'miter',
    font: '',
    textAlign: 'left',
    textBaseline: 'alphabetic',
    setTransform: nothing,
    beginPath: nothing,
    closePath: nothing,
    fill: nothing,
    stroke: nothing,
    moveTo: point,
    lineTo: point,
    fillRect: (...rect: number[]) => void fake.rects.push(rect),
    strokeRect: (...rect: number[]) => void fake.strokes.push(rect),
    fillText(this: Canvas2D, text: string, x: number, y: number) {
      fake.texts.push({ text, x, y, font: this.font })
    },
    measureText: (text: string) => ({ width: 8 * text.length }),
    createImageData: (w: number, h: number) => {
      return { width: w, height: h, data: new Uint8ClampedArray(4 * w * h) }
    },
    putImageData: (image: ImageData, x: number, y: number) => {
      const source = new Uint32Array(image.data.buffer)
      for (let row = 0; row < image.height; row++) {
        const line = source.subarray(row * image.width, (row + 1) * image.width)
        pixels.set(line, (y + row) * width + x)
      }
    },
  } as unknown as Canvas2D
  return fake
}
