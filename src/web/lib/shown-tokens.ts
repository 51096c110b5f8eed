/** The tokens that a picture with few columns shows of a large vocabulary. */

interface Predictions {
  /** The tokens at the positions, and the one that comes after them. */
  tokens: readonly string[]
  /** The vocabulary in the order of the ids; BOS is ''. */
  chars: readonly string[]
  rows: number
  /** [rows, vocab_size]. */
  probabilities: Float64Array
}

/**
 * The ids of at most `most` tokens, in ascending order: those that come next, as far as there is
 * room, and then those with the largest probability at any position.
 */
export function shownTokens(
  { tokens, chars, rows, probabilities }: Predictions,
  most: number,
): number[] {
  const V = chars.length
  if (V <= most) return Array.from(chars.keys())
  const ids = new Map(chars.map((char, id) => [char, id]))
  const score = new Float64Array(V)
  probabilities.forEach((p, i) => (score[i % V] = Math.max(score[i % V]!, p)))
  for (let t = 0; t < rows; t++) {
    const id = ids.get(tokens[t + 1]!)
    // More than any probability.
    if (id !== undefined) score[id]! += 1
  }
  const order = Array.from(score.keys()).sort((a, b) => score[b]! - score[a]! || a - b)
  return order.slice(0, most).sort((a, b) => a - b)
}
