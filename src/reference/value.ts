/**
 * Scalar reverse-mode autograd with one object per number, operation for operation like
 * microgpt.py.
 */

/**
 * A number that remembers what it was computed from, and its derivative by each of these numbers.
 */
export class Value {
  static readonly name = 'Value'
  /** The number. */
  data: number
  /** The derivative, by this number, of the value that backward() was called on; it accumulates. */
  grad = 0
  private readonly children: readonly Value[]
  private readonly localGrads: readonly number[]
  /**
   * The number of the last walk that visited this node; a field is several times faster than a Set.
   */
  private walk = 0

  /**
   * @param children the values that it was computed from; none for a leaf
   * @param localGrads its derivative by each child
   */
  constructor(data: number, children: readonly Value[] = [], localGrads: readonly number[] = []) {
    this.data = data
    this.children = children
    this.localGrads = localGrads
  }

  /** this + other. */
  add(other: Value | number): Value {
    const right = typeof other === 'number' ? new Value(other) : other
    return new Value(this.data + right.data, [this, right], [1, 1])
  }

  /** this * other. */
  mul(other: Value | number): Value {
    const right = typeof other === 'number' ? new Value(other) : other
    return new Value(this.data * right.data, [this, right], [right.data, this.data])
  }

  /** this ** n, for a constant n. */
  pow(n: number): Value {
    return new Value(this.data ** n, [this], [n * this.data ** (n - 1)])
  }

  /** The natural logarithm. */
  log(): Value {
    return new Value(Math.log(this.data), [this], [1 / this.data])
  }

  /** e^this. */
  exp(): Value {
    const out = Math.exp(this.data)
    return new Value(out, [this], [out])
  }

  /** The hyperbolic tangent. */
  tanh(): Value {
    const out = Math.tanh(this.data)
    return new Value(out, [this], [1 - out * out])
  }

  /** max(0, this). */
  relu(): Value {
    return new Value(this.data > 0 ? this.data : 0, [this], [this.data > 0 ? 1 : 0])
  }

  /**
   * Adds d this / d node to the grad of every node that this one was computed from. Sets its own to
   * 1.
   */
  backward(): void {
    const order = this.ancestors()
    this.grad = 1
    for (let i = order.length - 1; i >= 0; i--) {
      const { children, localGrads, grad } = order[i]!
      for (let c = 0; c < children.length; c++) children[c]!.grad += localGrads[c]! * grad
    }
  }

  /**
   * This node and all that it was computed from, each after its children. The order is that of the
   * recursive depth-first walk, which determines the order of the sums in `grad`. The stack is a
   * list, because a sum of many terms is too deep for recursion.
   */
  private ancestors(): Value[] {
    const walk = ++walks
    const order: Value[] = []
    const path: Value[] = [this]
    const taken: number[] = [0]
    this.walk = walk
    while (path.length > 0) {
      const top = path.length - 1
      const node = path[top]!
      const child = node.children[taken[top]!++]
      if (child === undefined) {
        order.push(node)
        path.pop()
        taken.pop()
      } else if (child.walk !== walk) {
        child.walk = walk
        path.push(child)
        taken.push(0)
      }
    }
    return order
  }
}

/** Number of walks so far. A node with another number has not been visited in the current walk. */
let walks = 0

/** v[0] + v[1] + ..., from left to right, for at least one value. */
export function sum(values: readonly Value[]): Value {
  return values.reduce((total, value) => total.add(value))
}
