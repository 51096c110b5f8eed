/**
 * Every op as the plain loop that its comment states: no lanes, no tiles, no packing. A backward
 * adds to its gradients term by term. exp, log and tanh are the core's own.
 */
import type { Core } from '../../src/index.js'

/** Shape and numbers. */
export interface Matrix {
  rows: number
  cols: number
  data: Float64Array
}

export const zeros = (rows: number, cols: number): Matrix => ({
  rows,
  cols,
  data: new Float64Array(rows * cols),
})

/** What an op computes, and what it adds to each input's gradient for dy. */
export interface Naive {
  forward(inputs: Matrix[]): Matrix
  backward(inputs: Matrix[], grads: Matrix[], y: Matrix, dy: Matrix): void
}

/** A matrix as it is read: number (i, j) is at i * down + j * right. */
interface View {
  data: Float64Array
  down: number
  right: number
}

const plain = ({ data, cols }: Matrix): View => ({ data, down: cols, right: 1 })
const turned = ({ data, cols }: Matrix): View => ({ data, down: 1, right: cols })

/** C[i,j] = C[i,j] + sum_k A(i,k) B(k,j), k ascending. */
function product(c: Matrix, n: number, a: View, b: View): void {
  for (let i = 0; i < c.rows; i++) {
    for (let j = 0; j < c.cols; j++) {
      let sum = c.data[i * c.cols + j]!
      for (let k = 0; k < n; k++) {
        sum += a.data[i * a.down + k * a.right]! * b.data[k * b.down + j * b.right]!
      }
      c.data[i * c.cols + j] = sum
    }
  }
}

const get = (m: Matrix) => (i: number, j: number) => m.data[i * m.cols + j]!

export const linear: Naive = {
  forward([x, w]) {
    const y = zeros(x!.rows, w!.rows)
    product(y, x!.cols, plain(x!), turned(w!))
    return y
  },
  backward([x, w], [dx, dw], _y, dy) {
    product(dx!, w!.rows, plain(dy), plain(w!))
    product(dw!, x!.rows, turned(dy), plain(x!))
  },
}

export const matmul: Naive = {
  forward([a, b]) {
    const y = zeros(a!.rows, b!.cols)
    product(y, a!.cols, plain(a!), plain(b!))
    return y
  },
  backward([a, b], [da, db], _y, dy) {
    product(da!, b!.cols, plain(dy), turned(b!))
    product(db!, a!.rows, turned(a!), plain(dy))
  },
}

/** An elementwise op: y = f(x), dx += dy slope(x, y). */
export const map = (f: (x: number) => number, slope: (x: number, y: number) => number): Naive => ({
  forward([x]) {
    return { ...x!, data: x!.data.map((v) => f(v)) }
  },
  backward([x], [dx], y, dy) {
    for (let i = 0; i < dy.data.length; i++) {
      dx!.data[i]! += dy.data[i]! * slope(x!.data[i]!, y.data[i]!)
    }
  },
})

const positive = (x: number) => (x > 0 ? x : 0)
export const relu = map(positive, (x) => (x > 0 ? 1 : 0))
export const relu2 = map(
  (x) => positive(x) * positive(x),
  (x) => positive(x) + positive(x),
)
export const scale = (factor: number) =>
  map(
    (x) => factor * x,
    () => factor,
  )
export const tanh = (core: Core) =>
  map(
    (x) => core.tanhOf(x),
    (_x, y) => 1 - y * y,
  )

export const gelu = (core: Core) => {
  const inner = (x: number) => core.tanhOf(0.7978845608028654 * (x + 0.044715 * (x * x * x)))
  return map(
    (x) => 0.5 * x * (1 + inner(x)),
    (x) => {
      const t = inner(x)
      const bend = 0.7978845608028654 * (1 + 3 * 0.044715 * (x * x))
      return 0.5 * (1 + t) + 0.5 * x * ((1 - t * t) * bend)
    },
  )
}

export const sigmoid = (core: Core) =>
  map(
    (x) => {
      const e = core.exp(-Math.abs(x))
      return (x < 0 ? e : 1) / (1 + e)
    },
    (_x, y) => y * (1 - y),
  )
export const exp = (core: Core) =>
  map(
    (x) => core.exp(x),
    (_x, y) => y,
  )
export const log = (core: Core) =>
  map(
    (x) => core.log(x),
    (x) => 1 / x,
  )

