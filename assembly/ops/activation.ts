/** Functions of one number, applied to each element: activations, exponential and logarithm. */
import { gap, inArena } from '../arena'
import { exp_f64x2 } from '../exp'
import { Unary, map, mapBackward } from '../kernels/elementwise'
import { exp, log, tanhOf } from '../math'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/** max(0, x); 0 for NaN, as Python's max(0, x) gives. */
@inline
function positive(x: v128): v128 {
  return v128.and(x, f64x2.gt(x, f64x2.splat(0)))
}

/** y = max(0, x); dy/dx = 1 where x > 0, else 0 */
class Relu implements Unary {

  @inline value(x: v128): v128 {
    return positive(x)
  }


  @inline slope(x: v128, y: v128): v128 {
    return v128.and(f64x2.splat(1), f64x2.gt(x, f64x2.splat(0)))
  }
}

/** y = max(0, x)^2; dy/dx = 2 max(0, x) */
class Relu2 implements Unary {

  @inline value(x: v128): v128 {
    const r = positive(x)
    return f64x2.mul(r, r)
  }


  @inline slope(x: v128, y: v128): v128 {
    const r = positive(x)
    return f64x2.add(r, r)
  }
}

/** tanh of both lanes. */
@inline
function tanh_f64x2(x: v128): v128 {
  const low = tanhOf(f64x2.extract_lane(x, 0))
  return f64x2.replace_lane(f64x2.splat(low), 1, tanhOf(f64x2.extract_lane(x, 1)))
}

/** y = tanh(x); dy/dx = 1 - y^2 */
class Tanh implements Unary {

  @inline value(x: v128): v128 {
    return tanh_f64x2(x)
  }


  @inline slope(x: v128, y: v128): v128 {
    return f64x2.sub(f64x2.splat(1), f64x2.mul(y, y))
  }
}

/** sqrt(2 / pi) */
const GELU_SCALE: f64 = 0.7978845608028654
const GELU_CUBIC: f64 = 0.044715

/**
 * The tanh form of Hendrycks and Gimpel (2016):
 * y = x/2 (1 + tanh(u)), u = sqrt(2/pi) (x + 0.044715 x^3)
 */
class Gelu implements Unary {
  inner(x: v128): v128 {
    const cube = f64x2.mul(f64x2.mul(x, x), x)
    const sum = f64x2.add(x, f64x2.mul(f64x2.splat(GELU_CUBIC), cube))
    return tanh_f64x2(f64x2.mul(f64x2.splat(GELU_SCALE), sum))
  }


  @inline value(x: v128): v128 {
    const half = f64x2.mul(f64x2.splat(0.5), x)
    return f64x2.mul(half, f64x2.add(f64x2.splat(1), this.inner(x)))
  }
  /** dy/dx = (1 + t)/2 + x/2 (1 - t^2) sqrt(2/pi) (1 + 3 * 0.044715 x^2), t = tanh(u) */
  @inline slope(x: v128, y: v128): v128 {
    const t = this.inner(x)
    const one = f64x2.splat(1)
    const left = f64x2.mul(f64x2.splat(0.5), f64x2.add(one, t))
    const half = f64x2.mul(f64x2.splat(0.5), x)
    const bend = f64x2.mul(f64x2.splat(3 * GELU_CUBIC), f64x2.mul(x, x))
    const du = f64x2.mul(f64x2.splat(GELU_SCALE), f64x2.add(one, bend))
    const sech2 = f64x2.sub(one, f64x2.mul(t, t))
    return f64x2.add(left, f64x2.mul(half, f64x2.mul(sech2, du)))
  }
}

/** 1 / (1 + e^-x), from e^-|x| <= 1, so that nothing overflows. */
function sigmoidOf(x: f64): f64 {
  const e = exp(-Math.abs(x))
  return (x < 0 ? e : 1) / (1 + e)
}

/** y = 1 / (1 + e^-x); dy/dx = y (1 - y) */
class Sigmoid implements Unary {

  @inline value(x: v128): v128 {
    const low = sigmoidOf(f64x2.extract_lane(x, 0))
    return f64x2.replace_lane(f64x2.splat(low), 1, sigmoidOf(f64x2.extract_lane(x, 1)))
  }


  @inline slope(x: v128, y: v128): v128 {
    return f64x2.mul(y, f64x2.sub(f64x2.splat(1), y))
  }
}

/** y = e^x; dy/dx = y */
class Exp implements Unary {

  @inline value(x: v128): v128 {
    return exp_f64x2(x)
  }


  @inline slope(x: v128, y: v128): v128 {
    return y
  }
}

/** y = ln x; dy/dx = 1 / x */
class Log implements Unary {

  @inline value(x: v128): v128 {
    const low = log(f64x2.extract_lane(x, 0))
    return f64x2.replace_lane(f64x2.splat(low), 1, log(f64x2.extract_lane(x, 1)))
  }


  @inline slope(x: v128, y: v128): v128 {
    return f64x2.div(f64x2.splat(1), x)
  }
}

function recordMap<F extends Unary>(x: usize, count: f64): usize {
  assert(count > 0, 'activation: sizes must be positive')
  assert(inArena(x, <u32>count), 'activation: x is outside the arena')
  const op = record(
    (op: OpRecord) => {
      map<F>(op.y, op.a, op.n0)
    },
    (op: OpRecord) => {
      mapBackward<F>(op.a + gap, op.y + gap, op.a, op.y, op.n0, op.accumulateMask(0))
    },
    <u64>count,
    0,
    0,
  )
  if (!op) return 0
  op.a = x
  op.n0 = <i32>count
  return op.y
}

/** Records y[count] = max(0, x[count]). Returns the address of y, or 0 if there is no room. */
export function relu(x: usize, count: f64): usize {
  return recordMap<Relu>(x, count)
}

/** Records y[count] = max(0, x[count])^2. Returns the address of y, or 0. */
export function relu2(x: usize, count: f64): usize {
  return recordMap<Relu2>(x, count)
}

/** Records y[count] = tanh(x[count]). Returns the address of y, or 0. */
export function tanh(x: usize, count: f64): usize {
  return recordMap<Tanh>(x, count)
}

/** Records y[count] = gelu(x[count]), the tanh form. Returns the address of y, or 0. */
export function gelu(x: usize, count: f64): usize {
  return recordMap<Gelu>(x, count)
}

/** Records y[count] = 1 / (1 + e^-x[count]). Returns the address of y, or 0. */
export function sigmoid(x: usize, count: f64): usize {
  return recordMap<Sigmoid>(x, count)
}

/** Records y[count] = e^x[count]. Returns the address of y, or 0. */
export function elementwiseExp(x: usize, count: f64): usize {
  return recordMap<Exp>(x, count)
}

/** Records y[count] = ln x[count]. Returns the address of y, or 0. */
export function elementwiseLog(x: usize, count: f64): usize {
  return recordMap<Log>(x, count)
}
