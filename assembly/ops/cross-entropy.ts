/** The loss of each document: the mean over its rows of -log softmax(logits)[target]. */
import { gap, inArena } from '../arena'
import { maxOf, softmaxRow } from '../kernels/softmax'
import { log } from '../math'
import { adding, at, record } from '../tape'

/**
 * Records y[docs], y[d] = mean over the rows t of document d of -log softmax(logits[t])[targets[t]].
 * @param logits [rows, n]; their probabilities, [rows, n], are kept for backward
 * @param targets int32[rows]
 * @param bounds int32[docs + 1]: document d has the rows bounds[d] to bounds[d + 1] - 1
 * @returns the address of y, or 0 when there is no room
 */
export function crossEntropy(
  logits: usize,
  targets: usize,
  bounds: usize,
  rows: i32,
  n: i32,
  docs: i32,
): usize {
  assert(rows > 0 && n > 0 && docs > 0, 'crossEntropy: sizes must be positive')
  assert(inArena(logits, rows * n), 'crossEntropy: the logits lie outside the arena')
  assert(inArena(targets, (rows + 1) >> 1), 'crossEntropy: the targets lie outside the arena')
  assert(inArena(bounds, (docs + 2) >> 1), 'crossEntropy: the bounds lie outside the arena')
  return record(forward, backward, docs, rows * n, logits, targets, bounds, 0, rows, n, docs, 0)
}

/**
 * l[t] = log(sum_j exp(x[t,j] - m)) - (x[t,target] - m), m the row's largest, j ascending
 * y[d] = (1 / rows of d) sum_t l[t], t ascending. Overwrites y and the kept probabilities.
 */
function forward(row: usize): void {
  const n = at.n1(row)
  const docs = at.n2(row)
  const bytes = (<usize>n) << 3
  let x = at.a(row)
  let target = at.b(row)
  let bound = at.c(row)
  let y = at.y(row)
  let p = at.kept(row)
  for (let d = 0; d < docs; d++) {
    const count = load<i32>(bound, 4) - load<i32>(bound)
    let total: f64 = 0
    for (let t = 0; t < count; t++) {
      const id = load<i32>(target)
      if (<u32>id >= <u32>n) unreachable()
      const top = maxOf(x, n)
      const sum = softmaxRow(p, x, n, top)
      total += log(sum) - (load<f64>(x + ((<usize>id) << 3)) - top)
      x += bytes
      p += bytes
      target += 4
    }
    store<f64>(y, (1 / <f64>count) * total)
    bound += 4
    y += 8
  }
}

/** dx[t,i] (+)= (dy[d] / rows of d) (p[t,i] - (1 if i is the target, else 0)). */
function backward(row: usize): void {
  const n = at.n1(row)
  const docs = at.n2(row)
  const bytes = (<usize>n) << 3
  let dx = at.a(row) + gap
  let target = at.b(row)
  let bound = at.c(row)
  let dy = at.y(row) + gap
  let p = at.kept(row)
  const add = adding(row, 0)
  for (let d = 0; d < docs; d++) {
    const count = load<i32>(bound, 4) - load<i32>(bound)
    const f = (1 / <f64>count) * load<f64>(dy)
    for (let t = 0; t < count; t++) {
      const hit = (<usize>load<i32>(target)) << 3
      for (let i: usize = 0; i < bytes; i += 8) {
        const q = load<f64>(p + i) - (i == hit ? 1 : 0)
        store<f64>(dx + i, (add ? load<f64>(dx + i) : 0) + f * q)
      }
      dx += bytes
      p += bytes
      target += 4
    }
    bound += 4
    dy += 8
  }
}
