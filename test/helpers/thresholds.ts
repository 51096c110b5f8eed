/** The sizes at which kernels and ops use another code path, and the sizes around them. */
import { readFileSync, readdirSync } from 'node:fs'

/** Columns of a panel of the matrix product; half a panel has its own path, too. */
export const PANEL = 8
/** Rows of C per block of the matrix product. */
export const ROWS = 32
/** Terms of a sum per block of the matrix product. */
export const TERMS = 256
/** Rows of linear, or of a document in attention, from which on operands are copied. */
export const PACKED = 32
/** Columns per block of a transpose. */
export const TURNED = 32
/** Rows per block of attention. */
export const ATTENTION = 16
/** Numbers of a weight that linear copies at a time. */
export const SLICE = 32768

/** Rows of a tile of the matrix product. */
const TILE_ROWS = 2

/** The constants above, read from the source. */
export const STATED = [TILE_ROWS, PANEL, ROWS, TERMS, PACKED, PACKED, TURNED, ATTENTION, SLICE]

/** Outputs in a slice of a weight with nin inputs: whole panels. */
export const sliceOf = (nin: number) => Math.max(PANEL, PANEL * Math.floor(SLICE / nin / PANEL))

/** One below, at and above each. */
export const around = (...sizes: number[]) => [
  ...new Set(sizes.flatMap((n) => [n - 1, n, n + 1]).filter((n) => n > 0)),
]

/** Every integer constant at the top of a file of the kernels and ops. */
export function statedConstants(): number[] {
  return ['kernels', 'ops'].flatMap((folder) => {
    const path = new URL(`../../assembly/${folder}/`, import.meta.url)
    return readdirSync(path).flatMap((file) => {
      const source = readFileSync(new URL(file, path), 'utf8')
      const found = source.matchAll(/^(?:export )?const \w+(?:: [iu](?:32|64|size))? = (.+)$/gm)
      return [...found].map(([, value]) => Number(value)).filter(Number.isInteger)
    })
  })
}
