/** Copies of matrices in the layouts that gemm reads fastest. */
import { NR, PANEL_BYTES } from './gemm'

/** Columns per block of transpose. */
const COLUMNS: usize = 32

/** Size of the packed transpose of w[n, k], in numbers. */
export function packedSize(n: i32, k: i32): u64 {
  return <u64>((n + NR - 1) & ~(NR - 1)) * k
}

/**
 * p[q][k][c] = w[8 q + c, k]: the transpose of w in panels, padded with zeros after column n to a
 * multiple of four.
 * @param p [ceil(n / 8)][k][8], written
 * @param w [n, k], rows ws bytes apart
 */
export function packTransposed(p: usize, w: usize, ws: usize, n: i32, k: i32): void {
  const bytes = (<usize>k) << 3
  for (let j = 0; j < n; j += 4) {
    const to = p + (j & 4 ? 32 : 0)
    if (n - j >= 4) columns4(to, w, ws, bytes)
    else columns(to, w, ws, bytes, n - j)
    w += ws << 2
    if (j & 4) p += PANEL_BYTES * k
  }
}

/** Half a panel: four rows of w. */
function columns4(p: usize, w: usize, ws: usize, bytes: usize): void {
  const w1 = w + ws
  const w2 = w1 + ws
  const w3 = w2 + ws
  let i: usize = 0
  for (; i + 8 < bytes; i += 16) {
    const r0 = v128.load(w + i)
    const r1 = v128.load(w1 + i)
    const r2 = v128.load(w2 + i)
    const r3 = v128.load(w3 + i)
    v128.store(p, v128.shuffle<f64>(r0, r1, 0, 2))
    v128.store(p, v128.shuffle<f64>(r2, r3, 0, 2), 16)
    v128.store(p, v128.shuffle<f64>(r0, r1, 1, 3), PANEL_BYTES)
    v128.store(p, v128.shuffle<f64>(r2, r3, 1, 3), PANEL_BYTES + 16)
    p += 2 * PANEL_BYTES
  }
  if (i < bytes) {
    store<f64>(p, load<f64>(w + i))
    store<f64>(p, load<f64>(w1 + i), 8)
    store<f64>(p, load<f64>(w2 + i), 16)
    store<f64>(p, load<f64>(w3 + i), 24)
  }
}

/** Half a panel of one to three rows of w, zeros for the rest. */
function columns(p: usize, w: usize, ws: usize, bytes: usize, n: i32): void {
  for (let i: usize = 0; i < bytes; i += 8) {
    store<f64>(p, load<f64>(w + i))
    store<f64>(p, n > 1 ? load<f64>(w + ws + i) : 0, 8)
    store<f64>(p, n > 2 ? load<f64>(w + 2 * ws + i) : 0, 16)
    store<f64>(p, 0, 24)
    p += PANEL_BYTES
  }
}

/**
 * p[q][k][c] = b[k, 8 q + c]: a row-major matrix in panels.
 * @param p [ceil(n / 8)][k][8], written, except after column n
 * @param b [k, n], rows bs bytes apart
 */
export function packPanels(p: usize, b: usize, bs: usize, n: i32, k: i32): void {
  // One row at a time, so that reads are sequential: twice as fast for a matrix not in the cache.
  const apart = PANEL_BYTES * k
  const end = p + apart
  for (; p < end; p += PANEL_BYTES) {
    let to = p
    let from = b
    let j = n
    for (; j > 6; j -= 8) {
      v128.store(to, v128.load(from))
      v128.store(to, v128.load(from, 16), 16)
      v128.store(to, v128.load(from, 32), 32)
      v128.store(to, v128.load(from, 48), 48)
      from += PANEL_BYTES
      to += apart
    }
    for (; j > 0; j -= 2) {
      v128.store(to, v128.load(from))
      from += 16
      to += 16
    }
    b += bs
  }
}

/**
 * p[i, j] = w[j, i].
 * @param p [n, m], rows ps bytes apart, m rounded up to even; written
 * @param w [m, n], rows ws bytes apart
 */
export function transpose(p: usize, ps: usize, w: usize, ws: usize, m: i32, n: i32): void {
  // Blocks of columns: the first-level cache holds as many half-written lines of p.
  for (; n > 0; n -= <i32>COLUMNS) {
    const columns = (<usize>min(n, <i32>COLUMNS)) << 3
    for (let j = 0; j < m; j += 2) {
      const row = w + <usize>j * ws
      const next = j + 1 < m ? row + ws : row
      let to = p + ((<usize>j) << 3)
      for (let i: usize = 0; i < columns; i += 16) {
        const a = v128.load(row + i)
        const b = v128.load(next + i)
        v128.store(to, v128.shuffle<f64>(a, b, 0, 2))
        if (i + 8 < columns) v128.store(to + ps, v128.shuffle<f64>(a, b, 1, 3))
        to += ps << 1
      }
    }
    p += ps * COLUMNS
    w += COLUMNS << 3
  }
}
