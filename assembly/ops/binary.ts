/** Elementwise functions of two tensors of the same shape: add, sub, mul. */
import { gap, inArena } from '../arena'
import { Binary, zip, zipBackward } from '../kernels/elementwise'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/** y = a + b; both slopes are 1 */
class Add implements Binary {

  @inline value(a: v128, b: v128): v128 {
    return f64x2.add(a, b)
  }


  @inline slopeA(a: v128, b: v128): v128 {
    return f64x2.splat(1)
  }


  @inline slopeB(a: v128, b: v128): v128 {
    return f64x2.splat(1)
  }
}

/** y = a - b; the slopes are 1 and -1 */
class Sub implements Binary {

  @inline value(a: v128, b: v128): v128 {
    return f64x2.sub(a, b)
  }


  @inline slopeA(a: v128, b: v128): v128 {
    return f64x2.splat(1)
  }


  @inline slopeB(a: v128, b: v128): v128 {
    return f64x2.splat(-1)
  }
}

/** y = a b; dy/da = b, dy/db = a */
class Mul implements Binary {

  @inline value(a: v128, b: v128): v128 {
    return f64x2.mul(a, b)
  }


  @inline slopeA(a: v128, b: v128): v128 {
    return b
  }


  @inline slopeB(a: v128, b: v128): v128 {
    return a
  }
}

function recordZip<F extends Binary>(a: usize, b: usize, count: f64): usize {
  assert(count > 0, 'binary: sizes must be positive')
  assert(inArena(a, <u32>count) && inArena(b, <u32>count), 'binary: outside the arena')
  const op = record(
    (op: OpRecord) => {
      zip<F>(op.y, op.a, op.b, op.n0)
    },
    (op: OpRecord) => {
      const a = op.a
      const b = op.b
      const maskA = op.accumulateMask(0)
      const maskB = op.accumulateMask(1)
      zipBackward<F>(a + gap, b + gap, op.y + gap, a, b, op.n0, maskA, maskB)
    },
    <u64>count,
    0,
    0,
  )
  if (!op) return 0
  op.a = a
  op.b = b
  op.n0 = <i32>count
  return op.y
}

/** Records y[count] = a[count] + b[count]. Returns the address of y, or 0 if there is no room. */
export function add(a: usize, b: usize, count: f64): usize {
  return recordZip<Add>(a, b, count)
}

/** Records y[count] = a[count] - b[count]. Returns the address of y, or 0. */
export function sub(a: usize, b: usize, count: f64): usize {
  return recordZip<Sub>(a, b, count)
}

/** Records y[count] = a[count] b[count]. Returns the address of y, or 0. */
export function mul(a: usize, b: usize, count: f64): usize {
  return recordZip<Mul>(a, b, count)
}
