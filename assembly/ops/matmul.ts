/** y = a b, the matrix product of two activations. */
import { gap, inArena, scratch } from '../arena'
import { PANEL_BYTES, gemm } from '../kernels/gemm'
import { packTransposed, packedSize } from '../kernels/pack'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/**
 * Records y[m, n] = a[m, k] b[k, n].
 * @returns the address of y, or 0 if there is no room
 */
export function matmul(a: usize, b: usize, m: i32, k: i32, n: i32): usize {
  assert(m > 0 && k > 0 && n > 0, 'matmul: sizes must be positive')
  assert(inArena(a, m * k) && inArena(b, k * n), 'matmul: outside the arena')
  const op = record(forward, backward, <u64>m * n, 0, packedSize(k, n))
  if (!op) return 0
  op.a = a
  op.b = b
  op.n0 = m
  op.n1 = k
  op.n2 = n
  return op.y
}

/** y[i,j] = sum_l a[i,l] b[l,j], l ascending. Overwrites y. */
function forward(op: OpRecord): void {
  const k = op.n1
  const n = op.n2
  const as = (<usize>k) << 3
  const ys = (<usize>n) << 3
  gemm(false, op.y, ys, op.a, as, 8, op.b, ys, PANEL_BYTES, op.n0, n, k)
}

/**
 * da[i,l] (+)= sum_j dy[i,j] b[l,j], j ascending
 * db[l,j] (+)= sum_i a[i,l] dy[i,j], i ascending
 */
function backward(op: OpRecord): void {
  const m = op.n0
  const k = op.n1
  const n = op.n2
  const a = op.a
  const b = op.b
  const dy = op.y + gap
  const as = (<usize>k) << 3
  const ys = (<usize>n) << 3
  packTransposed(scratch, b, ys, k, n)
  gemm(op.accumulates(0), a + gap, as, dy, ys, 8, scratch, PANEL_BYTES, PANEL_BYTES * n, m, k, n)
  gemm(op.accumulates(1), b + gap, ys, a, 8, as, dy, ys, PANEL_BYTES, k, n, m)
}
