/** Sampling at its edges: BOS most likely, prompts as long as possible, temperatures near 0. */
import { describe, expect, test } from 'vitest'
import type { CreateOptions, GenerateOptions, Generated } from '../../src/index.js'
import { ConfigError, MicroGPT } from '../../src/index.js'

const TEXT = 'abcd\n'.repeat(9)
const DOCS = ['abcd', 'dcba', 'bd']

/** A model whose logits, after any token, are those given: one for each id, BOS the last one. */
async function withLogits(options: CreateOptions, logits: number[]): Promise<MicroGPT> {
  const gpt = await MicroGPT.create(options)
  expect(logits).toHaveLength(gpt.tokenizer.vocabSize)
  // Layers start as the identity, and rmsnorm of ones is ones but for its epsilon.
  gpt.stateDict.get('wte')!.data.fill(1)
  gpt.stateDict.get('wpe')!.data.fill(0)
  const head = gpt.stateDict.get('lm_head')!
  const [, n] = head.shape
  logits.forEach((logit, id) => head.data.fill(logit / n, id * n, (id + 1) * n))
  return gpt
}

const text = (gpt: MicroGPT, options: GenerateOptions) =>
  Array.from(gpt.generate(options), ({ char }) => char).join('')

/** Probabilities among some logits. */
function softmax(logits: number[]): number[] {
  const powers = logits.map(Math.exp)
  const total = powers.reduce((sum, x) => sum + x)
  return powers.map((x) => x / total)
}

describe('BOS, the most likely token,', () => {
  // In a text: newline, a, b, c, d, BOS.
  const LOGITS = [0, 1, 3, 2, -1, 9]

  test.each([1, 2, 3, 5, 6, 99])('is not among the %i most likely of a text', async (topK) => {
    const gpt = await withLogits({ text: TEXT }, LOGITS)
    const order = ['b', 'c', 'a', '\n', 'd']
    const kept = Math.min(topK, 5)
    const want = softmax([3, 2, 1, 0, -1].slice(0, kept))
    const options = { topK, length: 40, temperature: 1, seed: 4 }
    const all = [...gpt.generate(options)]
    expect(all).toHaveLength(40)
    for (const { char, tokenId, probability, top } of all) {
      expect(top.map((one) => one.char)).toEqual(order.slice(0, kept))
      top.forEach((one, i) => expect(one.probability).toBeCloseTo(want[i]!, 4))
      expect(top.reduce((sum, one) => sum + one.probability, 0)).toBeCloseTo(1, 14)
      expect(tokenId).not.toBe(gpt.tokenizer.BOS)
      expect(top).toContainEqual({ char, tokenId, probability })
    }
    if (topK === 1) expect(new Set(all.map(({ char }) => char))).toEqual(new Set(['b']))
    if (topK === 2) expect(new Set(all.map(({ char }) => char))).toEqual(new Set(['b', 'c']))
  })

  test('is not what a text is shown without topK, and not drawn greedily', async () => {
    const gpt = await withLogits({ text: TEXT }, LOGITS)
    const [first] = gpt.generate({ length: 1, temperature: 0 })
    expect(first!.top.map(({ char }) => char)).toEqual(['b', 'c', 'a', '\n', 'd'])
    expect(text(gpt, { length: 5, temperature: 0 })).toBe('bbbbb')
    expect(gpt.sample({ length: 5, temperature: 0 })).toEqual(['bbbbb'])
    expect(gpt.sample({ length: 30, count: 2 }).map(({ length }) => length)).toEqual([30, 30])
  })

  test.each([1, 2, 99])('ends a document immediately, among the %i most likely', async (topK) => {
    const gpt = await withLogits({ docs: DOCS }, [1, 3, 2, -1, 300])
    expect(text(gpt, { topK, temperature: 1, seed: 4 })).toBe('')
    expect(text(gpt, { prompt: 'ab', topK, temperature: 0 })).toBe('')
    for (const sideBySide of [true, false]) {
      expect(gpt.sample({ count: 3, temperature: 1, sideBySide })).toEqual(['', '', ''])
    }
  })

  test('as the second most likely, ends a document with topK 2 and never with topK 1', async () => {
    const gpt = await withLogits({ docs: DOCS }, [1, 9, 2, -1, 8])
    expect(text(gpt, { topK: 1 })).toBe('b'.repeat(8))
    const lengths = new Set<number>()
    for (let seed = 0; seed < 60; seed++) {
      const drawn = text(gpt, { topK: 2, seed, temperature: 1 })
      expect(drawn).toMatch(/^b*$/)
      lengths.add(drawn.length)
    }
    expect(Math.min(...lengths)).toBe(0)
    expect(lengths.size).toBeGreaterThan(3)
  })
})