export const add: Naive = {
  forward([a, b]) {
    return { ...a!, data: a!.data.map((v, i) => v + b!.data[i]!) }
  },
  backward(_inputs, [da, db], _y, dy) {
    for (let i = 0; i < dy.data.length; i++) {
      da!.data[i]! += dy.data[i]!
      db!.data[i]! += dy.data[i]!
    }
  },
}

export const sub: Naive = {
  forward([a, b]) {
    return { ...a!, data: a!.data.map((v, i) => v - b!.data[i]!) }
  },
  backward(_inputs, [da, db], _y, dy) {
    for (let i = 0; i < dy.data.length; i++) {
      da!.data[i]! += dy.data[i]!
      db!.data[i]! -= dy.data[i]!
    }
  },
}

export const addRow: Naive = {
  forward([x, b]) {
    return { ...x!, data: x!.data.map((v, i) => v + b!.data[i % x!.cols]!) }
  },
  backward([x], [dx, db], _y, dy) {
    for (let i = 0; i < dy.data.length; i++) {
      dx!.data[i]! += dy.data[i]!
      db!.data[i % x!.cols]! += dy.data[i]!
    }
  },
}

export const mul: Naive = {
  forward([a, b]) {
    return { ...a!, data: a!.data.map((v, i) => v * b!.data[i]!) }
  },
  backward([a, b], [da, db], _y, dy) {
    for (let i = 0; i < dy.data.length; i++) {
      da!.data[i]! += dy.data[i]! * b!.data[i]!
      db!.data[i]! += dy.data[i]! * a!.data[i]!
    }
  },
}

export const sumAll: Naive = {
  forward([x]) {
    const y = zeros(1, 1)
    for (const v of x!.data) y.data[0]! += v
    return y
  },
  backward(_inputs, [dx], _y, dy) {
    for (let i = 0; i < dx!.data.length; i++) dx!.data[i]! += dy.data[0]!
  },
}

export const mean: Naive = {
  forward([x]) {
    const y = zeros(1, 1)
    let sum = 0
    for (const v of x!.data) sum += v
    y.data[0] = (1 / x!.data.length) * sum
    return y
  },
  backward(_inputs, [dx], _y, dy) {
    const d = (1 / dx!.data.length) * dy.data[0]!
    for (let i = 0; i < dx!.data.length; i++) dx!.data[i]! += d
  },
}

export const rmsnorm: Naive = {
  forward([x]) {
    const y = zeros(x!.rows, x!.cols)
    for (let t = 0; t < x!.rows; t++) {
      const s = inverseNorm(x!, t)
      for (let i = 0; i < x!.cols; i++) y.data[t * x!.cols + i] = get(x!)(t, i) * s
    }
    return y
  },
  backward([x], [dx], _y, dy) {
    for (let t = 0; t < x!.rows; t++) {
      const s = inverseNorm(x!, t)
      let dot = 0
      for (let i = 0; i < x!.cols; i++) dot += get(dy)(t, i) * get(x!)(t, i)
      const f = ((s * s * s) / x!.cols) * dot
      for (let i = 0; i < x!.cols; i++) {
        dx!.data[t * x!.cols + i]! += s * get(dy)(t, i) - get(x!)(t, i) * f
      }
    }
  },
}

function inverseNorm(x: Matrix, t: number): number {
  let sum = 0
  for (let i = 0; i < x.cols; i++) sum += get(x)(t, i) * get(x)(t, i)
  return 1 / Math.sqrt(sum / x.cols + 1e-5)
}

/** Softmax of some numbers, and the sum it was divided by. */
function softmaxOf(core: Core, x: number[]): { p: number[]; sum: number; top: number } {
  const top = Math.max(...x)
  const e = x.map((v) => core.exp(v - top))
  const sum = e.reduce((total, v) => total + v, 0)
  return { p: e.map((v) => v * (1 / sum)), sum, top }
}

/** p[i] (dp[i] - sum_j dp[j] p[j]) */
function softmaxSlope(p: number[], dp: number[]): number[] {
  let dot = 0
  for (let i = 0; i < p.length; i++) dot += dp[i]! * p[i]!
  return p.map((v, i) => v * (dp[i]! - dot))
}

const rowOf = (m: Matrix, t: number) => Array.from(m.data.subarray(t * m.cols, (t + 1) * m.cols))

