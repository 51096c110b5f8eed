/** Draws a matrix as a thumbnail in the table. */
import { colourScale, fullScale } from '../lib/picture-colours.js'
import { pictureTheme } from './theme.js'

/** Maximum pixels on each side; a larger matrix shows only every second, third, ... number. */
const MOST = 64

export function drawThumb(
  canvas: HTMLCanvasElement,
  [rows, columns]: readonly [number, number],
  values: Float64Array,
): void {
  const stride = Math.max(1, Math.ceil(Math.max(rows, columns) / MOST))
  const [height, width] = [Math.ceil(rows / stride), Math.ceil(columns / stride)]
  canvas.width = width
  canvas.height = height
  const context = canvas.getContext('2d')!
  const image = context.createImageData(width, height)
  const pixels = new Uint32Array(image.data.buffer)
  const scale = colourScale(pictureTheme())
  const most = fullScale(values)
  for (let i = 0; i < height; i++) {
    for (let j = 0; j < width; j++) {
      pixels[i * width + j] = scale.of(values[i * stride * columns + j * stride]!, most)
    }
  }
  context.putImageData(image, 0, 0)
}
