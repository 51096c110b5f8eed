/**
 * A model between the bigram and the GPT: the last few characters, each as a vector, side by side
 * through one hidden layer (Bengio and others, 2003). No attention: the context is fixed.
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
import type { Ids, Tensor } from '../index.js'
import type { ExampleResult } from './bigram.js'

const CONTEXT = 3
const N_EMBD = 8
const HIDDEN = 64
const BATCH = 64

/** Learns from batches of contexts drawn at random, and invents ten documents. */
export async function mlp(
  docs: readonly string[],
  steps = 1000,
  source?: CoreSource,
): Promise<ExampleResult> {
  const tokenizer = Tokenizer.of(docs)
  const { vocabSize, BOS } = tokenizer

  // Each position of each document: the characters before it, BOS where there are none, and itself.
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

  const core = await loadCore(source)
  const spec = (name: string, nout: number, nin: number, std: number) =>
    ({ name, shape: [nout, nin], std, purpose: '' }) as const
  const specs = [
    spec('wte', vocabSize, N_EMBD, 0.5),
    spec('fc1', HIDDEN, CONTEXT * N_EMBD, 0.2),
    spec('fc2', vocabSize, HIDDEN, 0.1),
  ]
  const arena = new Arena(core, {
    params: specs.reduce((sum, { shape }) => sum + shape[0] * shape[1], 0),
    values: BATCH * (2 * CONTEXT * N_EMBD + 3 * HIDDEN + 4 * vocabSize),
    scratch: 4 * HIDDEN * (CONTEXT * N_EMBD + vocabSize),
    records: 32,
  })
  const random = new Random(42, core)
  initialise(arena.params, specs, random)
  const dict = mapStateDict(arena, specs)
  const w = (name: string) => dict.get(name)!.tensor

  /** Scores for the next character: ids of some contexts, one after another, to [rows, vocab]. */
  const logitsOf = (g: Graph, ids: Ids): Tensor => {
    const vectors = g.embedding(w('wte'), ids) // [rows * CONTEXT, N_EMBD]
    const rows = ids.length / CONTEXT
    const x = g.reshape(vectors, rows, CONTEXT * N_EMBD) // side by side
    return g.linear(g.tanh(g.linear(x, w('fc1'))), w('fc2'))
  }

  const g = new Graph(arena)
  const batch = g.ids(BATCH * CONTEXT, vocabSize)
  const targets = g.ids(BATCH, vocabSize)
  const loss = g.crossEntropy(logitsOf(g, batch), targets)

  const adam = new Adam(arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })
  const losses = Array.from({ length: steps }, (_, step) => {
    const picks = Array.from({ length: BATCH }, () => random.randrange(contexts.length))
    batch.set(picks.flatMap((i) => contexts[i]!))
    targets.set(picks.map((i) => answers[i]!))
    g.forward()
    arena.zeroGrad()
    g.backward(loss)
    adam.update(0.01 * (1 - step / steps))
    return loss.data[0]!
  })

  const one = new Graph(arena)
  const current = one.ids(CONTEXT, vocabSize)
  const probabilities = one.softmax(logitsOf(one, current)).data
  const samples = Array.from({ length: 10 }, () => {
    const ids: number[] = []
    for (let context: number[] = Array(CONTEXT).fill(BOS); ids.length < 20;) {
      current.set(context)
      one.forward()
      const id = random.choice(probabilities)
      if (id === BOS) break
      ids.push(id)
      context = [...context.slice(1), id]
    }
    return tokenizer.decode(ids)
  })
  return { losses, samples }
}
