/**
 * The one matrix product: C[i,j] (+)= sum_k A[i,k] B[k,j].
 *
 * Lanes lie over the columns of C, never along k, so each C[i,j] is summed in the order k = 0, 1, 2
 * and has the bits of the naive loop. Eight accumulators (4 rows of 2 vectors) keep both multiply
 * and add units busy; sixteen would spill. k is not unrolled: that made V8 spill too.
 *
 * A is read a number at a time through two strides, so a transposed A costs nothing. B is read in
 * panels of four columns: B[k, 4p + q] is at b + p * bp + k * bk + 8 q. For a row-major B, bp is
 * PANEL and bk the bytes of a row; for a packed one (pack.ts), bk is PANEL.
 */

/** Bytes of four float64. */
export const PANEL: usize = 32

/**
 * Rows x 4 numbers of C; rows is a literal, and what does not apply to it is compiled away.
 * @param cols valid columns, 1 to 4: only these are written
 */
@inline
function tile(
  rows: i32,
  cols: i32,
  add: bool,
  c: usize,
  cs: usize,
  a: usize,
  ai: usize,
  ak: usize,
  b: usize,
  bk: usize,
  k: i32,
): void {
  const c1 = c + cs
  const c2 = c1 + cs
  const c3 = c2 + cs
  let r00 = f64x2.splat(0)
  let r01 = r00
  let r10 = r00
  let r11 = r00
  let r20 = r00
  let r21 = r00
  let r30 = r00
  let r31 = r00
  if (add) {
    r00 = v128.load(c)
    r01 = v128.load(c, 16)
    if (rows > 1) {
      r10 = v128.load(c1)
      r11 = v128.load(c1, 16)
    }
    if (rows > 2) {
      r20 = v128.load(c2)
      r21 = v128.load(c2, 16)
    }
    if (rows > 3) {
      r30 = v128.load(c3)
      r31 = v128.load(c3, 16)
    }
  }
  let a0 = a
  let a1 = a0 + ai
  let a2 = a1 + ai
  let a3 = a2 + ai
  const end = b + <usize>k * bk
  for (let at = b; at != end; at += bk) {
    const b0 = v128.load(at)
    const b1 = v128.load(at, 16)
    let s = v128.load_splat<f64>(a0)
    r00 = f64x2.add(r00, f64x2.mul(s, b0))
    r01 = f64x2.add(r01, f64x2.mul(s, b1))
    a0 += ak
    if (rows > 1) {
      s = v128.load_splat<f64>(a1)
      r10 = f64x2.add(r10, f64x2.mul(s, b0))
      r11 = f64x2.add(r11, f64x2.mul(s, b1))
      a1 += ak
    }
    if (rows > 2) {
      s = v128.load_splat<f64>(a2)
      r20 = f64x2.add(r20, f64x2.mul(s, b0))
      r21 = f64x2.add(r21, f64x2.mul(s, b1))
      a2 += ak
    }
    if (rows > 3) {
      s = v128.load_splat<f64>(a3)
      r30 = f64x2.add(r30, f64x2.mul(s, b0))
      r31 = f64x2.add(r31, f64x2.mul(s, b1))
      a3 += ak
    }
  }
  put(c, cols, r00, r01)
  if (rows > 1) put(c1, cols, r10, r11)
  if (rows > 2) put(c2, cols, r20, r21)
  if (rows > 3) put(c3, cols, r30, r31)
}

/** Writes the first cols of four numbers. */
@inline
function put(to: usize, cols: i32, low: v128, high: v128): void {
  if (cols > 1) {
    v128.store(to, low)
    if (cols > 3) v128.store(to, high, 16)
    else if (cols > 2) v128.store_lane<f64>(to, high, 0, 16)
  } else v128.store_lane<f64>(to, low, 0)
}

// prettier-ignore
function tile4(cols: i32, add: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, k: i32): void {
  tile(4, cols, add, c, cs, a, ai, ak, b, bk, k)
}
// prettier-ignore
function tile3(cols: i32, add: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, k: i32): void {
  tile(3, cols, add, c, cs, a, ai, ak, b, bk, k)
}
// prettier-ignore
function tile2(cols: i32, add: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, k: i32): void {
  tile(2, cols, add, c, cs, a, ai, ak, b, bk, k)
}
// prettier-ignore
function tile1(cols: i32, add: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, k: i32): void {
  tile(1, cols, add, c, cs, a, ai, ak, b, bk, k)
}

/**
 * C (+)= A B.
 * @param add false: C is overwritten; true: each sum goes on from what C holds
 * @param c [m, n], rows cs bytes apart
 * @param a [m, k], element (i, k) at a + i * ai + k * ak
 * @param b [k, n] in panels; up to 24 bytes past a narrow last panel are read and not used
 */
export function gemm(
  add: bool,
  c: usize,
  cs: usize,
  a: usize,
  ai: usize,
  ak: usize,
  b: usize,
  bk: usize,
  bp: usize,
  m: i32,
  n: i32,
  k: i32,
): void {
  for (let j = 0; j < n; j += 4) {
    const cols = min(n - j, 4)
    let ci = c + ((<usize>j) << 3)
    let ri = a
    let i = m
    for (; i >= 4; i -= 4) {
      tile4(cols, add, ci, cs, ri, ai, ak, b, bk, k)
      ci += cs << 2
      ri += ai << 2
    }
    if (i == 3) tile3(cols, add, ci, cs, ri, ai, ak, b, bk, k)
    else if (i == 2) tile2(cols, add, ci, cs, ri, ai, ak, b, bk, k)
    else if (i == 1) tile1(cols, add, ci, cs, ri, ai, ak, b, bk, k)
    b += bp
  }
}
