/**
 * The smallest language model: one table, whose row for a character scores what comes next. It is
 * written on the same tape as the GPT; read it first to see what a graph is.
 */
import type { CoreSource } from '../engine/core.js'
import {
  Adam,
  Arena,
  Graph,
  Random,
  Tokenizer,
  initialise,
  loadCore,
  mapStateDict,
} from '../index.js'

export interface ExampleResult {
  /** Mean loss of each step. */
  losses: number[]
  /** Documents that the model invents. */
  samples: string[]
}

/** Learns which character follows which from all documents at once, and invents ten of its own. */
export async function bigram(
  docs: readonly string[],
  steps = 200,
  source?: CoreSource,
): Promise<ExampleResult> {
  const tokenizer = Tokenizer.of(docs)
  const { vocabSize, BOS } = tokenizer

  // Every pair of neighbours in the documents: what is seen, and what follows it.
  const pairs = docs.flatMap((doc) => {
    const ids = tokenizer.encodeDoc(doc)
    return ids.slice(1).map((next, i) => [ids[i]!, next] as const)
  })
  const rows = pairs.length

  // One matrix of parameters, in an arena with room for the rows' logits and probabilities.
  const core = await loadCore(source)
  const table = [{ name: 'table', shape: [vocabSize, vocabSize], std: 0.1, purpose: '' }] as const
  const arena = new Arena(core, {
    params: vocabSize * vocabSize,
    values: rows * (2 * vocabSize + 2) + 2 * vocabSize + 64,
    scratch: vocabSize,
    records: 8,
  })
  const random = new Random(42, core)
  initialise(arena.params, table, random)
  const weights = mapStateDict(arena, table).get('table')!.tensor

  // Recorded once: logits = table[seen], and how well they foresee what follows.
  const g = new Graph(arena)
  const seen = g.ids(rows, vocabSize)
  const next = g.ids(rows, vocabSize)
  seen.set(pairs.map(([id]) => id))
  next.set(pairs.map(([, id]) => id))
  const loss = g.crossEntropy(g.embedding(weights, seen), next)

  const adam = new Adam(arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })
  const losses = Array.from({ length: steps }, () => {
    g.forward()
    arena.zeroGrad()
    g.backward(loss)
    adam.update(0.1)
    return loss.data[0]!
  })

  // A second graph: the probabilities after one character.
  const one = new Graph(arena)
  const current = one.ids(1, vocabSize)
  const probabilities = one.softmax(one.embedding(weights, current)).data
  const samples = Array.from({ length: 10 }, () => {
    const ids: number[] = []
    for (let id = BOS; ids.length < 20; ids.push(id)) {
      current.set([id])
      one.forward()
      id = random.choice(probabilities)
      if (id === BOS) break
    }
    return tokenizer.decode(ids)
  })
  return { losses, samples }
}
