/** Finds a number of the picture by point or by key, and describes it in words. */
import { count, digits } from '../text.js'
import type { PictureLayout, PlacedMatrix } from './picture-layout.js'

export interface Cell {
  /** The matrix's key in the state_dict. */
  name: string
  row: number
  column: number
}

export interface CellNumbers extends Cell {
  /** Rows and columns of its matrix. */
  shape: [number, number]
  /** Its index in the flat list of all parameters. */
  index: number
  value: number
  /** null before the first step. */
  gradient: number | null
}

/** All parameters, flat, in state_dict order. */
export interface Lists {
  values: ArrayLike<number>
  gradients?: ArrayLike<number> | null
  /** The values before training. */
  start?: ArrayLike<number> | null
}

/**
 * The cell at a point of the picture, in CSS pixels; up to `slack` pixels next to a matrix count
 * too.
 */
export function cellAt(layout: PictureLayout, x: number, y: number, slack = 0): Cell | null {
  for (const { name, columns, strips } of layout.matrices) {
    for (const strip of strips) {
      const [dx, dy] = [x - strip.x, y - strip.y]
      if (dx < -slack || dy < -slack) continue
      if (dx >= strip.width + slack || dy >= strip.height + slack) continue
      const place = (d: number, length: number, n: number) =>
        Math.min(n - 1, Math.max(0, Math.floor((d / length) * n)))
      const row = strip.firstRow + place(dy, strip.height, strip.rows)
      return { name, row, column: place(dx, strip.width, columns) }
    }
  }
  return null
}

const find = (layout: PictureLayout, name: string): PlacedMatrix | undefined =>
  layout.matrices.find((matrix) => matrix.name === name)

const isBelow = (i: number, n: number) => Number.isInteger(i) && i >= 0 && i < n

/** The value and gradient of a cell; null if the model has no such cell. */
export function readCell(layout: PictureLayout, cell: Cell, lists: Lists): CellNumbers | null {
  const { name, row, column } = cell
  const matrix = find(layout, name)
  if (!matrix || !isBelow(row, matrix.rows) || !isBelow(column, matrix.columns)) return null
  const index = matrix.offset + row * matrix.columns + column
  const gradient = lists.gradients ? lists.gradients[index]! : null
  const shape: [number, number] = [matrix.rows, matrix.columns]
  return { name, row, column, shape, index, value: lists.values[index]!, gradient }
}

/** The cell under a point, with its numbers. */
export function hitTest(
  layout: PictureLayout,
  x: number,
  y: number,
  lists: Lists,
  slack = 0,
): CellNumbers | null {
  const cell = cellAt(layout, x, y, slack)
  return cell && readCell(layout, cell, lists)
}

/** The box of a cell, at least one device pixel wide and high. */
export function boxOfCell(layout: PictureLayout, { name, row, column }: Cell) {
  const matrix = find(layout, name)
  const strip = matrix?.strips.find((one) => row >= one.firstRow && row < one.firstRow + one.rows)
  if (!matrix || !strip) return null
  const [width, height] = [strip.width / matrix.columns, strip.height / strip.rows]
  const least = 1 / layout.pixelRatio
  return {
    x: strip.x + column * width,
    y: strip.y + (row - strip.firstRow) * height,
    width: Math.max(least, width),
    height: Math.max(least, height),
  }
}

/**
 * The cell that a key moves to. Arrows move by one cell, and at the left or right edge to the
 * previous or next matrix. Page Up and Page Down change the matrix. Home and End move to the ends
 * of the row, with Ctrl to the first and the last cell of all.
 * @returns null for a key that has no function here
 */
export function moveCell(
  layout: PictureLayout,
  { name, row, column }: Cell,
  key: string,
  ctrl = false,
): Cell | null {
  const { matrices } = layout
  const at = matrices.findIndex((matrix) => matrix.name === name)
  if (at < 0) return null
  const { rows, columns } = matrices[at]!
  const to = (i: number, newRow: number, newColumn: number): Cell => {
    const matrix = matrices[Math.min(matrices.length - 1, Math.max(0, i))]!
    const within = (x: number, n: number) => Math.min(n - 1, Math.max(0, x))
    return {
      name: matrix.name,
      row: within(newRow, matrix.rows),
      column: within(newColumn, matrix.columns),
    }
  }
  const isLast = at === matrices.length - 1
  if (key === 'ArrowUp') return to(at, row - 1, column)
  if (key === 'ArrowDown') return to(at, row + 1, column)
  if (key === 'ArrowLeft')
    return column > 0 || at === 0 ? to(at, row, column - 1) : to(at - 1, row, Infinity)
  if (key === 'ArrowRight')
    return column < columns - 1 || isLast ? to(at, row, column + 1) : to(at + 1, row, 0)
  if (key === 'PageUp') return at === 0 ? to(at, 0, 0) : to(at - 1, 0, 0)
  if (key === 'PageDown') return isLast ? to(at, rows - 1, columns - 1) : to(at + 1, 0, 0)
  if (key === 'Home') return ctrl ? to(0, 0, 0) : to(at, row, 0)
  if (key === 'End')
    return ctrl ? to(matrices.length - 1, Infinity, Infinity) : to(at, row, Infinity)
  return null
}

/** A cell in words, for a screen reader; rows and columns count from 0, as in the code. */
export function describeCell(numbers: CellNumbers, numParams: number): string {
  const { name, row, column, shape, index, value, gradient } = numbers
  const place = `${name} [${row}, ${column}] of ${shape[0]} × ${shape[1]}`
  const slope = gradient === null ? 'no gradient yet' : `gradient ${digits(gradient)}`
  return `${place}, number ${count(index)} of ${count(numParams)}: value ${digits(value)}, ${slope}`
}

/** The whole picture in words. */
export function describePicture(layout: PictureLayout, { values, start }: Lists): string {
  const isZero = (list: ArrayLike<number>, { offset, rows, columns }: PlacedMatrix) => {
    for (let i = offset; i < offset + rows * columns; i++) if (list[i] !== 0) return false
    return true
  }
  const { matrices, numParams } = layout
  const zero = matrices.filter((matrix) => isZero(values, matrix))
  const woken = start
    ? matrices.filter((matrix) => !zero.includes(matrix) && isZero(start, matrix))
    : []
  const sizes = matrices.map(({ name, rows, columns }) => `${name} ${rows} by ${columns}`)
  const names = (list: PlacedMatrix[]) => list.map(({ name }) => name).join(', ')
  const parts = [
    `The state_dict: ${count(numParams)} numbers in ${matrices.length} matrices, in the order the data flows.`,
    `${sizes.join('; ')}.`,
  ]
  if (zero.length > 0) parts.push(`All zeros: ${names(zero)}.`)
  if (woken.length > 0) parts.push(`Zeros at the start, not any more: ${names(woken)}.`)
  return parts.join(' ')
}
