/** The key/value cache: who wrote its positions last never shows in what is generated. */
import { describe, expect, test } from 'vitest'
import type { GenerateOptions, Generated } from '../../src/index.js'
import { MicroGPT } from '../../src/index.js'

const WORDS = 'to toe note neon onto ten tot none tonne'.split(' ')
const TEXT = 'one note to ten, ten notes to none\n'.repeat(6)
const config = { n_layer: 2, block_size: 6, init_std: 0.4, zero_init_projections: false }

const models = {
  documents: () => MicroGPT.create({ docs: WORDS, config }),
  'a text': () => MicroGPT.create({ text: TEXT, config }),
}
type Model = keyof typeof models
const MODELS = Object.keys(models) as Model[]

/** What a generator gives on a separate model, whose cache is not used by others. */
async function alone(model: Model, options: GenerateOptions): Promise<Generated[]> {
  return [...(await models[model]()).generate(options)]
}

/** Text of a model goes on past its window; a document ends itself. */
const long = (model: Model) => (model === 'a text' ? { length: 20 } : {})

/** Some samples, the last of which are hardly all empty. */
const some = ({ mode }: MicroGPT) => (mode === 'text' ? { count: 1, length: 9 } : { count: 7 })

/** Lets several generators draw a character in turn, and calls back between two of them. */
function inTurn(running: Generator<Generated>[], between: () => void = () => {}): Generated[][] {
  const given = running.map((): Generated[] => [])
  const open = new Set(running.keys())
  while (open.size > 0) {
    for (const i of open) {
      const { done, value } = running[i]!.next()
      if (done) open.delete(i)
      else given[i]!.push(value)
      between()
    }
  }
  return given
}

describe.each(MODELS)('a model of %s', (model) => {
  // A long text is sampled in one piece.
  const sideBySide = model === 'documents'
  const LISTS: Record<string, GenerateOptions[]> = {
    'two generators': [{ seed: 1 }, { seed: 2 }],
    'generators of one prompt': [
      { prompt: 'to', seed: 3 },
      { prompt: 'to', seed: 3 },
      { prompt: 'to', seed: 4 },
    ],
    'prompts of every length': ['n', 'no', 'non', 'none', 'nonen'].map((prompt, seed) => {
      return { prompt, seed }
    }),
    'temperatures, greedy among them': [0, 0.1, 1, 30].map((temperature) => {
      return { temperature, seed: 5, topK: 3 }
    }),
  }

  test.each(Object.keys(LISTS))('%s at a time give what each gives alone', async (name) => {
    const list = LISTS[name]!.map((options) =>
      Object.assign({ temperature: 2 }, long(model), options),
    )
    const want = await Promise.all(list.map((options) => alone(model, options)))
    expect(Math.max(...want.map(({ length }) => length))).toBeGreaterThan(1)
    const gpt = await models[model]()
    expect(inTurn(list.map((options) => gpt.generate(options)))).toStrictEqual(want)
  })

  test.each<[string, (gpt: MicroGPT) => void]>([
    ['sample()', (gpt) => void gpt.sample({ ...some(gpt), temperature: 9 })],
    ['greedy sample()', (gpt) => void gpt.sample({ count: 1, temperature: 0 })],
    ['sample() side by side', (gpt) => void gpt.sample({ ...some(gpt), sideBySide })],
    ['no sample()', (gpt) => void gpt.sample({ count: 0 })],
    ['another generator', (gpt) => void [...gpt.generate({ prompt: 'neo', seed: 9 })]],
    ['a generator that is left', (gpt) => void gpt.generate({ prompt: 'e', seed: 9 }).next()],
    ['loss()', (gpt) => void gpt.loss(['tonnetonne', 'no'])],
    ['save()', (gpt) => void gpt.save()],
    ['a refused prompt', (gpt) => expect(() => gpt.generate({ prompt: 'ü' }).next()).toThrow()],
  ])('%s between two characters changes none', async (_name, between) => {
    const options = { prompt: 't', seed: 6, temperature: 2, ...long(model) }
    const want = await alone(model, options)
    expect(want.length).toBeGreaterThan(1)
    const gpt = await models[model]()
    expect(inTurn([gpt.generate(options)], () => between(gpt))).toStrictEqual([want])
  })

  test('prompt after prompt, longer and shorter, each as in a new model', async () => {
    const gpt = await models[model]()
    for (const prompt of ['none', 'n', '', 'tonne', 'non', 'none', 'no', 'tonne']) {
      const options = { prompt, seed: 8, temperature: 2, ...long(model) }
      expect([...gpt.generate(options)]).toStrictEqual(await alone(model, options))
    }
  })

  test('generators between samples do not change the samples', async () => {
    const [gpt, other] = [await models[model](), await models[model]()]
    const running = gpt.generate({ seed: 1, temperature: 2 })
    for (const together of [false, sideBySide, false, sideBySide]) {
      running.next()
      const options = { count: 3, temperature: 2, sideBySide: together }
      expect(gpt.sample(options)).toEqual(other.sample(options))
    }
  })
})

test('keys and values stay as they were computed; what is written counts from then on', async () => {
  const begin = { prompt: 't', seed: 6, temperature: 2 }
  const want = await alone('documents', begin)
  expect(want.length).toBeGreaterThan(3)
  const gpt = await models.documents()
  const { BOS } = gpt.tokenizer
  const wte = gpt.stateDict.get('wte')!
  const running = gpt.generate(begin)
  const got = [running.next().value]
  // The row of BOS is read at position 0 alone, which has been computed.
  wte.data.subarray(BOS * 16).fill(5)
  got.push(...running)
  expect(got).toStrictEqual(want)
  expect([...gpt.generate(begin)]).not.toStrictEqual(want)
})

test('after a training step between two characters the past is computed again', async () => {
  const [gpt, other] = [await models.documents(), await models.documents()]
  const running = gpt.generate({ temperature: 0 })
  let text = String(running.next().value!.char)
  for (const each of [gpt, other]) for (const _ of each.train({ steps: 1 })) continue
  const next = running.next()
  expect(next).toEqual(other.generate({ prompt: text, temperature: 0 }).next())
  text += next.value?.char ?? ''
  expect(text.length).toBeGreaterThan(0)
})
