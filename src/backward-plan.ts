/** Which op is the first to write each gradient on the way back, and which ones no op sets. */
import type { Tensor } from './arena.js'

export interface Span {
  address: number
  count: number
}

export interface BackwardPlan {
  /** For each op, bit i: it sets the gradient of its input i instead of adding to it. */
  masks: number[]
  /** Gradients to clear before. */
  clear: Span[]
}

const overlap = (a: Span, b: Span) =>
  a.address < b.address + 8 * b.count && b.address < a.address + 8 * a.count
const equal = (a: Span, b: Span) => a.address === b.address && a.count === b.count

/**
 * Clearing all gradients before they are added to took a tenth of a step; so the op that comes to
 * one first sets it.
 * @param inputs tensors that each op reads, in the order of recording
 * @param y where the way back begins: its gradient is there already
 * @param values tensors whose gradients are to be those of this walk alone; what else the ops read
 *   is added to
 */
export function planBackward(
  inputs: readonly (readonly Tensor[])[],
  y: Tensor,
  values: readonly Span[],
): BackwardPlan {
  const known = new Map(values.map((value) => [value.address, value]))
  const all = [y, ...inputs.flat()]
  // What overlaps with something that is not the same: parts of it are written at different times.
  const shared = (x: Span) => all.some((other) => overlap(other, x) && !equal(other, x))
  const written = new Set([y.address])
  const masks = inputs.map(() => 0)
  for (let i = inputs.length - 1; i >= 0; i--) {
    inputs[i]!.forEach((x, bit) => {
      const value = known.get(x.address)
      if (!value || written.has(x.address) || !equal(value, x) || shared(x)) return
      written.add(x.address)
      masks[i]! |= 1 << bit
    })
  }
  const clear = values.filter((value) => !written.has(value.address) || shared(value))
  return { masks, clear }
}

/** What of a span some others leave free. */
export function gaps(span: Span, others: readonly Span[]): Span[] {
  const free: Span[] = []
  const end = span.address + 8 * span.count
  let at = span.address
  const sorted = [...others].sort((a, b) => a.address - b.address)
  for (const { address, count } of [...sorted, { address: end, count: 0 }]) {
    if (address > at) free.push({ address: at, count: (address - at) / 8 })
    at = Math.max(at, address + 8 * count)
  }
  return free
}
