/**
 * The one sampler. Where to begin, when to stop and how to draw are data: a SamplingPolicy. It is
 * used for documents and long texts, for one sequence or many, on the core and on the reference
 * engines.
 */
import type { Random } from '../random.js'

/** A model's output for the next token of a sequence. */
export interface NextToken {
  /** [vocab_size] */
  readonly logits: ArrayLike<number>
  /** softmax(logits / temperature), [vocab_size] */
  readonly probabilities: ArrayLike<number>
}

/** A model that computes the next token of one or more sequences, and remembers their pasts. */
export interface Sequences {
  readonly rows: readonly NextToken[]
  /** 0 is greedy; probabilities are then not used. */
  setTemperature(temperature: number): void
  /** Sets the token and position of a row for the next run. Position 0 begins a new sequence. */
  feed(row: number, token: number, position: number): void
  /** Computes the logits and probabilities of every row. */
  run(): void
}

export interface SamplingPolicy {
  /** Ids before the first draw; at least one. */
  start: readonly number[]
  /** The id that ends a sequence, or null. */
  stop: number | null
  /** An id that is never drawn, or null. */
  banned: number | null
  /** Largest number of ids of a sequence, not counting its start. */
  length: number
  /** 0 takes the most likely id, without a random draw. */
  temperature: number
  /** Draw only among this many of the most likely ids; default: all. */
  topK?: number
}

/** A possible next id. */
export interface RankedId {
  id: number
  probability: number
}

/** The index of the largest number; the lowest index if several are equal. */
export function argmax(x: ArrayLike<number>): number {
  let best = 0
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i
  return best
}

/**
 * The ids that a policy allows, the most likely first, with probabilities that sum to 1.
 * @param exp the exponential to use: the core's, if the bits must agree on every machine
 */
export function rankIds(
  { logits, probabilities }: NextToken,
  { banned, topK, temperature }: Pick<SamplingPolicy, 'banned' | 'topK' | 'temperature'>,
  exp: (x: number) => number,
): RankedId[] {
  const allowed = Array.from(logits, (_, id) => id).filter((id) => id !== banned)
  const ranked = allowed.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK)
  const normalize = (weights: readonly number[]): RankedId[] => {
    const total = weights.reduce((sum, weight) => sum + weight, 0)
    return ranked.map((id, i) => ({ id, probability: weights[i]! / total }))
  }
  const top = ranked[0]!
  if (probabilities[top]! > 0) return normalize(ranked.map((id) => probabilities[id]!))
  // The banned id has all the probability: compute the others relative to the most likely of them.
  const scale = 1 / Math.max(temperature, 1e-250)
  return normalize(ranked.map((id) => exp((logits[id]! - logits[top]!) * scale)))
}

/**
 * Draws one id among ranked candidates.
 * @returns its index
 */
export const drawRanked = (
  ranked: readonly RankedId[],
  { temperature }: Pick<SamplingPolicy, 'temperature'>,
  random: Random,
): number => (temperature === 0 ? 0 : random.choice(ranked.map(({ probability }) => probability)))

/**
 * Samples whole sequences that begin with the first id of the policy's start. Each round draws one
 * id for every sequence in progress; when a sequence ends, the next begins in its row. With one row
 * the order of the draws is that of microgpt.py.
 * @returns the ids of each sequence, in the order in which they began
 */
export function sampleSequences(
  model: Sequences,
  random: Random,
  { start, stop, length, temperature }: SamplingPolicy,
  count: number,
): number[][] {
  model.setTemperature(temperature)
  const { rows } = model
  const all: number[][] = []
  // A row without a sequence is still computed, but ignored.
  const inProgress: (number[] | null)[] = []
  const begin = (row: number) => {
    const ids = all.length < count ? [] : null
    inProgress[row] = ids
    if (ids) all.push(ids)
    model.feed(row, start[0]!, 0)
  }
  for (let row = 0; row < rows.length; row++) begin(row)
  let open = count
  while (open > 0) {
    model.run()
    for (let row = 0; row < rows.length; row++) {
      const ids = inProgress[row]
      if (!ids) continue
      const { logits, probabilities } = rows[row]!
      const token = temperature === 0 ? argmax(logits) : random.choice(probabilities)
      if (token !== stop) ids.push(token)
      if (token === stop || ids.length === length) {
        open--
        begin(row)
      } else {
        model.feed(row, token, ids.length)
      }
    }
  }
  return all
}
