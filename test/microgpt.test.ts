import { beforeEach, describe, expect, test } from 'vitest'
import type { CreateOptions, GenerateOptions, Generated } from '../src/index.js'
import * as api from '../src/index.js'

const { ArenaError, ConfigError, DatasetError, MicroGPT, TrainingError } = api
const WORDS = 'to toe note neon onto ten tot none tonne'.split(' ')
const ALPHABET = [...'abcdefghijklmnopqrstuvwxyz']

const create = (options: Partial<CreateOptions> = {}) =>
  MicroGPT.create({ docs: WORDS, ...options } as CreateOptions)
const train = (gpt: api.MicroGPT, steps: number) =>
  Array.from(gpt.train({ steps }), ({ loss }) => loss)
const trained = async (steps = 60) => {
  const gpt = await create({ preset: 'gist' })
  train(gpt, steps)
  return gpt
}
const chars = (generated: Iterable<Generated>) => Array.from(generated, ({ char }) => char).join('')
const wte = (gpt: api.MicroGPT) => gpt.stateDict.get('wte')!

describe('the parameters', () => {
  test.each<[CreateOptions['preset'] & string, api.ConfigInput, number]>([
    ['tutorial', {}, 4064],
    ['gist', {}, 4192],
    ['tutorial', { n_layer: 3 }, 4064 + 2 * 12 * 256],
    ['tutorial', { n_embd: 3, n_head: 3, n_layer: 2, block_size: 5 }, 3 * (27 + 5 + 27) + 24 * 9],
    ['gist', { n_embd: 1, n_head: 1, block_size: 1 }, 27 + 1 + 27 + 12],
  ])('of %s with %j and 27 tokens number as in microgpt.py', async (preset, config, count) => {
    const gpt = await create({ docs: ALPHABET, preset, config })
    expect([gpt.numParams, gpt.params.length, gpt.tokenizer.vocabSize]).toEqual([count, count, 27])
  })

  test('are in the order of the state_dict, as views on one memory', async () => {
    const gpt = await create({ config: { n_layer: 2 } })
    const layer = 'attn_wq attn_wk attn_wv attn_wo mlp_fc1 mlp_fc2'.split(' ')
    const names = [0, 1].flatMap((i) => layer.map((name) => `layer${i}.${name}`))
    expect([...gpt.stateDict.keys()]).toEqual(['wte', 'wpe', 'lm_head', ...names])
    let offset = 0
    for (const [key, { name, shape, data, grad, purpose }] of gpt.stateDict) {
      expect([name, shape.length, purpose.length > 9]).toEqual([key, 2, true])
      expect([data.length, grad.length]).toEqual([shape[0] * shape[1], shape[0] * shape[1]])
      expect(data).toEqual(gpt.params.subarray(offset, (offset += data.length)))
      expect([data.buffer, grad.buffer]).toEqual([gpt.params.buffer, gpt.params.buffer])
    }
    expect(offset).toBe(gpt.numParams)
    expect(gpt.stateDict.get('layer1.mlp_fc1')!.shape).toEqual([64, 16])
    expect(gpt.stateDict.get('layer1.mlp_fc2')!.shape).toEqual([16, 64])
  })

  test('are what the model computes with, for writes through any view', async () => {
    const gpt = await create()
    const before = gpt.loss(WORDS)
    const old = wte(gpt).data[0]!
    wte(gpt).data[0] = 3
    expect(gpt.params[0]).toBe(3)
    const after = gpt.loss(WORDS)
    expect(after).not.toBe(before)
    gpt.params[0] = old
    expect(wte(gpt).data[0]).toBe(old)
    expect(gpt.loss(WORDS)).toBe(before)
    for (const { data } of gpt.stateDict.values()) data.fill(0)
    expect(gpt.loss(WORDS)).toBeCloseTo(Math.log(gpt.tokenizer.vocabSize), 14)
  })

  test('are the same views after training, and other models do not change them', async () => {
    const gpt = await create()
    const { params, stateDict } = gpt
    const { data } = wte(gpt)
    train(gpt, 3)
    await create({ config: { n_embd: 64 } })
    expect([gpt.params === params, gpt.stateDict === stateDict]).toEqual([true, true])
    expect(data).toEqual(gpt.params.subarray(0, data.length))
    expect(data.length).toBeGreaterThan(0)
  })

  test('have gradients that remain until the next step', async () => {
    const gpt = await create({ preset: 'gist' })
    const grads = () => [...gpt.stateDict.values()].map(({ grad }) => grad.slice())
    expect(grads().every((grad) => grad.every((g) => g === 0))).toBe(true)
    train(gpt, 1)
    const first = grads()
    expect(first.every((grad) => grad.some((g) => g !== 0))).toBe(true)
    gpt.loss(WORDS)
    gpt.sample({ count: 2 })
    chars(gpt.generate({ seed: 1 }))
    expect(grads()).toEqual(first)
    train(gpt, 1)
    expect(grads()).not.toEqual(first)
  })
})

