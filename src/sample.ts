/** One token at a time through the model, over a key/value cache, and the next one drawn. */
import type { Arena, Tensor } from './arena.js'
import type { Config } from './config.js'
import { TrainingError } from './errors.js'
import { Graph } from './graph.js'
import { gpt } from './model.js'
import type { Random } from './random.js'
import type { StateDict } from './state-dict.js'

/** A token that might come next. */
export interface Candidate {
  /** '' for BOS, which ends the text. */
  char: string
  tokenId: number
  probability: number
}

/** The model for the next token of some sequences, each with its own key/value cache. */
export function recordDecoder(
  arena: Arena,
  stateDict: StateDict,
  config: Config,
  vocabSize: number,
  rows: number,
) {
  const { n_embd, n_head, n_layer, block_size } = config
  const g = new Graph(arena)
  const tokens = g.ids(rows, vocabSize)
  const positions = g.ids(rows, block_size)
  const caches = Array.from({ length: n_layer }, () => ({
    keys: g.input(rows * block_size, n_embd),
    values: g.input(rows * block_size, n_embd),
    positions,
  }))
  const inverse = g.input(rows, vocabSize)
  const logits = gpt(g, stateDict, config, tokens, positions, (q, k, v, li) =>
    g.attentionCached(q, k, v, caches[li]!, n_head),
  )
  const probabilities = g.softmax(g.mul(logits, inverse))
  return { graph: g, tokens, positions, inverse: inverse.data, logits, probabilities }
}

/** Some sequences, as recorded. */
type Sequences = ReturnType<typeof recordDecoder>

/**
 * What logits are multiplied with. Temperature 0 stands for greedy and leaves them as they are.
 * Below 1e-250 the likeliest has all the probability already, and a smaller one would overflow.
 */
export const inverseOf = (temperature: number) =>
  temperature === 0 ? 1 : 1 / Math.max(temperature, 1e-250)

/** @throws {TrainingError} when a row of probabilities, by its first number, has overflowed */
export function checkProbabilities(first: number): void {
  // One logit that is not finite makes every probability NaN.
  if (Number.isNaN(first)) {
    throw new TrainingError(
      'the parameters are too large to sample with; try a smaller learning_rate',
    )
  }
}

/** The model for one token, with the keys and values of those before it kept. */
export class Decoder {
  /** One sequence, for sampleDocs: call forget() then. */
  readonly sequence: Sequences
  /** softmax(logits / temperature) after step(), [vocab_size]: a view. */
  readonly probabilities: Float64Array
  /** [vocab_size]: a view. */
  readonly logits: Float64Array
  private owner: object | null = null

  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number) {
    this.sequence = recordDecoder(arena, stateDict, config, vocabSize, 1)
    this.logits = this.sequence.logits.data
    this.probabilities = this.sequence.probabilities.data
  }

  /** Softmax from here on is of logits / temperature. */
  setTemperature(temperature: number): void {
    this.sequence.inverse.fill(inverseOf(temperature))
  }

  /**
   * Runs one token at its position; those before it must have been run.
   * @throws {TrainingError} when the model's numbers overflow
   */
  step(token: number, position: number): void {
    const { graph, tokens, positions } = this.sequence
    tokens.put(0, token)
    positions.put(0, position)
    graph.forward()
    checkProbabilities(this.probabilities[0]!)
  }

  /** Runs the last of some tokens; all of them when someone else has used the cache since. */
  resume(owner: object, tokens: readonly number[]): void {
    const first = this.owner === owner ? tokens.length - 1 : 0
    this.owner = owner
    for (let i = first; i < tokens.length; i++) this.step(tokens[i]!, i)
  }

  /** Makes the next resume() run all its tokens. */
  forget(): void {
    this.owner = null
  }
}

/** The likeliest id; the lowest of equals. */
export function argmax(x: Float64Array): number {
  let best = 0
  for (let i = 1; i < x.length; i++) if (x[i]! > x[best]!) best = i
  return best
}

export interface SampleLimits {
  count: number
  temperature: number
  /** What begins and ends a document. */
  BOS: number
  /** Tokens of a document at the most. */
  block_size: number
}

/**
 * Invents documents. The order of the random draws: one for each sequence that is at work, then one
 * for the next token of each, and so on; where one ends, the next document begins. With one sequence
 * it is microgpt.py's.
 * @returns ids of each document, in the order in which they were begun
 * @throws {TrainingError} when the model's numbers overflow
 */
export function sampleDocs(
  { graph, tokens, positions, inverse, logits, probabilities }: Sequences,
  random: Random,
  { count, temperature, BOS, block_size }: SampleLimits,
): number[][] {
  inverse.fill(inverseOf(temperature))
  const rows = tokens.length
  const vocabSize = logits.count / rows
  const rowsOf = ({ data }: Tensor) =>
    Array.from({ length: rows }, (_, i) => data.subarray(i * vocabSize, (i + 1) * vocabSize))
  const [scores, chances] = [rowsOf(logits), rowsOf(probabilities)]
  const all: number[][] = []
  // A row that has nothing more to do goes on computing, and is looked at no more.
  const atWork: (number[] | null)[] = []
  const begin = (row: number) => {
    const ids = all.length < count ? [] : null
    atWork[row] = ids
    if (ids) all.push(ids)
    tokens.put(row, BOS)
    positions.put(row, 0)
  }
  for (let row = 0; row < rows; row++) begin(row)
  let open = count
  while (open > 0) {
    graph.forward()
    for (let row = 0; row < rows; row++) {
      const ids = atWork[row]
      if (!ids) continue
      checkProbabilities(chances[row]![0]!)
      const token = temperature === 0 ? argmax(scores[row]!) : random.choice(chances[row]!)
      if (token !== BOS) ids.push(token)
      if (token === BOS || ids.length === block_size) {
        open--
        begin(row)
      } else {
        tokens.put(row, token)
        positions.put(row, ids.length)
      }
    }
  }
  return all
}

/** The k likeliest ids with their probabilities among themselves: the likeliest first, then by id. */
export function topCandidates(
  { logits, probabilities }: Decoder,
  k: number,
): { id: number; probability: number }[] {
  const order = Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b)
  const kept = order.slice(0, k)
  const total = kept.reduce((sum, id) => sum + probabilities[id]!, 0)
  return kept.map((id) => ({ id, probability: probabilities[id]! / total }))
}