export const softmax = (core: Core): Naive => ({
  forward([x]) {
    const y = zeros(x!.rows, x!.cols)
    for (let t = 0; t < x!.rows; t++) y.data.set(softmaxOf(core, rowOf(x!, t)).p, t * x!.cols)
    return y
  },
  backward([x], [dx], y, dy) {
    for (let t = 0; t < x!.rows; t++) {
      const d = softmaxSlope(rowOf(y, t), rowOf(dy, t))
      for (let i = 0; i < d.length; i++) dx!.data[t * x!.cols + i]! += d[i]!
    }
  },
})

export const embedding = (ids: number[]): Naive => ({
  forward([table]) {
    const y = zeros(ids.length, table!.cols)
    ids.forEach((id, t) => y.data.set(rowOf(table!, id), t * table!.cols))
    return y
  },
  backward(_inputs, [dtable], _y, dy) {
    ids.forEach((id, t) => {
      for (let i = 0; i < dy.cols; i++) dtable!.data[id * dy.cols + i]! += get(dy)(t, i)
    })
  },
})

export const crossEntropy = (core: Core, targets: number[], lengths: number[]): Naive => ({
  forward([logits]) {
    const y = zeros(1, lengths.length)
    let t = 0
    lengths.forEach((length, d) => {
      let total = 0
      for (const end = t + length; t < end; t++) {
        const { sum, top } = softmaxOf(core, rowOf(logits!, t))
        total += core.log(sum) - (get(logits!)(t, targets[t]!) - top)
      }
      y.data[d] = (1 / length) * total
    })
    return y
  },
  backward([logits], [dlogits], _y, dy) {
    let t = 0
    lengths.forEach((length, d) => {
      const f = (1 / length) * dy.data[d]!
      for (const end = t + length; t < end; t++) {
        const { p } = softmaxOf(core, rowOf(logits!, t))
        p.forEach((v, i) => {
          dlogits!.data[t * logits!.cols + i]! += f * (v - (i === targets[t] ? 1 : 0))
        })
      }
    })
  },
})

/** Calls for each row t of each head: the columns from `left`, and the rows `first` to t. */
function eachHead(
  lengths: number[],
  cols: number,
  heads: number,
  visit: (t: number, left: number, first: number) => void,
): void {
  let first = 0
  for (const length of lengths) {
    for (let t = first; t < first + length; t++) {
      for (let h = 0; h < heads; h++) visit(t, (h * cols) / heads, first)
    }
    first += length
  }
}

export const attention = (core: Core, heads: number, lengths: number[]): Naive => {
  const weights = (q: Matrix, k: Matrix, t: number, left: number, first: number): number[] => {
    const dim = q.cols / heads
    const scores: number[] = []
    for (let u = first; u <= t; u++) {
      let sum = 0
      for (let j = left; j < left + dim; j++) sum += get(q)(t, j) * get(k)(u, j)
      scores.push(sum * (1 / Math.sqrt(dim)))
    }
    return softmaxOf(core, scores).p
  }
  return {
    forward([q, k, v]) {
      const y = zeros(q!.rows, q!.cols)
      eachHead(lengths, q!.cols, heads, (t, left, first) => {
        const p = weights(q!, k!, t, left, first)
        for (let j = left; j < left + q!.cols / heads; j++) {
          let sum = 0
          p.forEach((w, i) => (sum += w * get(v!)(first + i, j)))
          y.data[t * q!.cols + j] = sum
        }
      })
      return y
    },
    backward([q, k, v], [dq, dk, dv], _y, dy) {
      const { cols } = q!
      const dim = cols / heads
      eachHead(lengths, cols, heads, (t, left, first) => {
        const p = weights(q!, k!, t, left, first)
        const dp = p.map((_w, i) => {
          let sum = 0
          for (let j = left; j < left + dim; j++) sum += get(dy)(t, j) * get(v!)(first + i, j)
          return sum
        })
        softmaxSlope(p, dp).forEach((d, i) => {
          const u = first + i
          const w = d * (1 / Math.sqrt(dim))
          for (let j = left; j < left + dim; j++) {
            dq!.data[t * cols + j]! += w * get(k!)(u, j)
            dk!.data[u * cols + j]! += w * get(q!)(t, j)
            dv!.data[u * cols + j]! += p[i]! * get(dy)(t, j)
          }
        })
      })
    },
  }
}