describe.each([1, 2, 8])('a prompt, where block_size is %i,', (block_size) => {
  const options = { docs: DOCS, config: { block_size } }
  const never = [1, 3, 2, -1, -300]

  test('may have block_size - 1 characters, and one comes after them', async () => {
    const gpt = await withLogits(options, never)
    for (let length = 0; length < block_size; length++) {
      const drawn = text(gpt, { prompt: 'd'.repeat(length), temperature: 0 })
      expect(drawn).toBe('b'.repeat(block_size - length))
    }
  })

  test.each([0, 1, 50])('may not have block_size and %i', async (more) => {
    const gpt = await withLogits(options, never)
    const prompt = 'd'.repeat(block_size + more)
    const call = () => text(gpt, { prompt })
    expect(call).toThrow(ConfigError)
    expect(call).toThrow(`prompt has ${block_size + more} characters`)
    expect(call).toThrow(`the model sees ${block_size - 1}`)
    expect(text(gpt, { temperature: 0 })).toBe('b'.repeat(block_size))
  })

  test('of a text may be of any length: the last block_size characters are seen', async () => {
    const config = { block_size, init_std: 0.5, zero_init_projections: false }
    const gpt = await MicroGPT.create({ text: TEXT, config })
    const whole = 'abcd\nabcddcba\nabdc'
    const ways = (prompt: string) => [...gpt.generate({ prompt, length: 6, seed: 3 })]
    const want = ways(whole.slice(-block_size))
    expect(want).toHaveLength(6)
    for (const length of [block_size, block_size + 1, whole.length]) {
      expect(ways(whole.slice(-length))[0]).toEqual(want[0])
    }
    if (block_size > 1) expect(ways(whole.slice(1 - block_size))[0]).not.toEqual(want[0])
  })

  test('of characters beyond U+FFFF counts them as one each', async () => {
    const gpt = await MicroGPT.create({ docs: ['😀😎', '😎😀'], config: { block_size } })
    const fits = '😀'.repeat(block_size - 1)
    expect([...text(gpt, { prompt: fits, seed: 1 })].length).toBeLessThanOrEqual(1)
    expect(() => text(gpt, { prompt: `${fits}😎` })).toThrow(ConfigError)
  })
})

describe('a temperature', () => {
  const config = { init_std: 0.5, zero_init_projections: false }
  const MODELS: Record<string, CreateOptions> = {
    documents: { docs: DOCS, config },
    'a text': { text: TEXT, config },
  }

  describe.each(Object.keys(MODELS))('of %s', (name) => {
    test.each([5e-324, 1e-300, 1e-250, 1e-100, 1e-6])('%d is greedy', async (temperature) => {
      const gpt = await MicroGPT.create(MODELS[name]!)
      const greedy = text(gpt, { temperature: 0 })
      expect(greedy.length).toBeGreaterThan(0)
      for (const topK of [1, 2, 99]) {
        const drawn = [...gpt.generate({ temperature, topK, seed: 3 })]
        expect(drawn.map(({ char }) => char).join('')).toBe(greedy)
        expect(drawn.every(({ probability }) => probability === 1)).toBe(true)
      }
      const [one] = gpt.sample({ count: 1, temperature: 0 })
      for (const sideBySide of name === 'documents' ? [true, false] : [false]) {
        expect(gpt.sample({ count: 2, temperature, sideBySide })).toEqual([one, one])
      }
    })
  })

  test('of 0 draws nothing, and any other draws', async () => {
    const states = [0, 5e-324].map(async (temperature) => {
      const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create(MODELS.documents!)))
      gpt!.sample({ count: 2, temperature })
      gpt!.sample({ count: 2, temperature, sideBySide: true })
      text(gpt!, { temperature })
      const samples = [gpt!, other!].map((one) => one.sample({ count: 9, temperature: 2 }).join())
      return samples[0] === samples[1]
    })
    expect(await Promise.all(states)).toEqual([true, false])
  })

  test('of 1,000,000 makes all equal, whatever the logits', async () => {
    const gpt = await withLogits({ docs: DOCS }, [1, 30, -20, 0, 2])
    const [{ top }] = gpt.generate({ temperature: 1e6, seed: 5 }) as unknown as [Generated]
    expect(top).toHaveLength(5)
    for (const { probability } of top) expect(probability).toBeCloseTo(0.2, 4)
  })

  test('between is softmax of the logits over it', async () => {
    const logits = [1, 3, 2, -1, -2]
    const gpt = await withLogits({ docs: DOCS }, logits)
    for (const temperature of [0.25, 1, 4]) {
      const want = softmax(logits.map((logit) => logit / temperature)).sort((a, b) => b - a)
      const [{ top }] = gpt.generate({ temperature, topK: 5, seed: 1 }) as unknown as [Generated]
      top.forEach(({ probability }, i) => expect(probability).toBeCloseTo(want[i]!, 4))
    }
  })
})
