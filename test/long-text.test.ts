/** One long text in blocks, held-out data, and how the model uses both. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NAMES } from '../src/data/names.js'
import { ConfigError, DatasetError, TrainingError } from '../src/index.js'
import { MicroGPT, Random, Tokenizer, learningRate, parseDocs } from '../src/index.js'
import type { CreateOptions, TrainOptions } from '../src/index.js'
import { createCorpus, encodeText } from '../src/data/corpus.js'
import { TypedGPT } from '../src/reference/typed.js'
import { cpuTime } from './helpers/cpu-time.js'

/** 1,000 characters, 14 different ones, in the order of a small congruential generator. */
let state = 1
const TEXT = Array.from({ length: 1000 }, () => {
  state = (75 * state + 74) % 65537
  return 'etaoin shrdlu\n'[state % 14]
}).join('')
const names = parseDocs(NAMES).slice(0, 200)
const small = { n_embd: 8, n_head: 2, block_size: 6, num_steps: 40 }

const create = (options: Partial<CreateOptions> = {}) =>
  MicroGPT.create({ text: TEXT, config: small, ...options } as CreateOptions)
const run = (gpt: MicroGPT, options: TrainOptions = {}) => [...gpt.train(options)]
const lossesOf = (gpt: MicroGPT, options: TrainOptions = {}) =>
  run(gpt, options).map(({ loss }) => loss)

describe('training on a text', () => {
  /**
   * What CPython draws: random.seed(42), 3,680 times random.gauss(0, 1) for the parameters, then
   * random.randrange(900 - 8) for each step.
   */
  const OFFSETS = [
    ...[261, 5, 338, 477, 726, 158, 40, 157, 330, 611, 52, 792, 640, 630, 863, 677, 308, 502, 808],
    ...[586, 563, 366, 74, 802, 724, 325, 538, 225, 188, 533],
  ]

  /** The typed-array engine, fed by hand. */
  class TextTwin extends TypedGPT {
    trainBlock(ids: readonly number[]): number {
      const loss = this.trainDoc(ids, learningRate(this.config, this.step, Math.cos))
      this.step++
      return loss
    }
  }

  test("equals the typed-array engine's training on the blocks at CPython's offsets", async () => {
    const config = { num_steps: 30 }
    const gpt = await MicroGPT.create({ text: TEXT, valFraction: 0.1, config })
    expect(gpt.numParams).toBe(3680)
    const twin = new TextTwin({ docs: [TEXT], config })
    const ids = twin.tokenizer.encode(TEXT)
    const want = OFFSETS.map((o) => twin.trainBlock(ids.slice(o, o + 9)))
    const far = lossesOf(gpt).map((loss, i) => Math.abs(loss - want[i]!))
    expect(far).toHaveLength(30)
    expect(Math.max(...far)).toBeLessThan(1e-11)
    expect(gpt.docsSeen).toBe(30)
  })

  test('in batches has the mean loss of the blocks, and one draw per block', async () => {
    const gpt = await create({ config: { ...small, learning_rate: 0 }, seed: 7 })
    const random = new Random(7)
    for (let i = 0; i < gpt.numParams; i++) random.gauss()
    for (const { loss } of gpt.train({ steps: 3, batch_size: 50 })) {
      const offsets = Array.from({ length: 50 }, () => random.randrange(1000 - 6))
      expect(loss).toBe(gpt.loss(offsets.map((o) => TEXT.slice(o, o + 7))))
    }
    expect(gpt.docsSeen).toBe(150)
  })

  test('learns which character follows', async () => {
    const config = { ...small, num_steps: 300, batch_size: 8 }
    const gpt = await create({ config, text: 'abcd'.repeat(300), valFraction: 0.1 })
    expect(lossesOf(gpt).at(-1)).toBeLessThan(0.05)
    expect(gpt.validate()).toBeLessThan(0.05)
    const chars = Array.from(gpt.generate({ prompt: 'cda', length: 40 }), ({ char }) => char)
    expect(chars.join('')).toBe('bcda'.repeat(10))
  })

  test('keeps all characters: astral ones, halves of pairs, all kinds of line ends', async () => {
    const text = 'a\r\n😀\ud83db\u2028'.repeat(9)
    const gpt = await create({ text })
    expect(gpt.tokenizer.chars).toEqual(['\n', '\r', 'a', 'b', '\u2028', '\ud83d', '😀'])
    expect(lossesOf(gpt).every(Number.isFinite)).toBe(true)
    const ids = encodeText(gpt.tokenizer, text)
    expect(Array.from(ids)).toEqual(gpt.tokenizer.encode(text))
    expect(() => encodeText(gpt.tokenizer, 'ax')).toThrow(
      'the character "x" is not in the alphabet',
    )
  })

  test('ids take 2 bytes, or 4 for a large alphabet', () => {
    const chars = Array.from({ length: 70_000 }, (_, i) => String.fromCodePoint(0x10000 + i))
    const [some, all] = [new Tokenizer(chars.slice(0, 65_535)), new Tokenizer(chars)]
    expect(encodeText(some, chars[65_534]!)).toEqual(Uint16Array.of(65_534))
    expect(encodeText(all, chars[69_999]!)).toEqual(Uint32Array.of(69_999))
  })

  test('10 MB are loaded quickly, and do not slow down a step', async () => {
    const start = cpuTime()
    const text = NAMES.repeat(Math.ceil(1e7 / NAMES.length)).slice(0, 1e7)
    const gpt = await MicroGPT.create({ text, valFraction: 0.01 })
    expect(lossesOf(gpt)).toHaveLength(500)
    expect(gpt.validate()).toBeLessThan(3)
    const again = await MicroGPT.load(gpt.save({ optimizer: true }), { text })
    expect(again.step).toBe(500)
    expect(cpuTime() - start).toBeLessThan(10_000)
  })
})

