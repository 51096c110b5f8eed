/** y = x / sqrt(mean(x^2) + 1e-5), row by row, without gain: microgpt's rmsnorm(x). */
import { gap, inArena } from '../arena'
import { OpRecord } from '../op-record'
import { record } from '../tape'

const EPSILON: f64 = 1e-5

/**
 * Records y[rows, n] = rmsnorm(x[rows, n]); the inverse norms, [rows], are kept for backward.
 * @returns the address of y, or 0 if there is no room
 */
export function rmsnorm(x: usize, rows: i32, n: i32): usize {
  assert(rows > 0 && n > 0, 'rmsnorm: sizes must be positive')
  assert(inArena(x, rows * n), 'rmsnorm: x is outside the arena')
  const op = record(forward, backward, <u64>rows * n, rows, 0)
  if (!op) return 0
  op.a = x
  op.n0 = rows
  op.n1 = n
  return op.y
}

/**
 * s[t] = 1 / sqrt((sum_i x[t,i]^2) / n + 1e-5), i ascending; within 1 ulp of the power -0.5
 * y[t,i] = x[t,i] s[t]. Overwrites y and s.
 */
function forward(op: OpRecord): void {
  const rows = op.n0
  const n = op.n1
  const bytes = (<usize>n) << 3
  let x = op.a
  let y = op.y
  let saved = op.kept
  for (let t = 0; t < rows; t++) {
    let sum: f64 = 0
    for (let i: usize = 0; i < bytes; i += 8) {
      const v = load<f64>(x + i)
      sum += v * v
    }
    const s = 1 / Math.sqrt(sum / <f64>n + EPSILON)
    store<f64>(saved, s)
    const ss = f64x2.splat(s)
    let i: usize = 0
    for (; i + 8 < bytes; i += 16) v128.store(y + i, f64x2.mul(v128.load(x + i), ss))
    if (i < bytes) store<f64>(y + i, load<f64>(x + i) * s)
    x += bytes
    y += bytes
    saved += 8
  }
}

/** dx[t,i] (+)= s[t] dy[t,i] - x[t,i] (s[t]^3 / n) sum_j dy[t,j] x[t,j], j ascending. */
function backward(op: OpRecord): void {
  const rows = op.n0
  const n = op.n1
  const bytes = (<usize>n) << 3
  let x = op.a
  let dx = x + gap
  let dy = op.y + gap
  let saved = op.kept
  const accumulateMask = i64x2.splat(op.accumulateMask(0))
  const accumulate = op.accumulates(0)
  for (let t = 0; t < rows; t++) {
    const s = load<f64>(saved)
    let dot: f64 = 0
    for (let i: usize = 0; i < bytes; i += 8) dot += load<f64>(dy + i) * load<f64>(x + i)
    const f = ((s * s * s) / <f64>n) * dot
    const ss = f64x2.splat(s)
    const ff = f64x2.splat(f)
    let i: usize = 0
    for (; i + 8 < bytes; i += 16) {
      const d = f64x2.sub(f64x2.mul(ss, v128.load(dy + i)), f64x2.mul(v128.load(x + i), ff))
      v128.store(dx + i, f64x2.add(v128.and(v128.load(dx + i), accumulateMask), d))
    }
    if (i < bytes) {
      const old = accumulate ? load<f64>(dx + i) : 0
      store<f64>(dx + i, old + (s * load<f64>(dy + i) - load<f64>(x + i) * f))
    }
    x += bytes
    dx += bytes
    dy += bytes
    saved += 8
  }
}