describe('the seed', () => {
  test.each<[api.Seed | undefined, api.Seed]>([
    [undefined, 42],
    [7, 7n],
    [-7, 7],
    [2 ** 40, 2n ** 40n],
  ])('%s is the same run as %s', async (a, b) => {
    const [one, two] = [await create(a === undefined ? {} : { seed: a }), await create({ seed: b })]
    expect(one.docs).toEqual(two.docs)
    expect(train(one, 3)).toEqual(train(two, 3))
    expect(one.sample()).toEqual(two.sample())
  })

  test('1 and 2 give different documents, parameters and samples', async () => {
    const [one, two] = [await create({ seed: 1 }), await create({ seed: 2 })]
    expect(one.docs).not.toEqual(two.docs)
    expect(one.params).not.toEqual(two.params)
    expect(one.sample()).not.toEqual(two.sample())
  })

  test('shuffles a copy of the documents, as CPython does', async () => {
    const docs = Object.freeze([...WORDS])
    const want = [...WORDS]
    new api.Random(5).shuffle(want)
    expect((await create({ docs, seed: 5 })).docs).toEqual(want)
    expect(docs).toEqual(WORDS)
  })
})

describe('train', () => {
  test.each(['tutorial', 'gist'])(
    'interrupted training gives the bits of uninterrupted training: %s',
    async (preset) => {
      const options = { preset, config: { num_steps: 20 } }
      const [whole, parts] = [await create(options), await create(options)]
      const losses = train(whole, 20)
      const resumed: number[] = []
      for (const { step, loss } of parts.train()) {
        resumed.push(loss)
        if (step === 7) break
      }
      resumed.push(
        ...train(parts, 0),
        ...train(parts, 5),
        ...Array.from(parts.train(), (s) => s.loss),
      )
      expect(resumed).toEqual(losses)
      expect(parts.params).toEqual(whole.params)
      expect(parts.step).toBe(20)
      expect(parts.sample()).toEqual(whole.sample())
    },
  )

  test('tells step, loss and learning rate, and goes round the documents', async () => {
    const gpt = await create({ docs: ['to', 'ten'], config: { num_steps: 5 } })
    const cos = (await api.loadCore()).cos
    for (let i = 0; i < 5; i++) {
      const loss = gpt.loss([gpt.docs[i % 2]!])
      const lr = api.learningRate(gpt.config, i, cos)
      expect([...gpt.train({ steps: 1 })]).toEqual([{ step: i + 1, loss, lr }])
    }
    expect([...gpt.train()]).toEqual([])
  })

  test.each<[api.Schedule, number[]]>([
    ['cosine', [0.5, 0.25, 0, 0]],
    ['linear', [0.5, 0.25, 0, 0]],
    ['constant', [0.5, 0.5, 0.5, 0.5]],
  ])('follows the %s schedule over num_steps and past it', async (lr_schedule, want) => {
    const gpt = await create({ config: { lr_schedule, learning_rate: 0.5, num_steps: 2 } })
    const rates = Array.from(gpt.train({ steps: 4 }), ({ lr }) => lr)
    rates.forEach((lr, i) => expect(lr).toBeCloseTo(want[i]!, 15))
    expect(gpt.step).toBe(4)
  })

  test('learns', async () => {
    const gpt = await create()
    const before = gpt.loss(WORDS)
    train(gpt, 200)
    expect(gpt.loss(WORDS)).toBeLessThan(before / 2)
  })

  test('does nothing until a step is asked for', async () => {
    const gpt = await create()
    gpt.train({ steps: 5 })
    expect(gpt.step).toBe(0)
  })

  test('stops at a loss that is not finite, leaves the parameters, and can go on', async () => {
    const gpt = await create()
    train(gpt, 2)
    const lost = wte(gpt).data.slice()
    wte(gpt).data.fill(NaN)
    const before = gpt.params.slice()
    expect(() => train(gpt, 1)).toThrow(TrainingError)
    expect(() => train(gpt, 1)).toThrow(/loss of step 3 is NaN; .* learning_rate than 0.01/)
    expect([gpt.params, gpt.step]).toEqual([before, 2])
    wte(gpt).data.set(lost)
    const other = await create()
    train(other, 2)
    expect(train(gpt, 3)).toEqual(train(other, 3))
  })

  test('weight_decay and grad_clip reach the optimizer', async () => {
    const first = async (config: api.ConfigInput) => {
      const gpt = await create({ preset: 'gist', config: { eps_adam: 1, ...config } })
      train(gpt, 1)
      return gpt.params
    }
    const plain = await first({})
    expect(await first({ weight_decay: 0.5 })).not.toEqual(plain)
    expect(await first({ grad_clip: 0.1 })).not.toEqual(plain)
    expect(await first({ grad_clip: 1e6 })).toEqual(plain)
  })
})

