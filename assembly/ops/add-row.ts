/** y = x + b: one row added to every row, as a bias is. */
import { gap, inArena } from '../arena'
import { axpy } from '../kernels/axpy'
import { OpRecord } from '../op-record'
import { VALUES, WEIGHTS, numShards, phase, record, shard } from '../tape'

/**
 * Records y[rows, n] = x[rows, n] + b[n].
 * @returns the address of y, or 0 if there is no room
 */
export function addRow(x: usize, b: usize, rows: i32, n: i32): usize {
  assert(rows > 0 && n > 0, 'addRow: sizes must be positive')
  assert(inArena(x, rows * n) && inArena(b, n), 'addRow: outside the arena')
  const op = record(forward, backward, <u64>rows * n, 0, 0)
  if (!op) return 0
  op.a = x
  op.b = b
  op.n0 = rows
  op.n1 = n
  op.hasWeight = 1
  return op.y
}

/** y[t,i] = x[t,i] + b[i]. Overwrites y. */
function forward(op: OpRecord): void {
  const n = op.n1
  const bytes = (<usize>n) << 3
  const end = op.y + bytes * op.n0
  let x = op.a
  for (let y = op.y; y < end; y += bytes) {
    memory.copy(y, x, bytes)
    axpy(y, 1, op.b, n)
    x += bytes
  }
}

/** dx[t,i] (+)= dy[t,i];  db[i] (+)= sum_t dy[t,i], t ascending, for this shard of the columns. */
function backward(op: OpRecord): void {
  const n = op.n1
  const bytes = (<usize>n) << 3
  const dy = op.y + gap
  const end = dy + bytes * op.n0
  if (phase != WEIGHTS) {
    const dx = op.a + gap
    if (!op.accumulates(0)) memory.copy(dx, dy, bytes * op.n0)
    else for (let t = dy; t < end; t += bytes) axpy(dx + (t - dy), 1, t, n)
  }
  if (phase == VALUES) return
  const first = (n * shard) / numShards
  const count = (n * (shard + 1)) / numShards - first
  const offset = (<usize>first) << 3
  const db = op.b + gap + offset
  if (!op.accumulates(1)) memory.fill(db, 0, (<usize>count) << 3)
  for (let t = dy; t < end; t += bytes) axpy(db, 1, t + offset, count)
}