describe('held-out data', () => {
  const tokenizer = Tokenizer.of([TEXT])
  const fraction = fc.nat(999).map((n) => n / 1000)

  test('of documents: the last of the shuffled ones; none is lost or in both parts', () => {
    const property = (count: number, valFraction: number, seed: number) => {
      const docs = names.slice(0, count)
      const held = Math.floor(count * valFraction)
      const all = [...docs]
      new Random(seed).shuffle(all)
      const make = () =>
        createCorpus('docs', { docs, valFraction }, Tokenizer.of(names), 8, new Random(seed))
      if (valFraction > 0 && (held === 0 || held === count)) {
        expect(make).toThrow(/holds out/)
        return
      }
      const { docs: train, valDocs, counts } = make()
      expect([...train, ...valDocs]).toEqual(all)
      expect(counts).toEqual({ train: count - held, val: held })
      expect(valDocs).toHaveLength(held)
    }
    fc.assert(fc.property(fc.integer({ min: 1, max: 200 }), fraction, fc.nat(), property))
  })

  test('of a text: the last characters, in whole blocks; training never sees them', () => {
    const property = (length: number, valFraction: number, blockSize: number) => {
      const text = TEXT.slice(0, length)
      const held = Math.floor(length * valFraction)
      const make = () =>
        createCorpus('text', { text, valFraction }, tokenizer, blockSize, new Random(1))
      const short = length - held <= blockSize || (valFraction > 0 && held <= blockSize)
      if (short) {
        expect(make).toThrow(DatasetError)
        return
      }
      const corpus = make()
      expect(corpus.counts).toEqual({ train: length - held, val: held })
      const part = tokenizer.encode(text.slice(length - held))
      const blocks = [...corpus.heldOut()]
      expect(blocks).toHaveLength(Math.max(0, Math.floor((held - 1) / blockSize)))
      blocks.forEach((block, i) => {
        expect(block).toEqual(part.slice(i * blockSize, (i + 1) * blockSize + 1))
      })
      const places = { below: (n: number) => n - 1 } as Random
      const last = tokenizer.encode(text.slice(0, length - held)).slice(-blockSize - 1)
      expect(corpus.batch(1, 0, places)).toEqual([last])
      const random = new Random(length)
      for (const block of corpus.batch(20, 0, random)) expect(block).toHaveLength(blockSize + 1)
    }
    const [lengths, blocks] = [fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 40 })]
    fc.assert(fc.property(lengths, fraction, blocks, property))
  })

  test('of documents is never trained on; the others are used in order', async () => {
    const docs = names.slice(0, 10)
    const gpt = await create({ text: undefined!, docs, valFraction: 0.3 })
    expect(gpt.valDocs).toHaveLength(3)
    const frozen = await create({
      ...{ text: undefined!, docs, valFraction: 0.3 },
      config: { ...small, learning_rate: 0 },
    })
    const want = [...gpt.docs, ...gpt.docs].map((doc) => frozen.loss([doc.slice(0, 6)]))
    expect(lossesOf(frozen, { steps: 14 })).toEqual(want)
  })

  test('the alphabet includes held-out data', async () => {
    const gpt = await create({ text: `${'ab'.repeat(45)}${'cd'.repeat(10)}`, valFraction: 0.1 })
    expect(gpt.tokenizer.chars).toEqual(['a', 'b', 'c', 'd'])
    expect(gpt.validate()).toBeGreaterThan(0)
  })
})