describe('loss', () => {
  test('is the mean over documents and changes nothing', async () => {
    const gpt = await create()
    train(gpt, 3)
    const { params, step } = gpt
    const before = params.slice()
    const [a, b] = [gpt.loss(['to']), gpt.loss(['tententententen'])]
    expect(gpt.loss(['to', 'tententententen'])).toBe((a + b) / 2)
    expect([gpt.params, gpt.step]).toEqual([before, step])
  })

  test('counts block_size positions', async () => {
    const gpt = await create()
    expect(gpt.loss(['totototonnnn'])).toBe(gpt.loss(['totototo']))
    expect(gpt.loss(['totototnnnnn'])).not.toBe(gpt.loss(['totototo']))
  })

  test('of an empty document is that of its end', async () => {
    const gpt = await create()
    expect(gpt.loss([''])).toBeCloseTo(Math.log(gpt.tokenizer.vocabSize), 1)
  })

  test('is the same in any order, with more lengths than stored graphs', async () => {
    const config = { block_size: 40 }
    const docs = Array.from({ length: 40 }, (_, i) => 'ab'.repeat(20).slice(0, i))
    const gpt = await create({ docs: ['ab'], config })
    const want = docs.map((doc) => gpt.loss([doc]))
    for (const i of [39, 0, 31, 32, 33, 7]) {
      const fresh = await create({ docs: ['ab'], config })
      expect([gpt.loss([docs[i]!]), fresh.loss([docs[i]!])]).toEqual([want[i], want[i]])
    }
    expect(docs.map((doc) => gpt.loss([doc]))).toEqual(want)
    const long = await create({ docs: docs.slice(1), config })
    expect(train(long, 80).every((loss) => loss > 0 && loss < 3)).toBe(true)
  })
})

