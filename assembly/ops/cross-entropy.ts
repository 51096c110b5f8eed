/** The loss of each document: the mean over its rows of -log softmax(logits)[target]. */
import { gap, inArena } from '../arena'
import { maxOf, softmaxRow } from '../kernels/softmax'
import { log } from '../math'
import { OpRecord } from '../op-record'
import { record } from '../tape'

/**
 * Records y[docs], y[d] = mean over the rows t of document d of -log
 * softmax(logits[t])[targets[t]].
 * @param logits [rows, n]; the probabilities, [rows, n], are kept for backward
 * @param targets int32[rows]
 * @param bounds int32[docs + 1]: document d has the rows bounds[d] to bounds[d + 1] - 1
 * @returns the address of y, or 0 if there is no room
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
  assert(inArena(logits, rows * n), 'crossEntropy: the logits are outside the arena')
  assert(inArena(targets, (rows + 1) >> 1), 'crossEntropy: the targets are outside the arena')
  assert(inArena(bounds, (docs + 2) >> 1), 'crossEntropy: the bounds are outside the arena')
  const op = record(forward, backward, docs, <u64>rows * n, 0)
  if (!op) return 0
  op.a = logits
  op.b = targets
  op.c = bounds
  op.n0 = rows
  op.n1 = n
  op.n2 = docs
  return op.y
}

/**
 * l[t] = log(sum_j exp(x[t,j] - m)) - (x[t,target] - m), m the row's largest, j ascending
 * y[d] = (1 / rows of d) sum_t l[t], t ascending. Overwrites y and the kept probabilities.
 */
function forward(op: OpRecord): void {
  const n = op.n1
  const docs = op.n2
  const bytes = (<usize>n) << 3
  let x = op.a
  let target = op.b
  let bound = op.c
  let y = op.y
  let p = op.kept
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
function backward(op: OpRecord): void {
  const n = op.n1
  const docs = op.n2
  const bytes = (<usize>n) << 3
  let dx = op.a + gap
  let target = op.b
  let bound = op.c
  let dy = op.y + gap
  let p = op.kept
  const accumulate = op.accumulates(0)
  for (let d = 0; d < docs; d++) {
    const count = load<i32>(bound, 4) - load<i32>(bound)
    const f = (1 / <f64>count) * load<f64>(dy)
    for (let t = 0; t < count; t++) {
      const hit = (<usize>load<i32>(target)) << 3
      for (let i: usize = 0; i < bytes; i += 8) {
        const q = load<f64>(p + i) - (i == hit ? 1 : 0)
        store<f64>(dx + i, (accumulate ? load<f64>(dx + i) : 0) + f * q)
      }
      dx += bytes
      p += bytes
      target += 4
    }
    bound += 4
    dy += 8
  }
}