describe('validation', () => {
  test.each<[string, Partial<CreateOptions>]>([
    ['documents', { text: undefined!, docs: names, valFraction: 0.1 }],
    ['a text', { valFraction: 0.2 }],
  ])('of %s is loss() over the held-out data', async (_, options) => {
    const gpt = await create(options)
    run(gpt)
    const held = TEXT.slice(800)
    const blocks = Array.from({ length: 33 }, (__, i) => held.slice(6 * i, 6 * i + 7))
    const want = gpt.mode === 'text' ? gpt.loss(blocks) : gpt.loss(gpt.valDocs)
    expect(gpt.validate()).toBe(want)
    expect(gpt.validate()).toBe(want)
  })

  test.each<[string, Partial<CreateOptions>, number]>([
    ['documents', { text: undefined!, docs: names, valFraction: 0.1 }, 1],
    ['documents in batches', { text: undefined!, docs: names, valFraction: 0.5 }, 9],
    ['a text', { valFraction: 0.2 }, 1],
    ['a text in batches', { valFraction: 0.2 }, 30],
  ])('of %s does not affect the run', async (_, options, batch_size) => {
    const [plain, watched] = [await create(options), await create(options)]
    const losses = lossesOf(plain, { batch_size })
    const steps = run(watched, { batch_size, evalEvery: 3 })
    expect(steps.map(({ loss }) => loss)).toEqual(losses)
    expect([...watched.stateDict].map(([, { grad }]) => grad)).toEqual(
      [...plain.stateDict].map(([, { grad }]) => grad),
    )
    expect(watched.save({ optimizer: true })).toEqual(plain.save({ optimizer: true }))
    expect(watched.sample()).toEqual(plain.sample())
    const due = steps.filter(({ valLoss }) => valLoss !== undefined)
    expect(due.map(({ step }) => step)).toEqual(
      [...Array(13).keys()].map((i) => 3 * i + 3).concat(40),
    )
    expect(due.at(-1)!.valLoss).toBe(watched.validate())
    expect(due[0]!.valLoss).not.toBe(due[1]!.valLoss)
    expect(run(plain, { steps: 1 }).every((step) => 'valLoss' in step)).toBe(false)
  })

  test('comes after the update of its step, and at the end of each call', async () => {
    const [gpt, other] = [await create({ valFraction: 0.1 }), await create({ valFraction: 0.1 })]
    for (const { step, valLoss } of gpt.train({ steps: 10, evalEvery: 4 })) {
      run(other, { steps: 1 })
      expect(valLoss).toBe(step % 4 === 0 || step === 10 ? other.validate() : undefined)
    }
    expect(run(gpt, { steps: 0, evalEvery: 1 })).toEqual([])
  })

  test('without a split the run is the same as before', async () => {
    const docs = names
    const [plain, zero] = [
      await MicroGPT.create({ docs, config: small }),
      await MicroGPT.create({ docs, config: small, valFraction: 0 }),
    ]
    expect(lossesOf(zero)).toEqual(lossesOf(plain))
    expect(zero.save({ optimizer: true })).toEqual(plain.save({ optimizer: true }))
    expect([zero.mode, zero.valFraction, zero.valDocs]).toEqual(['docs', 0, []])
  })
})