describe('sample', () => {
  test('continues the generator, in the same way for the same run', async () => {
    const [a, b] = [await trained(), await trained()]
    const texts = a.sample({ count: 8 })
    expect([...b.sample({ count: 3 }), ...b.sample({ count: 5 })]).toEqual(texts)
    expect(a.sample({ count: 8 })).not.toEqual(texts)
    expect([a.sample().length, a.sample({ count: 0 })]).toEqual([20, []])
  })

  test('uses the alphabet, and at most block_size characters', async () => {
    const gpt = await create({ config: { block_size: 3 } })
    const texts = gpt.sample({ count: 100 })
    expect(texts.filter((text) => !/^[enot]{0,3}$/.test(text))).toEqual([])
    expect(new Set(texts.map((text) => text.length))).toEqual(new Set([0, 1, 2, 3]))
  })

  test('at temperature 0 takes the most likely token, without a draw', async () => {
    const [a, b] = [await trained(), await trained()]
    const greedy = a.sample({ count: 3, temperature: 0 })
    expect(greedy).toEqual(Array(3).fill(chars(a.generate({ temperature: 0 }))))
    expect(a.sample()).toEqual(b.sample())
  })

  test('uses the temperature of the config by default', async () => {
    const [a, b] = [await trained(), await trained()]
    expect(a.sample({ temperature: a.config.temperature })).toEqual(b.sample())
    const [c, d] = [await trained(), await trained()]
    expect(c.sample({ temperature: 50 })).not.toEqual(d.sample({ temperature: 0.1 }))
  })
})

