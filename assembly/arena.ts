/**
 * The map of linear memory. It is reserved once and never grows, so views on it stay valid.
 *
 *     base                          base + gap
 *      |                             |
 *      v                             v
 *      +------------+----------------+------------+----------------+-----+-----+---------+------+
 *      | parameters | values         | gradients: the same map      |  m  |  v  | scratch | tape |
 *      +------------+----------------+------------+----------------+-----+-----+---------+------+
 *                   ^ alloc ->                                      parameters' length each
 *
 * The gradient of the number at address p is at p + gap, for parameters and values alike.
 * A count is in float64 numbers; an address is in bytes, a multiple of 16 for all that alloc gives.
 */

const PAGE: u64 = 65536
const MAX_PAGES: u64 = 65536
/** Kernels read whole vectors past the last column; this much stays readable behind everything. */
const TAIL: u64 = 64

/** Bytes of a tape record. */
export const RECORD: u32 = 64

/** Distance in bytes from a number to its gradient. */
export let gap: usize = 0
/** First byte of the parameters, and of the arena. */
export let base: usize = 0
/** Parameters in the arena. */
export let numParams: u32 = 0
/** Adam's first and second moments. */
export let moment1: usize = 0
export let moment2: usize = 0
/** Room for what an op needs only while it runs. */
export let scratch: usize = 0
/** First byte of the tape, and the one behind it. */
export let tapeStart: usize = 0
export let tapeLimit: usize = 0

let top: usize = 0
let limit: usize = 0


@inline
function even(count: u32): u64 {
  return ((<u64>count + 1) & ~1) << 3
}

/**
 * Lays out the arena and takes the memory for it; once in a module's life.
 * @param params numbers that Adam updates
 * @param values further numbers that have a gradient: activations, constants, token ids
 * @param work numbers of scratch
 * @param records length of the tape
 * @returns the address of the parameters, or 0 when the memory cannot be had
 */
export function reserve(params: u32, values: u32, work: u32, records: u32): usize {
  assert(base == 0, 'reserve: the arena is reserved already')
  const start = (<u64>__heap_base + 63) & ~63
  const span = even(params) + even(values)
  const moments = start + 2 * span
  const work0 = moments + 2 * even(params)
  const tape0 = (work0 + even(work) + 63) & ~63
  const end = tape0 + <u64>records * RECORD
  const pages = (end + TAIL + PAGE - 1) / PAGE
  if (pages > MAX_PAGES) return 0
  const missing = <i32>pages - memory.size()
  if (missing > 0 && memory.grow(missing) < 0) return 0
  base = <usize>start
  numParams = params
  gap = <usize>span
  top = <usize>(start + even(params))
  limit = <usize>(start + span)
  moment1 = <usize>moments
  moment2 = <usize>(moments + even(params))
  scratch = <usize>work0
  tapeStart = <usize>tape0
  tapeLimit = <usize>end
  return base
}

/** Takes count numbers from the values. Returns their address, or 0 when there is no room. */
export function alloc(count: u32): usize {
  const bytes = even(count)
  if (bytes > <u64>(limit - top)) return 0
  const address = top
  top += <usize>bytes
  return address
}

/** Where the next alloc begins; give it to release to take back all that was allocated since. */
export function mark(): usize {
  return top
}

/** Takes back every alloc since the mark. */
export function release(to: usize): void {
  assert(to > base && to <= top, 'release: not a mark of this arena')
  top = to
}

/** Distance in bytes from a number to its gradient. */
export function gradientGap(): usize {
  return gap
}

/** The address of Adam's first moments; the second ones lie behind them, at + 8 * even(params). */
export function moments(): usize {
  return moment1
}

/** Sets the gradients of count numbers at an address to zero. */
export function zeroGrad(address: usize, count: u32): void {
  assert(inArena(address, count), 'zeroGrad: out of the arena')
  memory.fill(address + gap, 0, (<usize>count) << 3)
}

/** Whether count numbers at an address lie among the parameters and values. */
export function inArena(address: usize, count: u32): bool {
  return address >= base && base != 0 && <u64>address + ((<u64>count) << 3) <= <u64>limit
}

/** Whether count numbers of scratch exist. */
export function inScratch(count: u32): bool {
  return <u64>scratch + ((<u64>count) << 3) <= <u64>tapeStart
}

/** Takes bytes, a multiple of RECORD, off the end of an empty tape. Returns their address. */
export function takeTail(bytes: u32): usize {
  tapeLimit -= bytes
  return tapeLimit
}

/** Writes the map to an address, 36 bytes of it, for other instances on the same memory. */
export function describe(to: usize): void {
  store<usize>(to, base)
  store<usize>(to, gap, 4)
  store<u32>(to, numParams, 8)
  store<usize>(to, moment1, 12)
  store<usize>(to, moment2, 16)
  store<usize>(to, scratch, 20)
  store<usize>(to, tapeStart, 24)
  store<usize>(to, tapeLimit, 28)
  store<usize>(to, limit, 32)
}

/** Takes over a map that another instance on the same memory has described; it allocates nothing. */
export function adopt(from: usize): void {
  base = load<usize>(from)
  gap = load<usize>(from, 4)
  numParams = load<u32>(from, 8)
  moment1 = load<usize>(from, 12)
  moment2 = load<usize>(from, 16)
  scratch = load<usize>(from, 20)
  tapeStart = load<usize>(from, 24)
  tapeLimit = load<usize>(from, 28)
  limit = load<usize>(from, 32)
}

/** Takes the index-th of count equal parts of the scratch for this instance's own. */
export function shareScratch(index: u32, count: u32): void {
  const bytes = (<u32>(tapeStart - scratch) / count) & ~15
  scratch += bytes * index
}
