/** y = a b, for two activations. */
import { gap, inArena, inScratch, scratch } from '../arena'
import { PANEL, gemm } from '../kernels/gemm'
import { packTransposed, packedSize } from '../kernels/pack'
import { adding, at, record } from '../tape'

/**
 * Records y[m, n] = a[m, k] b[k, n].
 * @returns the address of y, or 0 when there is no room
 */
export function matmul(a: usize, b: usize, m: i32, k: i32, n: i32): usize {
  assert(m > 0 && k > 0 && n > 0, 'matmul: sizes must be positive')
  assert(inArena(a, m * k) && inArena(b, k * n), 'matmul: out of the arena')
  assert(inScratch(packedSize(k, n)), 'matmul: not enough scratch')
  return record(forward, backward, m * n, 0, a, b, 0, 0, m, k, n, 0)
}

/** y[i,j] = sum_l a[i,l] b[l,j], l ascending. Overwrites y. */
function forward(row: usize): void {
  const k = at.n1(row)
  const n = at.n2(row)
  const as = (<usize>k) << 3
  const ys = (<usize>n) << 3
  gemm(false, at.y(row), ys, at.a(row), as, 8, at.b(row), ys, PANEL, at.n0(row), n, k)
}

/**
 * da[i,l] (+)= sum_j dy[i,j] b[l,j], j ascending
 * db[l,j] (+)= sum_i a[i,l] dy[i,j], i ascending
 */
function backward(row: usize): void {
  const m = at.n0(row)
  const k = at.n1(row)
  const n = at.n2(row)
  const a = at.a(row)
  const b = at.b(row)
  const dy = at.y(row) + gap
  const as = (<usize>k) << 3
  const ys = (<usize>n) << 3
  packTransposed(scratch, b, ys, k, n)
  gemm(adding(row, 0), a + gap, as, dy, ys, 8, scratch, PANEL, PANEL * n, m, k, n)
  gemm(adding(row, 1), b + gap, ys, a, 8, as, dy, ys, PANEL, k, n, m)
}
