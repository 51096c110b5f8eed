/**
 * A GPT that writes dates, recorded by hand: the package's model on your own graph, with a
 * batch of whole documents. MicroGPT.create does the same for any documents, and more besides.
 */
import {
  Adam,
  Graph,
  Random,
  Tokenizer,
  gpt,
  gptTable,
  initialise,
  learningRate,
  loadCore,
  mapStateDict,
  recordModel,
  resolveConfig,
} from 'microgpt-wasm'
import type { ExampleResult } from './bigram.js'

const BATCH = 16
/** A date such as 2024-02-29 has ten characters; with BOS before it there are eleven inputs. */
const ROWS = 11

/** Every day from 2000 to 2029, as an ISO date. */
export const days = Array.from({ length: 10_958 }, (_, i) =>
  new Date(Date.UTC(2000, 0, 1 + i)).toISOString().slice(0, 10),
)

/** Learns the calendar, and samples twenty dates. */
export async function dates(steps = 1000): Promise<ExampleResult> {
  const tokenizer = Tokenizer.of(days)
  const { vocabSize, BOS } = tokenizer
  const config = resolveConfig('gist', { n_embd: 32, block_size: ROWS, num_steps: steps })
  const table = gptTable(config, vocabSize)

  const core = await loadCore()
  const random = new Random(42, core)
  const { arena, graph, model } = recordModel(core, (g) => {
    const stateDict = mapStateDict(g.arena, table)
    /** Records the model for some documents of ROWS tokens each, packed one after the other. */
    const record = (on: Graph, docs: number) => {
      const tokens = on.ids(docs * ROWS, vocabSize)
      const positions = on.ids(docs * ROWS, ROWS)
      positions.set(Array.from({ length: docs * ROWS }, (_, row) => row % ROWS))
      const bounds = on.bounds(docs * ROWS, docs, ROWS)
      bounds.set(Array(docs).fill(ROWS))
      const logits = gpt(on, stateDict, config, tokens, positions, { bounds })
      return { tokens, bounds, logits }
    }
    const batch = record(g, BATCH)
    const targets = g.ids(BATCH * ROWS, vocabSize)
    const loss = g.mean(g.crossEntropy(batch.logits, targets, batch.bounds))
    const sampler = new Graph(g.arena)
    const one = record(sampler, 1)
    return { batch, targets, loss, sampler, one, probabilities: sampler.softmax(one.logits) }
  })
  const { batch, targets, loss, sampler, one, probabilities } = model
  initialise(arena.params, table, random)

  const adam = new Adam(arena, config)
  const losses = Array.from({ length: steps }, (_, step) => {
    const docs = Array.from({ length: BATCH }, () =>
      tokenizer.encodeDoc(days[random.randrange(days.length)]!),
    )
    batch.tokens.set(docs.flatMap((ids) => ids.slice(0, -1)))
    targets.set(docs.flatMap((ids) => ids.slice(1)))
    graph.forward()
    arena.zeroGrad()
    graph.backward(loss)
    adam.update(learningRate(config, step, core.cos))
    return loss.data[0]!
  })

  // Attention is causal: what the rows after the current one hold does not matter.
  const samples = Array.from({ length: 20 }, () => {
    const ids: number[] = []
    one.tokens.put(0, BOS)
    for (let row = 0; row < ROWS; row++) {
      sampler.forward()
      const id = random.choice(probabilities.data.subarray(row * vocabSize, (row + 1) * vocabSize))
      if (id === BOS) break
      ids.push(id)
      if (row + 1 < ROWS) one.tokens.put(row + 1, id)
    }
    return tokenizer.decode(ids)
  })
  return { losses, samples }
}
