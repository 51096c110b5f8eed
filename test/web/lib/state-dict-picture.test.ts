/** What is drawn, and what is under a point: the colors of pixels on a fake canvas. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boxOfCell,
  cellAt,
  describeCell,
  moveCell,
  readCell,
} from '../../../src/web/lib/picture-cells.js'
import {
  DARK,
  LIGHT,
  colourScale,
  fullScale,
  pack,
  parse,
} from '../../../src/web/lib/picture-colours.js'
import { drawLegend } from '../../../src/web/lib/picture-legend.js'
import { StateDictPicture } from '../../../src/web/lib/state-dict-picture.js'
import { fakeCanvas, layoutOf, tableOf } from './picture.js'
import { cpuTime } from '../../helpers/cpu-time.js'

const channel = (packed: number, i: number) => (packed >>> (8 * i)) & 255
/** Relative luminance as defined by WCAG. */
function luminance(packed: number): number {
  const [r, g, b] = [0, 1, 2].map((i) => {
    const c = channel(packed, i) / 255
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * r + 0.7152 * g + 0.0722 * b
}

describe.each([
  ['light', LIGHT],
  ['dark', DARK],
])('the colors of the %s theme', (name, theme) => {
  const scale = colourScale(theme)

  test('only an exact zero is gray', () => {
    expect(scale.of(0, 1)).toBe(pack(parse(theme.zero)))
    expect(scale.of(-0, 1)).toBe(scale.zero)
    for (const x of [1e-300, -1e-300, 0.001, -0.5, 1]) expect(scale.of(x, 1)).not.toBe(scale.zero)
  })

  test('numbers below zero are blue, and those above are orange', () => {
    for (const x of [0.05, 0.3, 0.6, 1]) {
      const [above, below] = [scale.of(x, 1), scale.of(-x, 1)]
      expect(channel(above, 0)).toBeGreaterThan(channel(above, 2))
      expect(channel(below, 2)).toBeGreaterThan(channel(below, 0))
    }
  })

  test('lightness changes steadily with strength, so that it is visible without hue', () => {
    const sign = name === 'light' ? -1 : 1
    for (const side of [1, -1]) {
      const steps = Array.from({ length: 20 }, (_, i) =>
        luminance(scale.of((side * (i + 1)) / 20, 1)),
      )
      steps.slice(1).forEach((x, i) => expect(sign * (x - steps[i]!)).toBeGreaterThan(0))
    }
  })

  test('values beyond the scale and NaN have the full color', () => {
    expect(scale.of(5, 1)).toBe(scale.of(1, 1))
    expect(scale.of(-Infinity, 1)).toBe(scale.of(-1, 1))
    expect(scale.of(NaN, 1)).toBe(scale.of(1, 1))
  })
})

test.each([
  [[], 1],
  [[0, 0], 1],
  [[0, 0.02, -0.02], 0.1],
  [[1, -1], 5],
  [[1e-9], 5e-9],
  [[NaN, Infinity, 1], 5],
  [[1 / 3], 1],
])('the full scale of %j is %d', (values, largest) => expect(fullScale(values)).toBe(largest))

test('the full scale of a change is that of the differences', () => {
  expect(fullScale([5, 5], [4, 6])).toBe(5)
  expect(fullScale([5, 5], [5, 5])).toBe(1)
})

/** A drawn picture: `at` returns the color at the center of a cell. */
function drawn(
  lists: { values: number[]; gradients?: number[]; start?: number[] },
  mode: 'values' | 'gradients' | 'change',
  { config = {}, vocabSize = 27, width = 600, height = 640, pixelRatio = 2 } = {},
) {
  const table = tableOf(config, vocabSize)
  const picture = new StateDictPicture(table, { width, height, pixelRatio })
  const fake = fakeCanvas(width * pixelRatio, height * pixelRatio)
  const largest = picture.draw(fake.context, lists, { mode, theme: LIGHT })
  const at = (name: string, row: number, column: number) => {
    const box = boxOfCell(picture.layout, { name, row, column })!
    const x = Math.floor((box.x + box.width / 2) * pixelRatio)
    return fake.pixels[Math.floor((box.y + box.height / 2) * pixelRatio) * fake.width + x]!
  }
  return { picture, fake, at, largest }
}

describe('a drawn picture', () => {
  const values = Array.from({ length: 4064 }, (_, i) => Math.sin(i * i) / 10)
  values.fill(0, 432 + 128 + 432 + 768, 432 + 128 + 432 + 1024)
  const scale = colourScale(LIGHT)

  test('shows each number of each matrix at its place', () => {
    const { picture, at, largest } = drawn({ values }, 'values')
    for (const { name, rows, columns, offset } of picture.layout.matrices) {
      for (let row = 0; row < rows; row++) {
        for (let column = 0; column < columns; column++) {
          const value = values[offset + row * columns + column]!
          expect(at(name, row, column)).toBe(scale.of(value, largest))
        }
      }
    }
  })

  test('shows zeros in gray', () => {
    const { at } = drawn({ values }, 'values')
    expect(at('layer0.attn_wo', 3, 5)).toBe(scale.zero)
    expect(at('layer0.attn_wq', 3, 5)).not.toBe(scale.zero)
  })

  test('shows the change since the start, and gray where nothing changed', () => {
    const start = [...values]
    start[16] = values[16]! - 1
    const { at, largest } = drawn({ values, start }, 'change')
    expect(at('wte', 1, 0)).toBe(scale.of(1, largest))
    expect(at('wte', 1, 1)).toBe(scale.zero)
    expect(drawn({ values }, 'change').at('wte', 1, 0)).toBe(scale.zero)
  })

  test('shows gradients, and gray before there are any', () => {
    const gradients = values.map((x) => -x)
    const { at, largest } = drawn({ values, gradients }, 'gradients')
    expect(at('wpe', 2, 3)).toBe(scale.of(-values[432 + 35]!, largest))
    expect(drawn({ values }, 'gradients').at('wpe', 2, 3)).toBe(scale.zero)
  })

  test('writes every name with its shape, and marks a cell', () => {
    const { picture, fake } = drawn({ values }, 'values')
    const texts = fake.texts.map(({ text }) => text)
    for (const text of [
      'wte',
      '27 × 16',
      'wpe',
      '8 × 16',
      'attn_wq',
      'mlp_fc2',
      '16 × 64',
      'lm_head',
    ]) {
      expect(texts).toContain(text)
    }
    expect(fake.strokes).toEqual([])
    const cell = { name: 'wte', row: 2, column: 3 }
    picture.draw(fake.context, { values }, { mode: 'values', theme: LIGHT, cell })
    const box = boxOfCell(picture.layout, cell)!
    expect(fake.strokes.length).toBe(2)
    for (const [x, y, w, h] of fake.strokes as [number, number, number, number][]) {
      expect(x).toBeLessThan(box.x)
      expect(y).toBeLessThan(box.y)
      expect(x + w).toBeGreaterThan(box.x + box.width)
      expect(y + h).toBeGreaterThan(box.y + box.height)
    }
  })

  test('shows magnitude and sign of numbers smaller than a pixel', () => {
    const config = { n_embd: 256, n_layer: 2 }
    const table = tableOf(config)
    const count = table.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
    // Alternating numbers have a mean of 0; those of the last matrix are all negative.
    const many = Array.from({ length: count }, (_, i) => (i % 2 ? 0.5 : -0.5))
    const fc2 = count - 1024 * 256
    many.fill(-0.5, fc2)
    const { at, largest, picture } = drawn({ values: many }, 'values', { config, pixelRatio: 1 })
    expect(picture.layout.cell).toBeLessThan(1)
    expect(at('layer1.mlp_fc2', 100, 500)).toBe(scale.of(-0.5, largest))
    const strong = [scale.of(0.5, largest), scale.of(-0.5, largest)]
    expect(strong).toContain(at('layer0.mlp_fc1', 100, 100))
  })

  test('draws five million numbers in under 500 ms', () => {
    const config = { n_embd: 256, n_layer: 6, block_size: 64 }
    const table = tableOf(config, 90)
    const count = table.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0)
    const picture = new StateDictPicture(table, { width: 640, height: 660, pixelRatio: 2 })
    const fake = fakeCanvas(1280, 1320)
    const lists = { values: new Float64Array(count).fill(0.01) }
    const draw = () => picture.draw(fake.context, lists, { mode: 'values', theme: DARK })
    draw()
    const start = cpuTime()
    draw()
    expect(cpuTime() - start).toBeLessThan(500)
    expect(count).toBeGreaterThan(4_500_000)
  })
})

describe('what is under a point', () => {
  const values = Float64Array.from({ length: 4064 }, (_, i) => i)
  const lists = { values, gradients: values.map((x) => -x) }

  test('every cell of any model is found at its middle, with its index in the flat list', () => {
    const model = fc.record({
      n_embd: fc.integer({ min: 1, max: 40 }),
      n_layer: fc.integer({ min: 1, max: 3 }),
      vocabSize: fc.integer({ min: 2, max: 300 }),
      share: fc.double({ min: 0, max: 0.999999, noNaN: true }),
    })
    fc.assert(
      fc.property(model, ({ n_embd, n_layer, vocabSize, share }) => {
        const layout = layoutOf({ n_embd, n_head: 1, n_layer }, { vocabSize })
        const index = Math.floor(share * layout.numParams)
        const { name, offset, columns } = layout.matrices.find(
          (one) => index >= one.offset && index < one.offset + one.rows * one.columns,
        )!
        const [row, column] = [Math.floor((index - offset) / columns), (index - offset) % columns]
        const box = boxOfCell(layout, { name, row, column })!
        if (layout.cell < 1) return
        const cell = cellAt(layout, box.x + box.width / 2, box.y + box.height / 2)
        expect(cell).toEqual({ name, row, column })
        const list = { values: Array.from({ length: layout.numParams }, (_, i) => i) }
        expect(readCell(layout, cell!, list)).toMatchObject({ index, value: index, gradient: null })
      }),
    )
  })

  test('a cell of a matrix in strips is in the strip of its row', () => {
    const layout = layoutOf({ n_embd: 4, n_head: 1 }, { vocabSize: 300 })
    const { rows, strips } = layout.matrices.find(({ name }) => name === 'wte')!
    expect(strips.length).toBeGreaterThan(1)
    expect(layout.cell).toBeGreaterThan(1)
    for (let row = 0; row < rows; row++) {
      const cell = { name: 'wte', row, column: row % 4 }
      const { x, y, width, height } = boxOfCell(layout, cell)!
      expect(cellAt(layout, x + width / 2, y + height / 2)).toEqual(cell)
    }
  })

  test('outside the matrices there is nothing, unless a finger is near enough', () => {
    const picture = new StateDictPicture(tableOf(), { width: 600, height: 640 })
    const { x, y } = picture.layout.matrices[0]!.cells
    expect(picture.hitTest(x - 3, y + 1, lists)).toBeNull()
    expect(picture.hitTest(x - 3, y + 1, lists, 8)).toMatchObject({
      name: 'wte',
      row: 0,
      column: 0,
    })
    expect(picture.hitTest(-50, -50, lists, 8)).toBeNull()
  })

  test('a cell that the model does not have is null', () => {
    const layout = layoutOf()
    for (const cell of [
      { name: 'layer1.attn_wq', row: 0, column: 0 },
      { name: 'wte', row: 27, column: 0 },
      { name: 'wte', row: 0, column: 16 },
      { name: 'wte', row: -1, column: 0 },
      { name: 'wte', row: 0.5, column: 0 },
    ]) {
      expect(readCell(layout, cell, lists)).toBeNull()
    }
  })

  test('a cell in words', () => {
    const cell = readCell(layoutOf(), { name: 'wpe', row: 1, column: 2 }, lists)!
    expect(cell).toMatchObject({ index: 450, shape: [8, 16], value: 450, gradient: -450 })
    expect(describeCell(cell, 4064)).toBe(
      'wpe [1, 2] of 8 × 16, number 450 of 4,064: value 450.0000, gradient -450.0000',
    )
    expect(describeCell({ ...cell, gradient: null }, 4064)).toMatch(/no gradient yet$/)
  })
})

describe('the picture in words', () => {
  const picture = new StateDictPicture(tableOf(), { width: 600, height: 640 })
  const start = new Float64Array(4064).fill(0.1)
  start.fill(0, 432 + 128 + 432 + 768, 432 + 128 + 432 + 1024)

  test('names all matrices with their sizes, and those that are zero', () => {
    const words = picture.describe({ values: start })
    expect(words).toContain('4,064 numbers in 9 matrices')
    expect(words).toContain('wte 27 by 16; wpe 8 by 16; layer0.attn_wq 16 by 16')
    expect(words).toContain('All zeros: layer0.attn_wo.')
  })

  test('names the matrices that are no longer zero', () => {
    const words = picture.describe({ values: start.map((x) => x + 0.01), start })
    expect(words).not.toContain('All zeros')
    expect(words).toContain('Zeros at the start, not any more: layer0.attn_wo.')
  })
})

describe('by keyboard', () => {
  const layout = layoutOf()
  const from = (name: string, row: number, column: number, key: string, ctrl = false) =>
    moveCell(layout, { name, row, column }, key, ctrl)

  test.each([
    ['wte', 3, 4, 'ArrowUp', false, 'wte', 2, 4],
    ['wte', 0, 4, 'ArrowUp', false, 'wte', 0, 4],
    ['wte', 3, 4, 'ArrowDown', false, 'wte', 4, 4],
    ['wte', 26, 4, 'ArrowDown', false, 'wte', 26, 4],
    ['wte', 3, 4, 'ArrowRight', false, 'wte', 3, 5],
    ['wte', 3, 15, 'ArrowRight', false, 'wpe', 3, 0],
    ['wte', 20, 15, 'ArrowRight', false, 'wpe', 7, 0],
    ['wte', 3, 0, 'ArrowLeft', false, 'wte', 3, 0],
    ['wpe', 3, 0, 'ArrowLeft', false, 'wte', 3, 15],
    ['lm_head', 3, 15, 'ArrowRight', false, 'lm_head', 3, 15],
    ['wpe', 3, 4, 'PageDown', false, 'layer0.attn_wq', 0, 0],
    ['wpe', 3, 4, 'PageUp', false, 'wte', 0, 0],
    ['wte', 3, 4, 'Home', false, 'wte', 3, 0],
    ['wte', 3, 4, 'End', false, 'wte', 3, 15],
    ['wpe', 3, 4, 'Home', true, 'wte', 0, 0],
    ['wpe', 3, 4, 'End', true, 'lm_head', 26, 15],
  ])('%s [%d, %d] %s (ctrl: %j) leads to %s [%d, %d]', (name, row, column, key, ctrl, ...to) => {
    expect(from(name, row, column, key, ctrl)).toEqual({ name: to[0], row: to[1], column: to[2] })
  })

  test('other keys do nothing, nor does any key from a cell that does not exist', () => {
    expect(from('wte', 0, 0, 'Tab')).toBeNull()
    expect(from('layer9.attn_wq', 0, 0, 'ArrowUp')).toBeNull()
  })
})

test('the legend has both ends of the scale, and gray for zero', () => {
  const fake = fakeCanvas(400, 20)
  drawLegend(fake.context, { x: 0, y: 0, width: 360 }, LIGHT, 0.05)
  expect(fake.texts.map(({ text }) => text)).toEqual(['−0.05', '+0.05', 'zero'])
  for (const [x, , width] of fake.rects as [number, number, number][]) {
    expect(x).toBeGreaterThanOrEqual(0)
    expect(x + width).toBeLessThanOrEqual(360)
  }
})
