/** The GPT as a whole: gradcheck, the cache against the full pass, and the memory plan. */
import { describe, expect, test } from 'vitest'
import {
  Arena,
  type ConfigInput,
  Graph,
  GraphError,
  MicroGPT,
  Tokenizer,
  loadCore,
} from '../src/index.js'
import {
  gpt as recordGPT,
  gptTable,
  mapStateDict,
  planBytes,
  planGPT,
  resolveConfig,
} from '../src/index.js'
import { Decoder } from '../src/gpt/decoder.js'
import { SerialExecutor } from '../src/engine/executor.js'
import { microBatchRows } from '../src/gpt/cut-batch.js'
import { MAX_GRAPHS, Trainer } from '../src/gpt/train.js'
import { BUILDS, moduleOf } from './helpers/cores.js'

const docs = ['ab', 'bcd', 'aa', 'dcbaabcd', 'c', 'éa']
const SHAPES: ConfigInput[] = [
  { n_embd: 4, n_head: 1, n_layer: 1, block_size: 3, activation: 'relu' },
  { n_embd: 6, n_head: 3, n_layer: 2, block_size: 5, activation: 'relu2' },
  { n_embd: 15, n_head: 5, n_layer: 3, block_size: 7, activation: 'relu' },
  { n_embd: 1, n_head: 1, n_layer: 1, block_size: 1, activation: 'relu2' },
]
const spread = { init_std: 0.3, zero_init_projections: false }

describe.each(BUILDS)('%s build', (build) => {
  const create = (config: ConfigInput) =>
    MicroGPT.create({ docs, config: { ...config, ...spread }, core: moduleOf(build) })

  test.each(SHAPES)('gradcheck of the whole model: %o', async (shape) => {
    const gpt = await create({ ...shape, learning_rate: 0 })
    for (let i = 0; i < docs.length; i++) {
      for (const _step of gpt.train({ steps: 1 })) continue
      const doc = [gpt.docs[i]!]
      let offset = 0
      for (const { grad, data } of gpt.stateDict.values()) {
        const j = (7 * i + 3) % data.length
        const x = data[j]!
        const at = (value: number) => {
          gpt.params[offset + j] = value
          return gpt.loss(doc)
        }
        const slope = (at(x + 1e-5) - at(x - 1e-5)) / 2e-5
        at(x)
        expect(Math.abs(slope - grad[j]!)).toBeLessThan(1e-6)
        offset += data.length
      }
    }
  })

  test.each(SHAPES)('one token at a time gives the bits of the full pass: %o', async (shape) => {
    const gpt = await create(shape)
    // Greedy probabilities of a document's characters, one by one, against its loss.
    const doc = 'bcd'
    const want = gpt.loss([doc])
    const { BOS } = gpt.tokenizer
    const ids = [BOS, ...gpt.tokenizer.encode(doc), BOS]
    const config = gpt.config
    const core = await loadCore(moduleOf(build))
    const arena = new Arena(core, planGPT(core, config, gpt.tokenizer.vocabSize))
    const stateDict = mapStateDict(arena, gptTable(config, gpt.tokenizer.vocabSize))
    arena.params.set(gpt.params)
    const decoder = new Decoder(arena, stateDict, config, gpt.tokenizer.vocabSize)
    const n = Math.min(config.block_size, ids.length - 1)
    let total = 0
    for (let t = 0; t < n; t++) {
      decoder.feed(0, ids[t]!, t)
      decoder.run()
      const logits = Array.from(decoder.rows[0]!.logits)
      const top = Math.max(...logits)
      const sum = logits.reduce((s, x) => s + core.exp(x - top), 0)
      total += core.log(sum) - (logits[ids[t + 1]!]! - top)
    }
    expect((1 / n) * total).toBe(want)
  })

  test('more lengths of documents than stored graphs', async () => {
    const config = { n_embd: 4, n_head: 2, block_size: MAX_GRAPHS + 8, ...spread }
    const long = Array.from({ length: MAX_GRAPHS + 8 }, (_, i) => 'ab'.repeat(i).slice(0, i + 1))
    const gpt = await MicroGPT.create({ docs: long, config, core: moduleOf(build) })
    const once = long.map((doc) => gpt.loss([doc]))
    expect(long.toReversed().map((doc) => gpt.loss([doc]))).toEqual(once.toReversed())
  })
})

describe('the memory plan', () => {
  test.each(SHAPES)('is what a model takes, to the number: %o', async (shape) => {
    const config = resolveConfig('tutorial', shape)
    const { vocabSize, BOS } = Tokenizer.of(docs)
    const core = await loadCore(moduleOf('debug'))
    const plan = planGPT(core, config, vocabSize)
    const arena = new Arena(core, plan)
    const stateDict = mapStateDict(arena, gptTable(config, vocabSize))
    const decoder = new Decoder(arena, stateDict, config, vocabSize)
    const pass = new Trainer(arena, stateDict, config, vocabSize, new SerialExecutor(arena))
    decoder.feed(0, BOS, 0)
    decoder.run()
    // As many graphs as are kept, the last one of the largest micro-batch: one row per document.
    const rows = microBatchRows(config)
    const short = [BOS, BOS]
    for (let n = 1; n < MAX_GRAPHS; n++) pass.forward(Array.from({ length: n }, () => short))
    pass.forward(Array.from({ length: rows }, () => short))
    expect(() => arena.alloc([1])).toThrow('the arena is full')
    expect(arena.core.tapeLength()).toBe(plan.records)
    const { total } = planBytes(plan)
    const size = arena.core.memory.buffer.byteLength
    expect(size).toBeGreaterThanOrEqual(total)
    expect(size).toBeLessThan(total + 2 * 65536)
  })

  test.each(SHAPES)('has the scratch that the checks of Graph ask for: %o', async (shape) => {
    const config = resolveConfig('tutorial', shape)
    const { vocabSize } = Tokenizer.of(docs)
    const core = moduleOf('debug')
    const plan = planGPT(await loadCore(core), config, vocabSize)
    const record = async (scratch: number) => {
      const arena = new Arena(await loadCore(core), { ...plan, scratch })
      const stateDict = mapStateDict(arena, gptTable(config, vocabSize))
      const g = new Graph(arena)
      const rows = microBatchRows(config)
      const bounds = g.bounds(rows, rows, config.block_size)
      const [tokens, positions] = [g.ids(rows, vocabSize), g.ids(rows, config.block_size)]
      const logits = recordGPT(g, stateDict, config, tokens, positions, { bounds })
      g.crossEntropy(logits, g.ids(rows, vocabSize), bounds)
    }
    await record(plan.scratch)
    await expect(record(plan.scratch - 2)).rejects.toBeInstanceOf(GraphError)
  })

  test('a model beyond 4 GiB is rejected, with its parameters and bytes', async () => {
    const config = { n_embd: 768, n_head: 12, n_layer: 12, block_size: 1024 }
    const create = MicroGPT.create({ docs, config, core: moduleOf('release') })
    await expect(create).rejects.toThrow(/^\d+ parameters need [\d.]+ GiB of memory/)
  })
})
