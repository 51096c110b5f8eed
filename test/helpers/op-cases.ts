/** Cases for checkOp: an op with its plain loop, by the sizes that matter to it. */
import type { Core, Graph, Tensor } from '../../src/index.js'
import type { OpCase } from './check-op.js'
import * as naive from './naive.js'

const total = (numbers: readonly number[]) => numbers.reduce((a, b) => a + b, 0)

/** Central differences only where they are cheap. */
const small = (...sizes: number[]) => sizes.reduce((a, b) => a * b) < 500

/** x [t, i] with w [o, i]. */
export const linear = (t: number, i: number, o: number): OpCase => ({
  inputs: [
    [t, i],
    [o, i],
  ],
  record: (g, [x, w]) => g.linear(x!, w!),
  naive: naive.linear,
  gradcheck: small(t, i, o),
})

export const matmul = (m: number, k: number, n: number): OpCase => ({
  inputs: [
    [m, k],
    [k, n],
  ],
  record: (g, [a, b]) => g.matmul(a!, b!),
  naive: naive.matmul,
  gradcheck: small(m, k, n),
})

/** The ops of one tensor without further sizes. */
export const unaries = (core: Core) => ({
  relu: naive.relu,
  relu2: naive.relu2,
  tanh: naive.tanh(core),
  gelu: naive.gelu(core),
  sigmoid: naive.sigmoid(core),
  exp: naive.exp(core),
  log: naive.log(core),
  sum: naive.sumAll,
  mean: naive.mean,
  rmsnorm: naive.rmsnorm,
  softmax: naive.softmax(core),
})

export const unary = (core: Core, op: keyof ReturnType<typeof unaries>) => {
  return (rows: number, cols: number): OpCase => ({
    inputs: [[rows, cols]],
    record: (g, [x]) => g[op](x!),
    naive: unaries(core)[op],
  })
}

/** An elementwise op: y = f(x), with dy/dx = slope(x, y). */
export const elementwise = (
  record: (g: Graph, x: Tensor) => Tensor,
  f: (x: number) => number,
  slope: (x: number, y: number) => number,
) => {
  return (rows: number, cols: number): OpCase => ({
    inputs: [[rows, cols]],
    record: (g, [x]) => record(g, x!),
    naive: naive.map(f, slope),
  })
}

export const scale = (rows: number, cols: number): OpCase => ({
  inputs: [[rows, cols]],
  record: (g, [x]) => g.scale(x!, -1.7),
  naive: naive.scale(-1.7),
})

export const binary = (op: 'add' | 'sub' | 'mul') => {
  return (rows: number, cols: number): OpCase => ({
    inputs: [
      [rows, cols],
      [rows, cols],
    ],
    record: (g, [a, b]) => g[op](a!, b!),
    naive: naive[op],
  })
}

/** A row [1, n] added to each row of x [t, n]. */
export const addRow = (t: number, n: number): OpCase => ({
  inputs: [
    [t, n],
    [1, n],
  ],
  record: (g, [x, b]) => g.addRow(x!, b!),
  naive: naive.addRow,
})

/** Numbers above 0, which a logarithm takes. */
export const logarithm = (core: Core, rows: number, cols: number): OpCase => ({
  ...unary(core, 'log')(rows, cols),
  data: [Array.from({ length: rows * cols }, (_, i) => 0.1 + ((i * 7) % 19) / 4)],
  gradcheck: true,
})

/** A binary op with the same tensor as both inputs. */
export const self = (op: 'add' | 'sub' | 'mul', rows: number, cols: number): OpCase => ({
  inputs: [[rows, cols]],
  record: (g, [x]) => g[op](x!, x!),
  naive: {
    forward: ([x]) => naive[op].forward([x!, x!]),
    backward: ([x], [dx], y, dy) => naive[op].backward([x!, x!], [dx!, dx!], y, dy),
  },
})

/** Some rows of a table [v, n]; some come several times, and of a large table some never. */
export const embedding = (v: number, n: number, rows = 7): OpCase => {
  const ids = Array.from({ length: rows }, (_, t) => (t * t) % v)
  return {
    inputs: [[v, n]],
    record: (g, [table]) => {
      const given = g.ids(ids.length, v)
      given.set(ids)
      return g.embedding(table!, given)
    },
    naive: naive.embedding(ids),
  }
}

/** Documents of these lengths, n logits per row. */
export const crossEntropy = (core: Core, n: number, lengths: number[]): OpCase => {
  const rows = total(lengths)
  const targets = Array.from({ length: rows }, (_, t) => (3 * t) % n)
  return {
    inputs: [[rows, n]],
    record: (g, [logits]) => {
      const given = g.ids(rows, n)
      given.set(targets)
      const bounds = g.bounds(rows, lengths.length)
      bounds.set(lengths)
      return g.crossEntropy(logits!, given, lengths.length === 1 ? undefined : bounds)
    },
    naive: naive.crossEntropy(core, targets, lengths),
  }
}

/** Documents of these lengths, in an arena for documents of at most `span` rows. */
export const attention = (
  core: Core,
  heads: number,
  dim: number,
  lengths: number[],
  span = Math.max(...lengths),
): OpCase => {
  const rows = total(lengths)
  return {
    inputs: [
      [rows, heads * dim],
      [rows, heads * dim],
      [rows, heads * dim],
    ],
    record: (g, [q, k, v]) => {
      const bounds = g.bounds(rows, lengths.length, span)
      bounds.set(lengths)
      return g.attention(q!, k!, v!, bounds, heads)
    },
    naive: naive.attention(core, heads, lengths),
    gradcheck: small(rows, heads, dim),
  }
}
