/**
 * One op on the tape. It refers to its forward and backward by their entries in the function table,
 * so the tape does not depend on any op. A record is 64 bytes: one cache line.
 */
@unmanaged
export class OpRecord {
  /** Entries of the function table. */
  forward: i32
  backward: i32
  /** Addresses: the output, the numbers kept for backward, and the inputs. */
  y: usize
  kept: usize
  a: usize
  b: usize
  c: usize
  d: usize
  /** Sizes, as each op defines them. */
  n0: i32
  n1: i32
  n2: i32
  n3: i32
  /** Two more inputs; an op with a factor has none, because it shares their place. */
  e: usize
  f: usize
  /** Bit i: backward adds to the gradient of input i (a is 0) instead of overwriting it. */
  accumulate: i32
  /** 1 if an input is a weight, whose gradient threads compute in a separate round. */
  hasWeight: i32

  /** A constant of the op. */
  @inline
  get factor(): f64 {
    return load<f64>(changetype<usize>(this), offsetof<OpRecord>('e'))
  }


  @inline
  set factor(x: f64) {
    store<f64>(changetype<usize>(this), x, offsetof<OpRecord>('e'))
  }

  /** Whether backward adds to the gradient of an input. */
  @inline
  accumulates(input: i32): bool {
    return ((this.accumulate >> input) & 1) != 0
  }

  /** The same as a mask for the old gradient: all ones, or zeros. */
  @inline
  accumulateMask(input: i32): i64 {
    return -(((<i64>this.accumulate) >> input) & 1)
  }
}
