/** Documents invented side by side: those of a plain loop that draws in the same order. */
import { describe, expect, test } from 'vitest'
import type { ConfigInput } from '../src/config/config.js'
import { MicroGPT, Random, TrainingError, loadCore } from '../src/index.js'
import { NAMES } from '../src/data/names.js'
import { parseDocs } from '../src/data/text.js'

const docs = parseDocs(NAMES)

async function trained(config: ConfigInput = {}, threads = 1) {
  const gpt = await MicroGPT.create({ docs, config, threads })
  for (const _ of gpt.train({ steps: 40 }));
  return gpt
}

/** What `rows` sequences side by side give, each probability from the whole of its prefix. */
function plainly(gpt: MicroGPT, random: Random, count: number, rows: number): string[] {
  const { BOS, chars } = gpt.tokenizer
  const all: string[] = []
  const begin = () => (all.length < count ? all.push('') - 1 : null)
  const atWork = Array.from({ length: rows }, begin)
  while (atWork.some((which) => which !== null)) {
    atWork.forEach((which, row) => {
      if (which === null) return
      const [next] = [...topOf(gpt, all[which]!)]
      const weights = Float64Array.from({ length: gpt.tokenizer.vocabSize })
      for (const { tokenId, probability } of next!) weights[tokenId] = probability
      const token = random.choice(weights)
      if (token !== BOS) all[which] += chars[token]!
      if (token === BOS || all[which]!.length === gpt.config.block_size) atWork[row] = begin()
    })
  }
  return all
}

/** Every candidate after a prompt. */
function* topOf(gpt: MicroGPT, prompt: string) {
  const topK = gpt.tokenizer.vocabSize
  // The generator ends without a word where BOS is drawn: another seed draws something else.
  for (let seed = 0; ; seed++) {
    for (const { top } of gpt.generate({ prompt, topK, seed })) return void (yield top)
  }
}

describe('side by side', () => {
  test('the documents of a plain loop', async () => {
    const gpt = await trained({ num_steps: 40, block_size: 5 })
    const random = new Random(7, await loadCore())
    // The model's own generator is where training and 64 rows leave it: one of our own stands for
    // it.
    const state = random.save()
    const { parts } = gpt as unknown as { parts: { random: Random } }
    parts.random = new Random(7, await loadCore())
    const got = gpt.sample({ count: 150, sideBySide: true })
    random.restore(state)
    const want = plainly(gpt, random, 150, 64)
    expect(got.map((text) => text.slice(0, 3))).toStrictEqual(want.map((text) => text.slice(0, 3)))
    expect(got).toStrictEqual(want)
  })

  test('greedy, they are those of one at a time', async () => {
    const gpt = await trained({ n_layer: 2, n_embd: 24, n_head: 3, activation: 'relu' })
    const one = gpt.sample({ count: 3, temperature: 0 })
    const many = gpt.sample({ count: 100, temperature: 0, sideBySide: true })
    expect(new Set([...one, ...many]).size).toBe(1)
  })

  test('from 1,000 on by themselves, and only on demand below', async () => {
    const [a, b, c] = await Promise.all([trained(), trained(), trained()])
    const one = a!.sample({ count: 1000, sideBySide: false })
    const many = b!.sample({ count: 1000 })
    expect(many).not.toStrictEqual(one)
    expect(c!.sample({ count: 999 })).toStrictEqual(one.slice(0, 999))
    const length = (list: string[]) => list.join('').length / list.length
    expect(length(many)).toBeGreaterThan(0.9 * length(one))
    expect(length(many)).toBeLessThan(1.1 * length(one))
  })

  test('training continues with the same bits, and threads change nothing', async () => {
    const runs = await Promise.all(
      [1, 2].map(async (threads) => {
        const gpt = await trained({ batch_size: 8 }, threads)
        const samples = gpt.sample({ count: 200, sideBySide: true })
        const losses = Array.from(gpt.train({ steps: 5 }), ({ loss }) => loss)
        gpt.free()
        return { samples, losses }
      }),
    )
    expect(runs[1]).toStrictEqual(runs[0])
    const without = await trained({ batch_size: 8 })
    expect(Array.from(without.train({ steps: 5 }), ({ loss }) => loss)).toEqual(runs[0]!.losses)
  })

  test('a larger model has room for fewer, and also works with room for none', async () => {
    const gpt = await trained({ n_embd: 32, block_size: 130, num_steps: 40, learning_rate: 1e-4 })
    expect(gpt.sample({ count: 0, sideBySide: true })).toEqual([])
    const texts = gpt.sample({ count: 20, sideBySide: true })
    expect(texts.length).toBe(20)
    expect(Math.max(...texts.map((text) => text.length))).toBeLessThanOrEqual(130)
  })

  test('numbers that overflow are an error', async () => {
    const gpt = await trained()
    gpt.params.fill(1e308)
    const many = () => gpt.sample({ count: 10, sideBySide: true })
    expect(many).toThrow(TrainingError)
    expect(many).toThrow(/too large to sample/)
  })
})
