/** Copies matrices for the page: in detail, or reduced to thumbnails. */
import type { Matrix } from '../page-api.js'
import type { Slice } from './engine.js'

/** Maximum rows and columns of a matrix in detail; a larger one shows its first ones. */
const MOST = 512
/** Maximum cells on each side of a thumbnail. */
const THUMB = 64

/** A copy of the first rows and columns. */
export function detail({ name, rows, columns, values }: Slice): Matrix {
  const [m, n] = [Math.min(rows, MOST), Math.min(columns, MOST)]
  if (m === rows && n === columns) return { name, rows, columns, values: values.slice() }
  const part = new Float64Array(m * n)
  for (let i = 0; i < m; i++) part.set(values.subarray(i * columns, i * columns + n), i * n)
  return { name, rows: m, columns: n, values: part }
}

/** A thumbnail of at most 64 x 64 cells; each has the value of largest magnitude that it covers. */
export function thumb({ name, rows, columns, values }: Slice): Matrix {
  const [down, across] = [Math.ceil(rows / THUMB), Math.ceil(columns / THUMB)]
  if (down === 1 && across === 1) return { name, rows, columns, values: values.slice() }
  const [m, n] = [Math.ceil(rows / down), Math.ceil(columns / across)]
  const cells = new Float64Array(m * n)
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const cell = Math.floor(i / down) * n + Math.floor(j / across)
      const value = values[i * columns + j]!
      if (Math.abs(value) > Math.abs(cells[cell]!)) cells[cell] = value
    }
  }
  return { name, rows: m, columns: n, values: cells }
}
