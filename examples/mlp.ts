/**
 * A model between the bigram and the GPT: the last three characters, each as a vector, go through
 * one hidden layer (Bengio and others, 2003). There is no attention: the context has a fixed
 * length.
 */
import { Adam, Graph, Random, Tokenizer, loadCore, recordModel } from 'microgpt-wasm'
import type { ExampleResult } from './bigram.js'

const CONTEXT = 3
const N_EMBD = 8
const HIDDEN = 64
const BATCH = 64

/** Learns from batches of random contexts, and samples ten documents. */
export async function mlp(docs: readonly string[], steps = 1000): Promise<ExampleResult> {
  const tokenizer = Tokenizer.of(docs)
  const { vocabSize, BOS } = tokenizer

  // For each position of each document: the characters before it (BOS where there are none), and
  // the character itself.
  const contexts: number[][] = []
  const answers: number[] = []
  for (const doc of docs) {
    let context: number[] = Array(CONTEXT).fill(BOS)
    for (const id of [...tokenizer.encode(doc), BOS]) {
      contexts.push(context)
      answers.push(id)
      context = [...context.slice(1), id]
    }
  }

  const core = await loadCore()
  const random = new Random(42, core)
  const { arena, graph, model } = recordModel(core, (g) => {
    const wte = g.param(vocabSize, N_EMBD)
    const fc1 = g.param(HIDDEN, CONTEXT * N_EMBD)
    const bias1 = g.param(HIDDEN)
    const fc2 = g.param(vocabSize, HIDDEN)
    const bias2 = g.param(vocabSize)
    /** Records the scores of the next character after each of some contexts: [rows, vocabSize]. */
    const record = (on: Graph, rows: number) => {
      const ids = on.ids(rows * CONTEXT, vocabSize)
      const vectors = on.embedding(wte, ids) // [rows * CONTEXT, N_EMBD]
      const x = on.reshape(vectors, rows, CONTEXT * N_EMBD) // the vectors of a context in a row
      const hidden = on.tanh(on.addRow(on.linear(x, fc1), bias1))
      return { ids, logits: on.addRow(on.linear(hidden, fc2), bias2) }
    }
    const batch = record(g, BATCH)
    const targets = g.ids(BATCH, vocabSize)
    const loss = g.crossEntropy(batch.logits, targets)
    const sampler = new Graph(g.arena)
    const current = record(sampler, 1)
    const probabilities = sampler.softmax(current.logits)
    const weights = [
      [wte, 0.5],
      [fc1, 0.2],
      [fc2, 0.1],
    ] as const
    return { batch, targets, loss, sampler, current, probabilities, weights }
  })
  const { batch, targets, loss, sampler, current, probabilities, weights } = model
  for (const [{ data }, std] of weights) {
    for (let i = 0; i < data.length; i++) data[i] = random.gauss(0, std)
  }

  const adam = new Adam(arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })
  const losses = Array.from({ length: steps }, (_, step) => {
    const picks = Array.from({ length: BATCH }, () => random.randrange(contexts.length))
    batch.ids.set(picks.flatMap((i) => contexts[i]!))
    targets.set(picks.map((i) => answers[i]!))
    graph.forward()
    arena.zeroGrad()
    graph.backward(loss)
    adam.update(0.01 * (1 - step / steps))
    return loss.data[0]!
  })

  const samples = Array.from({ length: 10 }, () => {
    const ids: number[] = []
    for (let context: number[] = Array(CONTEXT).fill(BOS); ids.length < 20;) {
      current.ids.set(context)
      sampler.forward()
      const id = random.choice(probabilities.data)
      if (id === BOS) break
      ids.push(id)
      context = [...context.slice(1), id]
    }
    return tokenizer.decode(ids)
  })
  return { losses, samples }
}
