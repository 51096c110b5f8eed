/** Copies a matrix into the panels of four columns that gemm reads fastest. */
import { PANEL } from './gemm'

/** Numbers that the packed transpose of w[n, k] takes. */
export function packedSize(n: i32, k: i32): u32 {
  return <u32>((n + 3) & ~3) * <u32>k
}

/**
 * p[k, 4 q + c] = w[4 q + c, k]: the transpose of w in panels, zeros in the columns past n.
 * @param p [ceil(n / 4)][k][4], written
 * @param w [n, k] row-major
 */
export function packTransposed(p: usize, w: usize, n: i32, k: i32): void {
  const row = (<usize>k) << 3
  let j = n
  for (; j >= 4; j -= 4) {
    const w1 = w + row
    const w2 = w1 + row
    const w3 = w2 + row
    let i: usize = 0
    for (; i + 8 < row; i += 16) {
      const r0 = v128.load(w + i)
      const r1 = v128.load(w1 + i)
      const r2 = v128.load(w2 + i)
      const r3 = v128.load(w3 + i)
      v128.store(p, v128.shuffle<f64>(r0, r1, 0, 2))
      v128.store(p, v128.shuffle<f64>(r2, r3, 0, 2), 16)
      v128.store(p, v128.shuffle<f64>(r0, r1, 1, 3), 32)
      v128.store(p, v128.shuffle<f64>(r2, r3, 1, 3), 48)
      p += 2 * PANEL
    }
    if (i < row) {
      store<f64>(p, load<f64>(w + i))
      store<f64>(p, load<f64>(w1 + i), 8)
      store<f64>(p, load<f64>(w2 + i), 16)
      store<f64>(p, load<f64>(w3 + i), 24)
      p += PANEL
    }
    w = w3 + row
  }
  if (j == 0) return
  for (let i: usize = 0; i < row; i += 8) {
    store<f64>(p, load<f64>(w + i))
    store<f64>(p, j > 1 ? load<f64>(w + row + i) : 0, 8)
    store<f64>(p, j > 2 ? load<f64>(w + 2 * row + i) : 0, 16)
    store<f64>(p, 0, 24)
    p += PANEL
  }
}
