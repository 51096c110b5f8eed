/** Which gradients each op's backward overwrites, and which must be cleared first. */
import type { Tensor } from './tensor.js'

export interface Span {
  address: number
  count: number
}

export interface BackwardPlan {
  /** For each op, bit i set: it adds to the gradient of its input i; otherwise it overwrites it. */
  masks: number[]
  /** Gradients to set to zero first. */
  clear: Span[]
}

const ACCUMULATE_ALL = -1
const endOf = ({ address, count }: Span) => address + 8 * count

/**
 * Clearing all gradients before adding to them took a tenth of a step. Instead, the op that reaches
 * a gradient first, counted from the end, overwrites it.
 * @param inputs tensors that each op reads, in recording order
 * @param y where backward begins: its gradient is already set
 * @param values tensors whose gradients are overwritten; those of other inputs are added to
 */
export function planBackward(
  inputs: readonly (readonly Tensor[])[],
  y: Tensor,
  values: readonly Span[],
): BackwardPlan {
  const known = new Map(values.map((value) => [value.address, value]))
  const partial = overlapping([y, ...inputs.flat(), ...values])
  const written = new Set([y.address])
  const masks = inputs.map(() => ACCUMULATE_ALL)
  for (let i = inputs.length - 1; i >= 0; i--) {
    inputs[i]!.forEach((x, bit) => {
      const value = known.get(x.address)
      if (!value || written.has(x.address) || partial.has(x.address)) return
      written.add(x.address)
      masks[i]! &= ~(1 << bit)
    })
  }
  const clear = values.filter(({ address }) => !written.has(address) || partial.has(address))
  return { masks, clear }
}

/**
 * Addresses of spans that overlap another span without being equal to it: their parts are written
 * at different times. After sorting, it is enough to compare with the span that ends last so far.
 */
function overlapping(spans: readonly Span[]): Set<number> {
  const found = new Set<number>()
  const sorted = [...spans].sort((a, b) => a.address - b.address || b.count - a.count)
  let farthest = sorted[0]!
  for (const span of sorted) {
    const equal = span.address === farthest.address && span.count === farthest.count
    if (!equal && span.address < endOf(farthest)) {
      found.add(span.address)
      found.add(farthest.address)
    }
    if (endOf(span) > endOf(farthest)) farthest = span
  }
  return found
}

/** The parts of a span that other spans do not cover. */
export function gaps(span: Span, others: readonly Span[]): Span[] {
  const free: Span[] = []
  const end = endOf(span)
  let at = span.address
  const sorted = [...others].sort((a, b) => a.address - b.address)
  for (const { address, count } of [...sorted, { address: end, count: 0 }]) {
    if (address > at) free.push({ address: at, count: (address - at) / 8 })
    at = Math.max(at, address + 8 * count)
  }
  return free
}
