/** y = table[ids]: one row of the table per id. */
import { gap, inArena } from '../arena'
import { OpRecord } from '../op-record'
import { VALUES, numShards, phase, record, shard } from '../tape'

/**
 * Records y[rows, n] = table[ids], table [entries, n], ids int32[rows].
 * @returns the address of y, or 0 if there is no room
 */
export function embedding(table: usize, ids: usize, rows: i32, n: i32, entries: i32): usize {
  assert(rows > 0 && n > 0 && entries > 0, 'embedding: sizes must be positive')
  assert(inArena(table, entries * n), 'embedding: the table is outside the arena')
  assert(inArena(ids, (rows + 1) >> 1), 'embedding: the ids are outside the arena')
  const op = record(forward, backward, <u64>rows * n, 0, 0)
  if (!op) return 0
  op.a = table
  op.b = ids
  op.n0 = rows
  op.n1 = n
  op.n2 = entries
  op.hasWeight = 1
  return op.y
}

/** y[t] = table[ids[t]]. Overwrites y. */
function forward(op: OpRecord): void {
  const rows = op.n0
  const bytes = (<usize>op.n1) << 3
  const table = op.a
  const ids = op.b
  let y = op.y
  for (let t = 0; t < rows; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2))
    if (<u32>id >= <u32>op.n2) unreachable()
    const from = table + <usize>id * bytes
    let i: usize = 0
    for (; i + 8 < bytes; i += 16) v128.store(y + i, v128.load(from + i))
    if (i < bytes) store<f64>(y + i, load<f64>(from + i))
    y += bytes
  }
}

/**
 * dtable[ids[t]] (+)= dy[t], t ascending, for this shard of the entries. When overwriting, the
 * gradients of entries without an id become zero.
 */
function backward(op: OpRecord): void {
  if (phase == VALUES) return
  const rows = op.n0
  const bytes = (<usize>op.n1) << 3
  const entries = op.n2
  const first = (entries * shard) / numShards
  const end = (entries * (shard + 1)) / numShards
  const table = op.a + gap
  const ids = op.b
  let dy = op.y + gap
  if (!op.accumulates(0)) memory.fill(table + bytes * first, 0, bytes * (end - first))
  for (let t = 0; t < rows; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2))
    if (id >= first && id < end) {
      const to = table + <usize>id * bytes
      let i: usize = 0
      for (; i + 8 < bytes; i += 16) {
        v128.store(to + i, f64x2.add(v128.load(to + i), v128.load(dy + i)))
      }
      if (i < bytes) store<f64>(to + i, load<f64>(to + i) + load<f64>(dy + i))
    }
    dy += bytes
  }
}