describe('generate', () => {
  let gpt: api.MicroGPT
  beforeEach(async () => {
    gpt = await trained()
  })
  const first = (options: GenerateOptions) => gpt.generate(options).next().value as Generated

  test.each(['', 't', 'to', 'nnnnnnn', 'tototototototot'])('continues %j', (prompt) => {
    for (let seed = 0; seed < 20; seed++) {
      const text = chars(gpt.generate({ prompt, seed, temperature: 2 }))
      expect(text).toMatch(/^[enot]*$/)
      expect(prompt.length + text.length).toBeLessThanOrEqual(16)
    }
  })

  test('depends on its prompt', () => {
    const given = [...'enot'].map((prompt) => first({ prompt, temperature: 0 }).top)
    expect(new Set(given.map((top) => JSON.stringify(top))).size).toBe(4)
    const text = chars(gpt.generate({ temperature: 0 }))
    expect(text.length).toBeGreaterThan(1)
    expect(chars(gpt.generate({ prompt: text.slice(0, 1), temperature: 0 }))).toBe(text.slice(1))
  })

  test('reports the probabilities that the loss is computed from', async () => {
    gpt = await create({ preset: 'gist', config: { block_size: 3 } })
    train(gpt, 5)
    const all = Array.from({ length: 30 }, (_, seed) => [...gpt.generate({ seed, temperature: 1 })])
    const long = all.filter((text) => text.length === 3) // shorter ones have an end beside them
    expect(long.length).toBeGreaterThan(5)
    for (const text of long) {
      const mean = text.reduce((sum, { probability }) => sum - Math.log(probability), 0) / 3
      expect(gpt.loss([chars(text)])).toBeCloseTo(mean, 12)
    }
  })

  test.each([1, 2, 3, 5, 99])('draws among the %i most likely', (topK) => {
    const drawn = new Set<string>()
    for (let seed = 0; seed < 40; seed++) {
      for (const { char, tokenId, probability, top } of gpt.generate({ topK, seed })) {
        const p = top.map((candidate) => candidate.probability)
        expect(top.length).toBe(Math.min(topK, 5))
        expect(p.reduce((sum, x) => sum + x)).toBeCloseTo(1, 14)
        expect(p).toEqual([...p].sort((a, b) => b - a))
        expect(top).toContainEqual({ char, tokenId, probability })
        expect(char).toBe(gpt.tokenizer.chars[tokenId])
        drawn.add(char)
      }
    }
    expect(drawn.size).toBeGreaterThanOrEqual(Math.min(topK, 4))
  })

  test('with topK 1 is greedy', () => {
    const greedy = chars(gpt.generate({ temperature: 0 }))
    expect(chars(gpt.generate({ topK: 1 }))).toBe(greedy)
    expect(chars(gpt.generate({ topK: 1, temperature: 0 }))).toBe(greedy)
  })

  test('returns the 10 most likely of a larger alphabet', async () => {
    gpt = await create({ docs: ALPHABET })
    expect(first({ seed: 1 }).top.length).toBe(10)
    expect(first({ seed: 1, topK: 12 }).top.length).toBe(12)
  })

  test('takes the lowest id of equal scores', () => {
    gpt.params.fill(0)
    expect(first({ temperature: 0 }).tokenId).toBe(0)
    expect(first({ temperature: 0, topK: 2 }).top.map(({ tokenId }) => tokenId)).toEqual([0, 1])
    expect(gpt.sample({ count: 1, temperature: 0 })).toEqual(['e'.repeat(16)])
  })

  test('at temperature 0 shows the probabilities of temperature 1', () => {
    expect(first({ temperature: 0 }).top).toEqual(first({ temperature: 1, seed: 1 }).top)
  })

  test.each([0.01, -0.01])('is greedy among scores that give equal probabilities, %d', (s) => {
    gpt.stateDict.get('lm_head')!.data.fill(0).set([s])
    gpt.stateDict.get('lm_head')!.data[16] = s * (1 + 2 ** -52)
    const greedy = chars(gpt.generate({ temperature: 0 }))
    expect(chars(gpt.generate({ temperature: 0, topK: 1 }))).toBe(greedy)
  })

  test("with a seed is repeatable and does not use the model's generator", async () => {
    const other = await trained()
    const texts = [1, 1, 2, 3, 4, 5, 6].map((seed) => chars(gpt.generate({ seed, temperature: 2 })))
    expect(texts[0]).toBe(texts[1])
    expect(new Set(texts).size).toBeGreaterThan(3)
    expect(gpt.sample()).toEqual(other.sample())
  })

  test("without a seed continues the model's generator", async () => {
    const other = await trained()
    chars(gpt.generate())
    expect(gpt.sample()).not.toEqual(other.sample())
  })

  test('at a higher temperature is flatter', () => {
    const most = [0.1, 0.5, 1, 5].map((temperature) => first({ temperature, topK: 5, seed: 3 }))
    const p = most.map(({ top }) => top[0]!.probability)
    expect(p).toEqual([...p].sort((a, b) => b - a))
    expect(p[0]).toBeGreaterThan(p[3]! + 0.2)
  })

  test.each<[string, () => unknown]>([
    ['alone', () => 0],
    ['with loss() between', () => gpt.loss(WORDS)],
    ['with sample() between', () => gpt.sample({ count: 1, temperature: 3 })],
  ])('two at the same time, %s, give what each gives alone', async (_, between) => {
    const twin = await trained()
    const options = [
      { seed: 38, temperature: 2 },
      { seed: 32, prompt: 'to', temperature: 2 },
    ]
    const alone = options.map((each) => [...twin.generate(each)])
    expect(Math.min(...alone.map((list) => list.length))).toBeGreaterThan(9)
    const running = options.map((each) => gpt.generate(each))
    const together: Generated[][] = [[], []]
    for (let i = 0; i < 32; i++) {
      const { done, value } = running[i % 2]!.next()
      if (!done) together[i % 2]!.push(value)
      between()
    }
    expect(together).toEqual(alone)
  })

  test('uses the new parameters after training between two characters', async () => {
    const twin = await trained()
    const running = gpt.generate({ temperature: 0 })
    let text = ''
    for (let done: boolean | undefined; !done && text.length < 16;) {
      const next = running.next()
      expect(next).toEqual(twin.generate({ prompt: text, temperature: 0 }).next())
      done = next.done
      text += next.value?.char ?? ''
      for (const each of [gpt, twin]) train(each, 1)
    }
    expect(text.length).toBeGreaterThan(2)
  })
})

