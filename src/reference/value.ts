/** Scalar reverse-mode autograd, an object a number, operation for operation what microgpt.py does. */

/** A number that remembers the numbers it was made from, and its derivative by each of them. */
export class Value {
  data: number
  /** The derivative of what `backward` was called on by this number; it accumulates. */
  grad = 0
  private readonly children: readonly Value[]
  private readonly localGrads: readonly number[]
  /** The walk that came here last; a field is several times faster than a Set of nodes. */
  private walk = 0

  constructor(data: number, children: readonly Value[] = [], localGrads: readonly number[] = []) {
    this.data = data
    this.children = children
    this.localGrads = localGrads
  }

  add(other: Value | number): Value {
    const right = typeof other === 'number' ? new Value(other) : other
    return new Value(this.data + right.data, [this, right], [1, 1])
  }

  mul(other: Value | number): Value {
    const right = typeof other === 'number' ? new Value(other) : other
    return new Value(this.data * right.data, [this, right], [right.data, this.data])
  }

  /** this ** n, for a constant n. */
  pow(n: number): Value {
    return new Value(this.data ** n, [this], [n * this.data ** (n - 1)])
  }

  log(): Value {
    return new Value(Math.log(this.data), [this], [1 / this.data])
  }

  exp(): Value {
    const out = Math.exp(this.data)
    return new Value(out, [this], [out])
  }

  tanh(): Value {
    const out = Math.tanh(this.data)
    return new Value(out, [this], [1 - out * out])
  }

  relu(): Value {
    return new Value(this.data > 0 ? this.data : 0, [this], [this.data > 0 ? 1 : 0])
  }

  /** Adds d this / d node to the grad of every node that this one was made from. Sets its own to 1. */
  backward(): void {
    const order = this.ancestors()
    this.grad = 1
    for (let i = order.length - 1; i >= 0; i--) {
      const { children, localGrads, grad } = order[i]!
      for (let c = 0; c < children.length; c++) children[c]!.grad += localGrads[c]! * grad
    }
  }

  /**
   * Every node below and this one, each after its children. The order is that of the recursive
   * depth-first walk, which fixes the order of the sums in `grad`; the stack is a list, since a long
   * sum is as deep as it has terms.
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

/** Walks so far: a node whose mark is another number has not been visited in this one. */
let walks = 0

/** v[0] + v[1] + ..., from the left. Never empty here. */
export function sum(values: readonly Value[]): Value {
  return values.reduce((total, value) => total.add(value))
}
