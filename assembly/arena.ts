/**
 * The layout of linear memory. It is reserved once and never grows, so views on it stay valid.
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
 * Counts are in float64 numbers. Addresses are in bytes; those from alloc are multiples of 16.
 *
 * How much memory a model needs is not computed by a formula: its ops are recorded once while
 * `counting` is on, which takes no memory and adds up what they ask for. Counts are f64, exact to
 * 2^53, so that models far beyond 4 GiB can be counted, too.
 */
import { OpRecord } from './op-record'

const PAGE: u64 = 65536
const MAX_PAGES: u64 = 65536
/** Kernels read whole vectors past the last column; this many bytes are readable after the end. */
const TAIL: u64 = 64

/** Bytes of a tape record. */
export const RECORD: u32 = offsetof<OpRecord>()

/** Distance in bytes from a number to its gradient. */
export let gap: usize = 0
/** First byte of the parameters, and of the arena. */
export let base: usize = 0
/** Number of parameters in the arena. */
export let numParams: u32 = 0
/** Adam's first and second moments. */
export let moment1: usize = 0
export let moment2: usize = 0
/** Memory that an op needs only while it runs. */
export let scratch: usize = 0
/** First byte of the tape, and the first byte after it. */
export let tapeStart: usize = 0
export let tapeLimit: usize = 0

let top: usize = 0
let limit: usize = 0

/** True while alloc and record only count. */
export let counting: bool = false
let countedValues: f64 = 0
let countedRecords: f64 = 0
let countedScratch: f64 = 0

/** The address that alloc returns while counting: not 0, and nothing is read or written there. */
const COUNTED_ADDRESS: usize = 16


@inline
function bytesOf(count: f64): u64 {
  return ((<u64>count + 1) & ~1) << 3
}

/**
 * Lays out the arena and takes the memory for it; once per instance.
 * @param params numbers that Adam updates
 * @param values further numbers that have a gradient: activations, constants, token ids
 * @param work numbers of scratch
 * @param records length of the tape
 * @returns the address of the parameters, or 0 if there is not enough memory
 */
export function reserve(params: u32, values: u32, work: u32, records: u32): usize {
  assert(base == 0, 'reserve: the arena is reserved already')
  const start = (<u64>__heap_base + 63) & ~63
  const span = bytesOf(params) + bytesOf(values)
  const moments = start + 2 * span
  const work0 = moments + 2 * bytesOf(params)
  const tape0 = (work0 + bytesOf(work) + 63) & ~63
  const end = tape0 + <u64>records * RECORD
  const pages = (end + TAIL + PAGE - 1) / PAGE
  if (pages > MAX_PAGES) return 0
  const missing = <i32>pages - memory.size()
  if (missing > 0 && memory.grow(missing) < 0) return 0
  base = <usize>start
  numParams = params
  gap = <usize>span
  top = <usize>(start + bytesOf(params))
  limit = <usize>(start + span)
  moment1 = <usize>moments
  moment2 = <usize>(moments + bytesOf(params))
  scratch = <usize>work0
  tapeStart = <usize>tape0
  tapeLimit = <usize>end
  return base
}

/** Takes count numbers from the values. Returns their address, or 0 if there is no room. */
export function alloc(count: f64): usize {
  const bytes = bytesOf(count)
  if (counting) {
    countedValues += <f64>(bytes >> 3)
    return COUNTED_ADDRESS
  }
  if (bytes > <u64>(limit - top)) return 0
  const address = top
  top += <usize>bytes
  return address
}

/** Where the next alloc begins. Pass it to release to free everything allocated since. */
export function mark(): usize {
  return top
}

/** Frees every alloc since the mark. */
export function release(to: usize): void {
  assert(to > base && to <= top, 'release: not a mark of this arena')
  top = to
}

/** Begins to count from zero. Until endCounting, alloc and record take no memory. */
export function beginCounting(): void {
  counting = true
  countedValues = 0
  countedRecords = 0
  countedScratch = 0
}

/** Ends counting. The three counts can still be read. */
export function endCounting(): void {
  counting = false
}

/** Counts one record, and the scratch it needs: the largest need counts. */
export function countRecord(work: u64): void {
  countedRecords += 1
  countedScratch = max(countedScratch, <f64>work)
}

/** Numbers allocated while counting, each count rounded up to even. */
export function valuesCounted(): f64 {
  return countedValues
}

/** Number of records made while counting. */
export function recordsCounted(): f64 {
  return countedRecords
}

/** The largest scratch of a record made while counting. */
export function scratchCounted(): f64 {
  return countedScratch
}

/** Distance in bytes from a number to its gradient. */
export function gradientGap(): usize {
  return gap
}

/** The address of Adam's first moments; the second ones follow at + 8 * even(params). */
export function moments(): usize {
  return moment1
}

/** Sets the gradients of count numbers at an address to zero. */
export function zeroGrad(address: usize, count: u32): void {
  assert(inArena(address, count), 'zeroGrad: outside the arena')
  memory.fill(address + gap, 0, (<usize>count) << 3)
}

/** Whether count numbers at an address are parameters or values; always true while counting. */
export function inArena(address: usize, count: u32): bool {
  if (counting) return true
  return address >= base && base != 0 && <u64>address + ((<u64>count) << 3) <= <u64>limit
}

/** Whether the arena has count numbers of scratch. */
export function inScratch(count: u64): bool {
  return <u64>scratch + (count << 3) <= <u64>tapeStart
}

/** Takes bytes, a multiple of RECORD, from the end of an empty tape. Returns their address. */
export function takeTail(bytes: u32): usize {
  tapeLimit -= bytes
  return tapeLimit
}

/** The layout, for another instance on the same memory. */
@unmanaged
export class ArenaMap {
  base: usize
  gap: usize
  numParams: u32
  moment1: usize
  moment2: usize
  scratch: usize
  tapeStart: usize
  tapeLimit: usize
  limit: usize
}

/** Writes this instance's layout. */
export function writeMap(map: ArenaMap): void {
  map.base = base
  map.gap = gap
  map.numParams = numParams
  map.moment1 = moment1
  map.moment2 = moment2
  map.scratch = scratch
  map.tapeStart = tapeStart
  map.tapeLimit = tapeLimit
  map.limit = limit
}

/** Uses the layout that another instance on the same memory has written. */
export function useMap(map: ArenaMap): void {
  base = map.base
  gap = map.gap
  numParams = map.numParams
  moment1 = map.moment1
  moment2 = map.moment2
  scratch = map.scratch
  tapeStart = map.tapeStart
  tapeLimit = map.tapeLimit
  limit = map.limit
}

/** Gives this instance the index-th of count equal parts of the scratch. */
export function splitScratch(index: u32, count: u32): void {
  const bytes = (<u32>(tapeStart - scratch) / count) & ~15
  scratch += bytes * index
}
