/**
 * The three products of a linear layer y = x wᵀ, in tiles of 2 rows x 4 columns: eight sums held in
 * registers take six loads for eight multiplications and hide the latency of the additions. Bigger
 * tiles were no faster, and one function with strides for all three was slower by a tenth.
 *
 * Where the number of rows or columns is not a multiple of the tile's, the last tile is moved back
 * and computes some elements a second time, with the same result. `| 0` tells the compiler that an
 * index wraps, which saves it a check for overflow; that is worth another tenth.
 */

/**
 * y[t, o] = sum over k of x[t, k] * w[o, k], for rows from <= t < to.
 * y: [T, nout], overwritten. x: [T, nin]. w: [nout, nin]. Sums run over k in order.
 */
export function linear(
  y: Float64Array,
  x: Float64Array,
  w: Float64Array,
  from: number,
  to: number,
  nout: number,
  nin: number,
): void {
  if (nout < 4) return product(y, x, w, from, to, nout, nin, nin, 1, 1, nin)
  for (let oo = 0; oo < nout; oo += 4) {
    const o = Math.min(oo, nout - 4)
    const q0 = o * nin
    const q1 = q0 + nin
    const q2 = q1 + nin
    const q3 = q2 + nin
    for (let t = from; t < to; t += 2) {
      const u = Math.min(t + 1, to - 1)
      const p0 = t * nin
      const p1 = u * nin
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      for (let k = 0; k < nin; k++) {
        const a0 = x[(p0 + k) | 0]!
        const a1 = x[(p1 + k) | 0]!
        const b0 = w[(q0 + k) | 0]!
        const b1 = w[(q1 + k) | 0]!
        const b2 = w[(q2 + k) | 0]!
        const b3 = w[(q3 + k) | 0]!
        s00 += a0 * b0
        s01 += a0 * b1
        s02 += a0 * b2
        s03 += a0 * b3
        s10 += a1 * b0
        s11 += a1 * b1
        s12 += a1 * b2
        s13 += a1 * b3
      }
      const c0 = t * nout + o
      const c1 = u * nout + o
      y[c0] = s00
      y[c0 + 1] = s01
      y[c0 + 2] = s02
      y[c0 + 3] = s03
      y[c1] = s10
      y[c1 + 1] = s11
      y[c1 + 2] = s12
      y[c1 + 3] = s13
    }
  }
}

/**
 * dx[t, k] = sum over o of dy[t, o] * w[o, k].
 * dx: [T, nin], overwritten. dy: [T, nout]. w: [nout, nin]. Sums run over o in order.
 */
export function linearDx(
  dx: Float64Array,
  dy: Float64Array,
  w: Float64Array,
  T: number,
  nout: number,
  nin: number,
): void {
  if (nin < 4) return product(dx, dy, w, 0, T, nin, nout, nout, 1, nin, 1)
  for (let kk = 0; kk < nin; kk += 4) {
    const k = Math.min(kk, nin - 4)
    for (let t = 0; t < T; t += 2) {
      const u = Math.min(t + 1, T - 1)
      const p0 = t * nout
      const p1 = u * nout
      let q = k
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      for (let o = 0; o < nout; o++) {
        const a0 = dy[(p0 + o) | 0]!
        const a1 = dy[(p1 + o) | 0]!
        const b0 = w[q]!
        const b1 = w[(q + 1) | 0]!
        const b2 = w[(q + 2) | 0]!
        const b3 = w[(q + 3) | 0]!
        s00 += a0 * b0
        s01 += a0 * b1
        s02 += a0 * b2
        s03 += a0 * b3
        s10 += a1 * b0
        s11 += a1 * b1
        s12 += a1 * b2
        s13 += a1 * b3
        q = (q + nin) | 0
      }
      const c0 = t * nin + k
      const c1 = u * nin + k
      dx[c0] = s00
      dx[c0 + 1] = s01
      dx[c0 + 2] = s02
      dx[c0 + 3] = s03
      dx[c1] = s10
      dx[c1 + 1] = s11
      dx[c1 + 2] = s12
      dx[c1 + 3] = s13
    }
  }
}

/**
 * dw[o, k] = sum over t of dy[t, o] * x[t, k].
 * dw: [nout, nin], overwritten. dy: [T, nout]. x: [T, nin]. Sums run over t in order.
 */
export function linearDw(
  dw: Float64Array,
  dy: Float64Array,
  x: Float64Array,
  T: number,
  nout: number,
  nin: number,
): void {
  if (nin < 4 || nout < 2) return product(dw, dy, x, 0, nout, nin, T, 1, nout, nin, 1)
  for (let oo = 0; oo < nout; oo += 2) {
    const o = Math.min(oo, nout - 2)
    for (let kk = 0; kk < nin; kk += 4) {
      const k = Math.min(kk, nin - 4)
      let p = o
      let q = k
      let s00 = 0
      let s01 = 0
      let s02 = 0
      let s03 = 0
      let s10 = 0
      let s11 = 0
      let s12 = 0
      let s13 = 0
      for (let t = 0; t < T; t++) {
        const a0 = dy[p]!
        const a1 = dy[(p + 1) | 0]!
        const b0 = x[q]!
        const b1 = x[(q + 1) | 0]!
        const b2 = x[(q + 2) | 0]!
        const b3 = x[(q + 3) | 0]!
        s00 += a0 * b0
        s01 += a0 * b1
        s02 += a0 * b2
        s03 += a0 * b3
        s10 += a1 * b0
        s11 += a1 * b1
        s12 += a1 * b2
        s13 += a1 * b3
        p = (p + nout) | 0
        q = (q + nin) | 0
      }
      const c0 = o * nin + k
      const c1 = c0 + nin
      dw[c0] = s00
      dw[c0 + 1] = s01
      dw[c0 + 2] = s02
      dw[c0 + 3] = s03
      dw[c1] = s10
      dw[c1 + 1] = s11
      dw[c1 + 2] = s12
      dw[c1 + 3] = s13
    }
  }
}

/**
 * c[i, j] = sum over n of a[i * aRow + n * aStep] * b[n * bStep + j * bCol], for rows from <= i < to
 * of nj columns: what is left when the columns are fewer than a tile's.
 */
function product(
  c: Float64Array,
  a: Float64Array,
  b: Float64Array,
  from: number,
  to: number,
  nj: number,
  count: number,
  aRow: number,
  aStep: number,
  bStep: number,
  bCol: number,
): void {
  for (let i = from; i < to; i++) {
    for (let j = 0; j < nj; j++) {
      let s = 0
      for (let n = 0; n < count; n++) s += a[i * aRow + n * aStep]! * b[n * bStep + j * bCol]!
      c[i * nj + j] = s
    }
  }
}
