/** y = table[ids]: a row of the table for each id. */
import { gap, inArena } from '../arena'
import { VALUES, adding, at, last, part, parts, phase, record } from '../tape'

/**
 * Records y[rows, n] = table[ids], table [entries, n], ids int32[rows].
 * @returns the address of y, or 0 when there is no room
 */
export function embedding(table: usize, ids: usize, rows: i32, n: i32, entries: i32): usize {
  assert(rows > 0 && n > 0 && entries > 0, 'embedding: sizes must be positive')
  assert(inArena(table, entries * n), 'embedding: the table lies outside the arena')
  assert(inArena(ids, (rows + 1) >> 1), 'embedding: the ids lie outside the arena')
  const count = rows * n
  const y = record(forward, backward, count, 0, table, ids, 0, 0, rows, n, entries, 0)
  if (y != 0) at.setWeighs(last)
  return y
}

/** y[t] = table[ids[t]]. Overwrites y. */
function forward(row: usize): void {
  const rows = at.n0(row)
  const bytes = (<usize>at.n1(row)) << 3
  const table = at.a(row)
  const ids = at.b(row)
  let y = at.y(row)
  for (let t = 0; t < rows; t++) {
    const id = load<i32>(ids + ((<usize>t) << 2))
    if (<u32>id >= <u32>at.n2(row)) unreachable()
    const from = table + <usize>id * bytes
    let i: usize = 0
    for (; i + 8 < bytes; i += 16) v128.store(y + i, v128.load(from + i))
    if (i < bytes) store<f64>(y + i, load<f64>(from + i))
    y += bytes
  }
}

/** dtable[ids[t]] += dy[t], t ascending, of the entries this part; a fresh one is zero elsewhere. */
function backward(row: usize): void {
  if (phase == VALUES) return
  const rows = at.n0(row)
  const bytes = (<usize>at.n1(row)) << 3
  const entries = at.n2(row)
  const first = (entries * part) / parts
  const end = (entries * (part + 1)) / parts
  const table = at.a(row) + gap
  const ids = at.b(row)
  let dy = at.y(row) + gap
  if (!adding(row, 0)) memory.fill(table + bytes * first, 0, bytes * (end - first))
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
