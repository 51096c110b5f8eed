/**
 * The smallest language model: a table whose row for a character scores what comes next, and a bias
 * that scores how frequent each character is. Read this first to see what a graph is.
 */
import { Adam, Graph, Random, Tokenizer, loadCore, recordModel } from 'microgpt-wasm'

export interface ExampleResult {
  /** Mean loss of each step, in nats. */
  losses: number[]
  /** Documents that the trained model samples. */
  samples: string[]
}

/** Learns from all documents at once which character follows which, and samples ten documents. */
export async function bigram(docs: readonly string[], steps = 200): Promise<ExampleResult> {
  const tokenizer = Tokenizer.of(docs)
  const { vocabSize, BOS } = tokenizer

  // Every pair of neighbors in the documents: a character, and the one after it.
  const pairs = docs.flatMap((doc) => {
    const ids = tokenizer.encodeDoc(doc)
    return ids.slice(1).map((next, i) => [ids[i]!, next] as const)
  })

  const core = await loadCore()
  const { arena, graph, model } = recordModel(core, (g) => {
    const table = g.param(vocabSize, vocabSize)
    const bias = g.param(vocabSize)
    // The model for training: all pairs at once.
    const seen = g.ids(pairs.length, vocabSize)
    const next = g.ids(pairs.length, vocabSize)
    const loss = g.crossEntropy(g.addRow(g.embedding(table, seen), bias), next)
    // The model for sampling: the same parameters, one character.
    const sampler = new Graph(g.arena)
    const current = sampler.ids(1, vocabSize)
    const scores = sampler.addRow(sampler.embedding(table, current), bias)
    return { seen, next, loss, sampler, current, probabilities: sampler.softmax(scores) }
  })
  const { seen, next, loss, sampler, current, probabilities } = model

  // Parameters are 0 until something is written: small random numbers, from a fixed seed.
  const random = new Random(42, core)
  for (let i = 0; i < arena.params.length; i++) arena.params[i] = random.gauss(0, 0.1)
  seen.set(pairs.map(([id]) => id))
  next.set(pairs.map(([, id]) => id))

  const adam = new Adam(arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })
  const losses = Array.from({ length: steps }, () => {
    graph.forward()
    arena.zeroGrad()
    graph.backward(loss)
    adam.update(0.1)
    return loss.data[0]!
  })

  const samples = Array.from({ length: 10 }, () => {
    const ids: number[] = []
    for (let id = BOS; ids.length < 20; ids.push(id)) {
      current.set([id])
      sampler.forward()
      id = random.choice(probabilities.data)
      if (id === BOS) break
    }
    return tokenizer.decode(ids)
  })
  return { losses, samples }
}
