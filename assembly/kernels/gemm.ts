/**
 * The one matrix product: C[i,j] (+)= sum_k A[i,k] B[k,j].
 *
 * Lanes are columns of C, never terms of a sum, so each C[i,j] is summed in the order k = 0, 1, 2
 * and has the bits of the naive loop. A tile is 2 rows of 4 vectors: eight accumulators keep the
 * multiply and add units busy (22 to 23 GFLOP/s from 8 x 16 x 16 on; the peak of f64x2 without
 * fused multiply-add is 24). Sixteen would spill, and 4 rows of 2 vectors need two more pointers,
 * which is 10 % slower. k is not unrolled: that made V8 spill, too.
 *
 * A is read one number at a time through two strides, so a transposed A costs nothing. B is read in
 * panels of NR columns: B[k, NR p + q] is at b + p * bp + k * bk + 8 q. For a row-major B, bp is
 * PANEL_BYTES and bk the bytes of a row; for a packed one (pack.ts), bk is PANEL_BYTES.
 *
 * The block sizes have the names of BLIS: a tile of MR x NR, blocks of MC rows and KC terms.
 */

/** Rows and columns of a tile of C. */
export const MR: i32 = 2
export const NR: i32 = 8

/** Bytes of one row of a panel. */
export const PANEL_BYTES: usize = (<usize>NR) << 3

/** Terms of a sum per block: a packed panel of this many rows stays in the first-level cache. */
export const KC: i32 = 256

/** Rows of C per block: the lines of C are still in the cache when the next panel is computed. */
export const MC: i32 = 32

/**
 * One tile: `rows` x 2 `vecs` numbers of C. Both are literals, so unused branches are compiled
 * away.
 * @param cols valid columns; only these are written
 */
@inline
function tile(
  rows: i32,
  vecs: i32,
  cols: i32,
  accumulate: bool,
  c: usize,
  cs: usize,
  a: usize,
  ai: usize,
  ak: usize,
  b: usize,
  bk: usize,
  k: i32,
): void {
  const d = c + cs
  let c0 = f64x2.splat(0)
  let c1 = c0
  let c2 = c0
  let c3 = c0
  let d0 = c0
  let d1 = c0
  let d2 = c0
  let d3 = c0
  if (accumulate) {
    c0 = v128.load(c)
    c1 = v128.load(c, 16)
    if (vecs > 2) {
      c2 = v128.load(c, 32)
      c3 = v128.load(c, 48)
    }
    if (rows > 1) {
      d0 = v128.load(d)
      d1 = v128.load(d, 16)
      if (vecs > 2) {
        d2 = v128.load(d, 32)
        d3 = v128.load(d, 48)
      }
    }
  }
  let r = a
  let s = a + ai
  const end = b + <usize>k * bk
  for (let at = b; at != end; at += bk) {
    const x = v128.load_splat<f64>(r)
    const b0 = v128.load(at)
    const b1 = v128.load(at, 16)
    c0 = madd(c0, x, b0)
    c1 = madd(c1, x, b1)
    r += ak
    if (rows > 1) {
      const y = v128.load_splat<f64>(s)
      d0 = madd(d0, y, b0)
      d1 = madd(d1, y, b1)
      s += ak
      if (vecs > 2) {
        const b2 = v128.load(at, 32)
        const b3 = v128.load(at, 48)
        c2 = madd(c2, x, b2)
        c3 = madd(c3, x, b3)
        d2 = madd(d2, y, b2)
        d3 = madd(d3, y, b3)
      }
    } else if (vecs > 2) {
      c2 = madd(c2, x, v128.load(at, 32))
      c3 = madd(c3, x, v128.load(at, 48))
    }
  }
  put(c, cols, c0, c1)
  if (rows > 1) put(d, cols, d0, d1)
  if (vecs > 2) {
    put(c + 32, cols - 4, c2, c3)
    if (rows > 1) put(d + 32, cols - 4, d2, d3)
  }
}

/** sum + x y; rounded once in the fast build, whose bits depend on the machine, otherwise twice. */
@inline
function madd(sum: v128, x: v128, y: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return f64x2.relaxed_madd(x, y, sum)
  return f64x2.add(sum, f64x2.mul(x, y))
}

/** Writes the first cols of four numbers. */
@inline
function put(to: usize, cols: i32, low: v128, high: v128): void {
  if (cols > 3) {
    v128.store(to, low)
    v128.store(to, high, 16)
  } else if (cols > 1) {
    v128.store(to, low)
    if (cols > 2) v128.store_lane<f64>(to, high, 0, 16)
  } else v128.store_lane<f64>(to, low, 0)
}

// prettier-ignore
/** A panel of eight columns, five to seven of a last one, m rows of it. */
function wide(cols: i32, accumulate: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, m: i32, k: i32): void {
  for (; m >= MR; m -= MR) {
    tile(2, 4, cols, accumulate, c, cs, a, ai, ak, b, bk, k)
    c += cs << 1
    a += ai << 1
  }
  if (m > 0) tile(1, 4, cols, accumulate, c, cs, a, ai, ak, b, bk, k)
}

// prettier-ignore
/** One to four columns of a last panel, m rows of it. */
function narrow(cols: i32, accumulate: bool, c: usize, cs: usize, a: usize, ai: usize, ak: usize, b: usize, bk: usize, m: i32, k: i32): void {
  for (; m >= MR; m -= MR) {
    tile(2, 2, cols, accumulate, c, cs, a, ai, ak, b, bk, k)
    c += cs << 1
    a += ai << 1
  }
  if (m > 0) tile(1, 2, cols, accumulate, c, cs, a, ai, ak, b, bk, k)
}

/**
 * C (+)= A B.
 * @param accumulate false: C is overwritten; true: each sum continues from what C holds
 * @param c [m, n], rows cs bytes apart
 * @param a [m, k], element (i, k) at a + i * ai + k * ak
 * @param b [k, n] in panels; up to 24 bytes past the last column are read and not used
 */
export function gemm(
  accumulate: bool,
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
  for (let first = 0; first < m; first += MC) {
    const rows = min(m - first, MC)
    let ab = a + ai * first
    let bb = b
    let more = accumulate
    // From the second block on, sums continue from C, which has the same bits as the registers.
    for (let done = 0; done < k; done += KC) {
      const terms = min(k - done, KC)
      let cj = c
      let bj = bb
      let j = n
      for (; j > NR / 2; j -= NR) {
        wide(j, more, cj, cs, ab, ai, ak, bj, bk, rows, terms)
        cj += PANEL_BYTES
        bj += bp
      }
      if (j > 0) narrow(j, more, cj, cs, ab, ai, ak, bj, bk, rows, terms)
      more = true
      ab += ak * KC
      bb += bk * KC
    }
    c += cs * MC
  }
}