describe('invalid values are rejected', () => {
  type Case = [string, any, new (...args: any[]) => Error, RegExp]
  const creations: Case[] = [
    ['no documents', { docs: [] }, DatasetError, /at least one document/],
    ['documents that are a text', { docs: 'emma' }, DatasetError, /list/],
    ['no docs at all', { docs: undefined }, DatasetError, /list/],
    ['a document that is a number', { docs: ['a', 5] }, DatasetError, /strings, got 5/],
    ['a document that is missing', { docs: ['a', undefined] }, DatasetError, /strings, got und/],
    ['only empty documents', { docs: ['', ''] }, DatasetError, /no character/],
    ['a preset that is not there', { preset: 'gpt2' }, ConfigError, /preset .* got "gpt2"/],
    ['a field that is not there', { config: { n_heads: 2 } }, ConfigError, /no field "n_heads"/],
    ['a bad field', { config: { n_embd: 18 } }, ConfigError, /try 16 or 20$/],
    ['a bad seed', { seed: 1.5 }, ConfigError, /seed must be .* got 1.5/],
    ['a bad core', { core: new Uint8Array(8) }, api.CoreError, /not a whole/],
  ]
  test.each(creations)('%s', async (_, options, error, message) => {
    await expect(create(options)).rejects.toBeInstanceOf(error)
    await expect(create(options)).rejects.toThrow(message)
  })

  test.each([
    [{ n_embd: 8192, n_layer: 12 }, 16384 * 5 + 8192 * 8 + 144 * 8192 ** 2],
    [{ n_embd: 65536, n_layer: 1024, block_size: 65536 }, 65536 * (10 + 65536 * (12288 + 1))],
  ])('a model that does not fit: %j', async (config, count) => {
    const message = new RegExp(`^${count} parameters need \\d+\\.\\d GiB of memory, .* 4 GiB`)
    await expect(create({ config })).rejects.toBeInstanceOf(ArenaError)
    await expect(create({ config })).rejects.toThrow(message)
  })

  const use = {
    train: (gpt: api.MicroGPT, steps: any) => [...gpt.train({ steps })],
    count: (gpt: api.MicroGPT, count: any) => gpt.sample({ count }),
    temperature: (gpt: api.MicroGPT, temperature: any) => gpt.sample({ temperature }),
    loss: (gpt: api.MicroGPT, docs: any) => gpt.loss(docs),
    generate: (gpt: api.MicroGPT, options: any) => [...gpt.generate(options)],
  }
  const uses: [keyof typeof use, any, RegExp][] = [
    ...[-1, 1.5, NaN, Infinity, '5'].map((n): any => ['train', n, /^steps must be a whole number/]),
    ...[-1, 1.5, NaN, Infinity, '5', null].map((n): any => ['count', n, /^count must be a whole/]),
    ...[-1, NaN, Infinity, '1', null].map((t): any => ['temperature', t, /^temperature must be a/]),
    ...[-1, NaN, '1'].map((t): any => ['generate', { temperature: t }, /^temperature must be a/]),
    ...[0, -1, 1.5, NaN, '3', null].map((k): any => ['generate', { topK: k }, /^topK must be a/]),
    ...[1.5, '1', null].map((seed): any => ['generate', { seed }, /^seed must be a whole number/]),
    ['generate', { prompt: 'totototo' }, /^prompt has 8 characters, but the model sees 7; shorten/],
    ['generate', { prompt: 'toy' }, /^the character "y" is not in the alphabet: enot$/],
    ['generate', { prompt: '\ud83d' }, /^the character "\\ud83d" is not in the alphabet/],
    ['generate', { prompt: 5 }, /5/],
    ['loss', [], /at least one document/],
    ['loss', ['to', 'by'], /^the character "b" is not in the alphabet: enot$/],
    ['loss', 'to', /list/],
    ['loss', [5], /5/],
    ['loss', [undefined], /undefined/],
  ]
  test.each(uses)('%s of %j', async (name, value, message) => {
    const gpt = await create()
    const before = [gpt.params.slice(), gpt.step]
    expect(() => use[name](gpt, value)).toThrow(api.MicroGPTError)
    expect(() => use[name](gpt, value)).toThrow(message)
    expect([gpt.params, gpt.step]).toEqual(before)
    expect(gpt.sample()).toEqual((await create()).sample())
  })
})