describe('sampling a text', async () => {
  const gpt = await create({ config: { ...small, batch_size: 4 } })
  run(gpt)
  const text = (options: Parameters<typeof gpt.generate>[0]) =>
    Array.from(gpt.generate({ seed: 3, ...options }), ({ char }) => char).join('')

  test('continues for length characters, 200 by default, and never draws BOS', () => {
    expect([...text({})]).toHaveLength(200)
    const wild = text({ length: 2000, temperature: 1e6 })
    expect([...wild]).toHaveLength(2000)
    expect(new Set(wild).size).toBe(14)
    for (const { top } of gpt.generate({ length: 3, topK: 20, seed: 1 })) {
      expect(top).toHaveLength(14)
      expect(top.some(({ char }) => char === '')).toBe(false)
      expect(top.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 12)
    }
    expect(text({ length: 0 })).toBe('')
    expect(gpt.sample({ length: 30 }).map((each) => each.length)).toEqual([30])
    expect(gpt.sample({ length: 9, count: 3 }).map((each) => each.length)).toEqual([9, 9, 9])
  })

  test('sees the last block_size characters, and begins after a newline', () => {
    expect(text({})).toBe(text({ prompt: '\n' }))
    const long = `${'tao'.repeat(50)}insert`
    expect(text({ prompt: long })).toBe(text({ prompt: 'insert' }))
    expect(text({ prompt: 'xinsert'.slice(1) })).not.toBe(text({ prompt: 'nsert' }))
    // The most likely character after each window, one window at a time.
    const greedy = text({ length: 30, temperature: 0, prompt: 'in' })
    for (let i = 6; i < 30; i++) {
      const window = `in${greedy}`.slice(i - 4, i + 2)
      expect(text({ length: 1, temperature: 0, prompt: window })).toBe(greedy[i])
    }
  })

  test('without a newline begins after the first character of the alphabet', async () => {
    const other = await create({ text: 'cab'.repeat(30) })
    const chars = (prompt: string) =>
      Array.from(other.generate({ prompt, seed: 1, length: 20 }), ({ char }) => char)
    expect(chars('')).toEqual(chars('a'))
  })

  test('with its own seed does not affect training; without one it changes the blocks', async () => {
    const runs = await Promise.all(
      [undefined, { length: 9, seed: 1 }, { length: 9 }].map(async (options) => {
        const other = await create()
        const before = lossesOf(other, { steps: 5 })
        if (options) expect([...other.generate(options)]).toHaveLength(9)
        return { before, after: lossesOf(other, { steps: 5 }) }
      }),
    )
    expect(runs[1]).toEqual(runs[0])
    expect(runs[2]).not.toEqual(runs[0])
  })

  test('loss() accepts pieces of text', () => {
    expect(gpt.loss(['ta', 'tao'])).toBe((gpt.loss(['ta']) + gpt.loss(['tao'])) / 2)
    expect(() => gpt.loss(['ta', 't'])).toThrow(
      /a piece of text must have at least 2 characters, got "t"/,
    )
  })
})

describe('what is rejected', () => {
  test.each<[string, object, new (...args: never[]) => Error, RegExp]>([
    ['both', { docs: names }, DatasetError, /^give docs or text, not both$/],
    ['neither', { text: undefined }, DatasetError, /^docs must be a list/],
    ['no string', { text: ['ab'] }, DatasetError, /^text must be a string, got ab$/],
    ['nothing', { text: '' }, DatasetError, /^text must have characters/],
    [
      'too short',
      { text: 'abcabc' },
      DatasetError,
      /has 6 characters to train on, .* takes 7 \(bl/,
    ],
    ['too little left', { valFraction: 0.999 }, DatasetError, /has 1 characters to train on/],
    ['too little held out', { valFraction: 0.006 }, DatasetError, /holds out 6 characters, but a/],
    ['a tiny part', { valFraction: 1e-9 }, DatasetError, /holds out 0 characters/],
    [
      'all',
      { valFraction: 1 },
      ConfigError,
      /^valFraction must be a number from 0 below 1, got 1;/,
    ],
    ['less than none', { valFraction: -0.1 }, ConfigError, /got -0.1; try 0.1$/],
    ['no number', { valFraction: '0.1' }, ConfigError, /got "0.1"; try 0.1$/],
    ['NaN', { valFraction: NaN }, ConfigError, /got NaN/],
    [
      'too few documents',
      { text: undefined, docs: ['a', 'b'], valFraction: 0.4 },
      DatasetError,
      /^valFraction 0.4 of 2 documents holds out none; give more/,
    ],
  ])('%s', async (_, options, error, message) => {
    const reason = await create(options).catch((cause: unknown) => cause)
    expect(reason).toBeInstanceOf(error)
    expect((reason as Error).message).toMatch(message)
  })

  test('a text of exactly one block can be trained on', async () => {
    expect(lossesOf(await create({ text: 'abcabca' }))).toHaveLength(40)
  })

  test('validation without anything held out', async () => {
    const gpt = await create()
    expect(() => gpt.validate()).toThrow(DatasetError)
    expect(() => gpt.validate()).toThrow(
      /nothing is held out .*; create the model with valFraction 0.1/,
    )
    expect(() => run(gpt, { evalEvery: 5 })).toThrow(
      /nothing is held out .*; create the model with valF/,
    )
    const held = await create({ valFraction: 0.1 })
    expect(() => run(held, { evalEvery: 0 })).toThrow(/evalEvery must be a whole number from 1/)
    held.free()
    expect(() => held.validate()).toThrow(TrainingError)
  })

  test('a length that cannot be used, or for documents', async () => {
    const gpt = await create()
    expect(() => gpt.sample({ length: -1 })).toThrow(/length must be a whole number from 0/)
    expect(() => [...gpt.generate({ length: 1.5 })]).toThrow(ConfigError)
    const docs = await create({ text: undefined!, docs: names })
    const sentence = /length is for models of a text; a document ends by itself or at block/
    expect(() => docs.sample({ length: 5 })).toThrow(sentence)
    expect(() => [...docs.generate({ length: 5 })]).toThrow(sentence)
  })
})
