/**
 * The three products of a linear layer y = x w^T, with one plain strided loop. This engine is the
 * baseline: it shows how fast straightforward TypeScript is.
 */

/** y[t, o] = sum over k of x[t, k] w[o, k], for rows from <= t < to. y: [T, nout], overwritten. */
export function linear(
  y: Float64Array,
  x: Float64Array,
  w: Float64Array,
  from: number,
  to: number,
  nout: number,
  nin: number,
): void {
  product(y, x, w, from, to, nout, nin, nin, 1, 1, nin)
}

/** dx[t, k] = sum over o of dy[t, o] w[o, k]. dx: [T, nin], overwritten. */
export function linearDx(
  dx: Float64Array,
  dy: Float64Array,
  w: Float64Array,
  T: number,
  nout: number,
  nin: number,
): void {
  product(dx, dy, w, 0, T, nin, nout, nout, 1, nin, 1)
}

/** dw[o, k] = sum over t of dy[t, o] x[t, k]. dw: [nout, nin], overwritten. */
export function linearDw(
  dw: Float64Array,
  dy: Float64Array,
  x: Float64Array,
  T: number,
  nout: number,
  nin: number,
): void {
  product(dw, dy, x, 0, nout, nin, T, 1, nout, nin, 1)
}

/**
 * c[i, j] = sum over n, ascending, of a[i * aRow + n * aStep] * b[n * bStep + j * bCol], for rows
 * from <= i < to of nj columns.
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
      let sum = 0
      for (let n = 0; n < count; n++) sum += a[i * aRow + n * aStep]! * b[n * bStep + j * bCol]!
      c[i * nj + j] = sum
    }
  }
}