describe('unknown options', () => {
  test.each<[string, (gpt: api.MicroGPT, options: any) => unknown, object]>([
    ['create', (_, options) => create(options), { n_embd: 32 }],
    ['train', (gpt, options) => gpt.train(options).next(), { step: 1 }],
    ['sample', (gpt, options) => gpt.sample(options), { temprature: 1 }],
    ['generate', (gpt, options) => gpt.generate(options).next(), { top_k: 1 }],
  ])('%s rejects them by name', async (name, call, options) => {
    const gpt = await create()
    const [odd] = Object.keys(options)
    const refused = expect((async () => call(gpt, options))()).rejects
    await refused.toThrow(`${name} has no option "${odd}"; its options are`)
  })
})

describe('models', () => {
  test('at the same time give what each gives alone', async () => {
    const options: Partial<CreateOptions>[] = [
      { seed: 1 },
      { seed: 1, preset: 'gist', config: { n_layer: 2 } },
      { docs: ['ab', 'b'], config: { n_embd: 3, n_head: 1, block_size: 2 } },
    ]
    const run = function* (gpt: api.MicroGPT) {
      for (const { loss } of gpt.train({ steps: 12 }))
        yield [loss, gpt.loss(gpt.docs), ...gpt.sample({ count: 2 })]
    }
    const alone: unknown[] = []
    for (const each of options) alone.push([...run(await create(each))])
    const running = (await Promise.all(options.map(create))).map(run)
    const together = running.map((): unknown[] => [])
    for (let i = 0; i < 12; i++) {
      running.forEach((each, j) => together[j]!.push(each.next().value))
      if (i === 5) (await create()).free()
    }
    expect(together).toEqual(alone)
  })

  test('of the smallest size work', async () => {
    const config = { n_embd: 1, n_head: 1, n_layer: 1, block_size: 1 }
    const gpt = await create({ docs: ['a'], config })
    train(gpt, 5)
    expect(gpt.loss(['aaa'])).toBeGreaterThan(0)
    expect(gpt.sample({ count: 30 }).every((text) => text === '' || text === 'a')).toBe(true)
    expect([...gpt.generate({ topK: 2, temperature: 0 })].length).toBeLessThan(2)
  })

  test('that have been freed reject all calls, and their views remain', async () => {
    const gpt = await create()
    gpt.params.fill(0) // so that greedy text goes on
    const { params } = gpt
    const [training, generating] = [gpt.train(), gpt.generate({ temperature: 0 })]
    expect([training.next().done, generating.next().done]).toEqual([false, false])
    gpt.free()
    gpt.free()
    const calls: (() => unknown)[] = [
      () => gpt.params,
      () => gpt.stateDict,
      () => gpt.step,
      () => gpt.loss(WORDS),
      () => gpt.sample(),
      () => gpt.train({ steps: 1 }).next(),
      () => gpt.generate({ seed: 1 }).next(),
      () => training.next(),
      () => generating.next(),
    ]
    for (const call of calls) expect(call).toThrow(TrainingError)
    expect(calls[0]).toThrow(/freed; create another/)
    expect([params.length, gpt.numParams]).toEqual([gpt.numParams, params.length])
  })
})
