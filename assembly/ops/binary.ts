/** Functions of two tensors of one size, number by number: add, mul. */
import { gap, inArena } from '../arena'
import { Binary, zip, zipBackward } from '../kernels/elementwise'
import { at, keeping, record } from '../tape'

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

function recordZip<F extends Binary>(a: usize, b: usize, count: i32): usize {
  assert(count > 0, 'binary: sizes must be positive')
  assert(inArena(a, count) && inArena(b, count), 'binary: out of the arena')
  return record(
    (row: usize) => {
      zip<F>(at.y(row), at.a(row), at.b(row), at.n0(row))
    },
    (row: usize) => {
      const a = at.a(row)
      const b = at.b(row)
      const dy = at.y(row) + gap
      const keepA = keeping(row, 0)
      zipBackward<F>(a + gap, b + gap, dy, a, b, at.n0(row), keepA, keeping(row, 1))
    },
    count,
    0,
    a,
    b,
    0,
    0,
    count,
    0,
    0,
    0,
  )
}

/** Records y[count] = a[count] + b[count]. Returns the address of y, or 0 when there is no room. */
export function add(a: usize, b: usize, count: i32): usize {
  return recordZip<Add>(a, b, count)
}

/** Records y[count] = a[count] b[count]. Returns the address of y, or 0. */
export function mul(a: usize, b: usize, count: i32): usize {
  return recordZip<Mul>(a, b, count)
}
