/** Several documents per step: the mean of the single ones, for any micro-batches. */
import { describe, expect, test } from 'vitest'
import { Adam, Arena, MicroGPT, Tokenizer, loadCore } from '../src/index.js'
import { gptTable, mapStateDict, parseDocs, planGPT, resolveConfig } from '../src/index.js'
import { NAMES } from '../src/data/names.js'
import { microBatchRows } from '../src/gpt/cut-batch.js'
import { SerialExecutor } from '../src/engine/executor.js'
import { Trainer } from '../src/gpt/train.js'
import { moduleOf } from './helpers/cores.js'

const docs = parseDocs(NAMES).slice(0, 300)
const core = moduleOf('release')
const config = { batch_size: 40, num_steps: 20, zero_init_projections: false, init_std: 0.2 }
const create = (more: object = {}) =>
  MicroGPT.create({ docs, config: { ...config, ...more }, core })

describe('a step over a batch', () => {
  test('has the mean loss and the mean gradient of its documents', async () => {
    const gpt = await create({ learning_rate: 0 })
    const batch = gpt.docs.slice(0, 40)
    const [{ loss }] = gpt.train({ steps: 1 }) as unknown as [{ loss: number }]
    const grads = [...gpt.stateDict.values()].map(({ grad }) => grad.slice())

    const sums = grads.map((grad) => new Float64Array(grad.length))
    const single = await create({ learning_rate: 0 })
    let total = 0
    for (const step of single.train({ steps: 40, batch_size: 1 })) {
      total += step.loss
      let i = 0
      for (const { grad } of single.stateDict.values()) {
        const sum = sums[i++]!
        grad.forEach((x, j) => (sum[j]! += x / 40))
      }
    }
    expect(Math.abs(loss - total / 40)).toBeLessThan(1e-14)
    expect(gpt.loss(batch)).toBe(loss)
    grads.forEach((grad, i) => {
      const far = Math.max(...grad.map((x, j) => Math.abs(x - sums[i]![j]!)))
      expect(far).toBeLessThan(1e-14)
    })
  })

  test('takes the documents in order, round and round', async () => {
    const gpt = await create({ batch_size: 299 })
    expect([...gpt.train({ steps: 2 })].length).toBe(2)
    expect(gpt.docsSeen).toBe(598)
    const still = await create({ batch_size: 299, learning_rate: 0 })
    const [, second] = [...still.train({ steps: 2 })]
    const again = [...gpt.docs.slice(299), ...gpt.docs.slice(0, 298)]
    expect(second!.loss).toBe(still.loss(again))
  })

  test('of one document is microgpt, to the bit', async () => {
    const [one, plain] = [await create({ batch_size: 1 }), await create()]
    const losses = (gpt: MicroGPT, options = {}) => Array.from(gpt.train(options), (s) => s.loss)
    expect(losses(plain, { batch_size: 1 })).toEqual(losses(one))
    expect(plain.params).toEqual(one.params)
  })

  test('learns', async () => {
    const gpt = await create({ num_steps: 60 })
    const losses = Array.from(gpt.train(), ({ loss }) => loss)
    expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.3)
  })
})

test('the gradient has the same bits however the batch is cut into micro-batches', async () => {
  const tokenizer = Tokenizer.of(docs)
  const { vocabSize } = tokenizer
  const small = resolveConfig('tutorial', config)
  // A longer block_size makes longer micro-batches; the model is the same for documents as short as
  // these.
  const large = resolveConfig('tutorial', { ...config, block_size: 1000 })
  const batch = docs.slice(0, 60).map((doc) => tokenizer.encodeDoc(doc.slice(0, 7)))
  const rows = batch.reduce((sum, ids) => sum + ids.length - 1, 0)
  expect(rows).toBeGreaterThan(2 * microBatchRows(small))
  expect(rows).toBeLessThan(microBatchRows(large))

  const results = []
  for (const one of [small, large]) {
    const core_ = await loadCore(core)
    const arena = new Arena(core_, planGPT(core_, one, vocabSize))
    const stateDict = mapStateDict(arena, gptTable(one, vocabSize))
    for (const [name, { data }] of stateDict) data.forEach((_, i) => (data[i] = wave(name, i)))
    const adam = new Adam(arena, one)
    const executor = new SerialExecutor(arena)
    const trainer = new Trainer(arena, stateDict, one, vocabSize, executor)
    const loss = trainer.train(batch, adam, 0.01)
    const grads = [...stateDict].map(([name, { grad }]) =>
      name === 'wpe' ? grad.slice(0, 7 * small.n_embd) : grad.slice(),
    )
    results.push({ loss, grads })
  }
  expect(results[0]).toEqual(results[1])
})

/** Some number for each parameter, the same in both models. */
const wave = (name: string, i: number) => 0.2 * Math.sin(i + name.length)
