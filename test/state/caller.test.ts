/** What the caller gave is the caller's again: changing it later changes no model. */
import { describe, expect, test } from 'vitest'
import type { ConfigInput, CreateOptions, LoadOptions } from '../../src/index.js'
import { Arena, MicroGPT, Tokenizer, TrainingError, loadCore } from '../../src/index.js'
import { digest } from '../helpers/digest.js'

const WORDS = ['to', 'toe', 'note', 'neon', 'onto', 'ten', 'tot', 'none', 'tonne']
const TEXT = 'one note to ten, ten notes to none\n'.repeat(4)

/** The state and behavior of a model: it trains a little, validates if it can, and samples. */
function life(gpt: MicroGPT) {
  const { config, docs, valDocs, counts, tokenizer, seed, preset, valFraction } = gpt
  const of = { config, docs: [...docs], valDocs: [...valDocs], chars: [...tokenizer.chars] }
  const steps = [...gpt.train({ steps: 6 })]
  const validated = counts.val > 0 ? gpt.validate() : null
  const rest = { file: digest(gpt.save({ optimizer: true })), samples: gpt.sample({ count: 3 }) }
  return { ...of, counts, seed, preset, valFraction, steps, validated, ...rest }
}

/** Writes something else into all that an object holds. */
function ruin(options: { docs?: string[]; config?: ConfigInput }): void {
  options.docs?.splice(0, 4, 'zzz', 'a letter that there was not')
  options.docs?.reverse()
  if (options.config) Object.assign(options.config, { n_embd: 4, n_layer: 1, batch_size: 5 })
  const odd = { preset: 'gist', seed: 1, valFraction: 0.5, threads: 'many', text: 'x', fast: 1 }
  Object.assign(options, odd, { docs: ['q'], config: { n_embd: 12 }, optimizer: false })
}

/** Goes on changing what was given until a promise is kept. */
async function whileRuined<T>(given: object, pending: Promise<T>): Promise<T> {
  const state = { over: false }
  const end = () => void (state.over = true)
  pending.then(end, end)
  const { docs = [] } = given as { docs?: string[] }
  ruin(given)
  for (let i = 0; !state.over; i++) {
    docs[i % 9] = `${i}`
    await (i % 2 ? null : new Promise((resolve) => setImmediate(resolve)))
  }
  return pending
}

const GIVEN: Record<string, () => CreateOptions> = {
  documents: () => ({ docs: [...WORDS], config: { n_embd: 8, batch_size: 2 }, seed: 7 }),
  'documents, some held out': () => ({ docs: [...WORDS], config: {}, valFraction: 0.3 }),
  'documents, on two threads': () => ({ docs: [...WORDS], config: { batch_size: 3 }, threads: 2 }),
  'a text': () => ({ text: TEXT, config: { n_embd: 8, block_size: 5 }, valFraction: 0.2 }),
}

describe.each(Object.keys(GIVEN))('%s', (name) => {
  const options = GIVEN[name]!

  test('changed while create() is pending', async () => {
    const want = life(await MicroGPT.create(options()))
    const given = options()
    expect(life(await whileRuined(given, MicroGPT.create(given)))).toStrictEqual(want)
  })

  test('changed once the model is there', async () => {
    const want = life(await MicroGPT.create(options()))
    const given = options()
    const gpt = await MicroGPT.create(given)
    ruin(given as { docs: string[] })
    expect(life(gpt)).toStrictEqual(want)
  })

  test('changed while load() is pending, and afterwards', async () => {
    const first = await MicroGPT.create(options())
    for (const _ of first.train({ steps: 3 })) continue
    const file = first.save({ optimizer: true })
    const { config: _config, seed: _seed, ...data } = options()
    const loading = (): LoadOptions => structuredClone({ ...data, config: { num_steps: 90 } })
    const want = life(await MicroGPT.load(file, loading()))
    const given = loading()
    const gpt = await whileRuined(given, MicroGPT.load(file, given))
    ruin(given as { docs: string[] })
    expect(life(gpt)).toStrictEqual(want)
  })
})

test('what was given is not changed by the model', async () => {
  const docs = Object.freeze([...WORDS]) as string[]
  const config = Object.freeze({ n_embd: 8, batch_size: 2 })
  const gpt = await MicroGPT.create(Object.freeze({ docs, config, valFraction: 0.3 }))
  life(gpt)
  expect([docs, config]).toEqual([WORDS, { n_embd: 8, batch_size: 2 }])
  expect(gpt.docs).not.toBe(docs)
  expect(Object.isFrozen(gpt.config)).toBe(true)
})

test('a list of characters and a plan stay the caller’s: neither frozen nor kept', async () => {
  const chars = ['a', 'b']
  const tokenizer = new Tokenizer(chars)
  chars.push('c')
  expect([tokenizer.chars, tokenizer.vocabSize]).toEqual([['a', 'b'], 3])

  const plan = { params: 2, values: 4, scratch: 0, records: 1 }
  const arena = new Arena(await loadCore(), plan)
  plan.values = 99
  expect(arena.plan).toEqual({ params: 2, values: 4, scratch: 0, records: 1 })
  expect(arena.room).toBe(4)
})

test('options of a call, changed between two steps or characters', async () => {
  const [gpt, other] = await Promise.all([0, 1].map(() => MicroGPT.create({ docs: WORDS })))
  const train = { steps: 4, batch_size: 2 }
  const steps = []
  for (const step of gpt!.train(train)) {
    steps.push(step)
    Object.assign(train, { steps: 9, batch_size: 5 })
  }
  expect(steps).toEqual([...other!.train({ steps: 4, batch_size: 2 })])
  const generate = { prompt: 'n', temperature: 2, topK: 3, seed: 5 }
  const text = []
  for (const one of gpt!.generate(generate)) {
    text.push(one)
    Object.assign(generate, { prompt: 'ten', temperature: 0, topK: 1, seed: 6 })
  }
  expect(text).toEqual([...other!.generate({ prompt: 'n', temperature: 2, topK: 3, seed: 5 })])
})

describe.each([1, 2])('after free(), with threads: %i', (threads) => {
  test('views keep their numbers, and other models are what they were', async () => {
    const make = () => MicroGPT.create({ docs: WORDS, threads, config: { batch_size: 2 } })
    const [gpt, other, want] = await Promise.all([make(), make(), make()])
    for (const one of [gpt, other, want]) for (const _ of one.train({ steps: 2 })) continue
    const { stateDict, params } = gpt
    const kept = (dict: typeof stateDict) =>
      [...dict.values()].map(({ name, shape, data, grad }) => [name, shape, [...data], [...grad]])
    const before = kept(stateDict)
    gpt.free()
    expect(() => gpt.stateDict).toThrow(TrainingError)
    // The memory lives as long as a view on it: models made since have taken none of it.
    const later = await make()
    for (const _ of later.train({ steps: 3 })) continue
    expect(kept(stateDict)).toStrictEqual(before)
    stateDict.get('wte')!.data.fill(NaN)
    expect(Number.isNaN(params[0])).toBe(true)
    expect(kept(other.stateDict)).toStrictEqual(kept(want.stateDict))
    expect([...other.train({ steps: 3 })]).toStrictEqual([...want.train({ steps: 3 })])
    for (const one of [other, want, later]) one.free()
  })
})
