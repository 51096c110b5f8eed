/** One token at a time through the model, over a key/value cache, and the next one drawn. */
import type { Arena, Ids } from './arena.js'
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
      'the numbers of the model have grown too large to sample; train it with a smaller learning_rate',
    )
  }
}

/** The model for one token, with the keys and values of those before it kept. */
export class Decoder {
  /** softmax(logits / temperature) after step(), [vocab_size]: a view. */
  readonly probabilities: Float64Array
  /** [vocab_size]: a view. */
  readonly logits: Float64Array
  private readonly graph: Graph
  private readonly token: Ids
  private readonly position: Ids
  private readonly inverse: Float64Array
  private owner: object | null = null

  constructor(arena: Arena, stateDict: StateDict, config: Config, vocabSize: number) {
    const decoder = recordDecoder(arena, stateDict, config, vocabSize, 1)
    this.graph = decoder.graph
    this.token = decoder.tokens
    this.position = decoder.positions
    this.inverse = decoder.inverse
    this.logits = decoder.logits.data
    this.probabilities = decoder.probabilities.data
  }

  /** Softmax from here on is of logits / temperature. */
  setTemperature(temperature: number): void {
    this.inverse.fill(inverseOf(temperature))
  }

  /**
   * Runs one token at its position; those before it must have been run.
   * @throws {TrainingError} when the model's numbers overflow
   */
  step(token: number, position: number): void {
    this.token.put(0, token)
    this.position.put(0, position)
    this.graph.forward()
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

/** One document, drawn as microgpt.py draws it: from BOS until BOS or block_size tokens. */
export function sampleIds(
  decoder: Decoder,
  random: Random,
  config: Config,
  BOS: number,
  temperature: number,
): number[] {
  const ids: number[] = []
  let token = BOS
  for (let position = 0; position < config.block_size; position++) {
    decoder.step(token, position)
    token = temperature === 0 ? argmax(decoder.logits) : random.choice(decoder.probabilities)
    if (token === BOS) break
    ids.push(token)
  }
  return ids
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
