/** Wrong arguments of the library: an error class of the package, never a TypeError of the engine. */
import { describe, expect, test } from 'vitest'
import {
  MicroGPT,
  MicroGPTError,
  Tokenizer,
  readCheckpoint,
  resolveConfig,
} from '../../src/index.js'

const docs = ['anna', 'otto']
const odd: any = [5, 'x', null, true, Symbol('s'), () => 1, NaN, 10n, new Date(0), new Map(), {}]

async function expectRefused(call: () => unknown): Promise<void> {
  const error = await Promise.resolve()
    .then(call)
    .then(
      () => undefined,
      (e: unknown) => e,
    )
  expect(error).toBeInstanceOf(MicroGPTError)
  expect((error as Error).message).not.toMatch(/undefined \(reading|is not (a function|iterable)/)
}

describe('are refused', () => {
  const isText = (x: unknown) => typeof x === 'string'
  const isWhole = (x: unknown) => typeof x === 'bigint' || x === 5
  const isEmpty = (x: unknown) => x instanceof Map
  const isObject = (x: unknown) => Object.prototype.toString.call(x) === '[object Object]'
  /** A call, and which of the odd values it can use after all. */
  test.each<[string, (x: any) => unknown, ((x: unknown) => boolean)?]>([
    ['new Tokenizer', (x) => new Tokenizer(x)],
    ['decode', (x) => Tokenizer.of(docs).decode(x), isEmpty],
    ['encode', (x) => Tokenizer.of(docs).encode(x)],
    ['create', (x) => MicroGPT.create(x)],
    ['create docs', (x) => MicroGPT.create({ docs: x })],
    ['create config', (x) => MicroGPT.create({ docs, config: x }), isObject],
    ['create seed', (x) => MicroGPT.create({ docs, seed: x }), isWhole],
    ['create preset', (x) => MicroGPT.create({ docs, preset: x })],
    ['create threads', (x) => MicroGPT.create({ docs, threads: x }), (x) => x === 5],
    ['create text', (x) => MicroGPT.create({ text: x }), isText],
    ['resolveConfig', (x) => resolveConfig('tutorial', x), isObject],
    ['load', (x) => MicroGPT.load(x)],
    ['readCheckpoint', (x) => readCheckpoint(x)],
  ])('%s', async (_, call, isFine = () => false) => {
    for (const x of odd) if (!isFine(x)) await expectRefused(() => call(x))
  })

  test.each<[string, (gpt: MicroGPT, x: any) => unknown]>([
    ['sample', (gpt, x) => gpt.sample(x)],
    ['sample count', (gpt, x) => gpt.sample({ count: x })],
    ['generate prompt', (gpt, x) => [...gpt.generate({ prompt: x })]],
    ['train steps', (gpt, x) => [...gpt.train({ steps: x })]],
    ['save', (gpt, x) => gpt.save(x)],
    ['loss', (gpt, x) => gpt.loss(x)],
    ['docsSeen', (gpt, x) => (gpt.docsSeen = x)],
  ])('%s', async (name, call) => {
    const gpt = await MicroGPT.create({ docs })
    for (const x of [NaN, 'q', null, 10n, new Map(), Symbol('s'), 1e300, -1, 0.5]) {
      await expectRefused(() => call(gpt, x))
    }
    expect(name && gpt.step).toBe(0)
  })

  test('the options of load', async () => {
    const bytes = (await MicroGPT.create({ docs })).save()
    for (const config of [true, new Map(), new Date(0), Promise.resolve(), [1], 'x']) {
      await expectRefused(() => MicroGPT.load(bytes, { config } as any))
    }
    await expectRefused(() => MicroGPT.load(bytes, { maxHeader: 10n } as any))
    await expectRefused(() => MicroGPT.load(bytes, true as any))
  })
})

test('a model is shown by JSON.stringify', async () => {
  const gpt = await MicroGPT.create({ docs, seed: 2n ** 70n })
  expect(JSON.parse(JSON.stringify(gpt))).toMatchObject({
    seed: String(2n ** 70n),
    step: 0,
    mode: 'docs',
  })
  gpt.free()
  expect(JSON.parse(JSON.stringify(gpt)).step).toBe(null)
})

test('what is deleted from stateDict is not missing in the model', async () => {
  const gpt = await MicroGPT.create({ docs })
  ;(gpt.stateDict as Map<string, unknown>).delete('wte')
  expect(gpt.sample({ count: 2 })).toHaveLength(2)
  expect([...gpt.train({ steps: 1 })]).toHaveLength(1)
  expect(readCheckpoint(gpt.save()).table).toHaveLength(9)
})
