/** A run that was saved: at step 0, with another seed, again and again. */
import { describe, expect, test } from 'vitest'
import type { CreateOptions, LoadOptions } from '../../src/index.js'
import { MicroGPT, readCheckpoint } from '../../src/index.js'
import { readSafetensors } from '../../src/checkpoint/safetensors/read.js'
import { digest } from '../helpers/digest.js'

const docs = 'to toe note neon onto ten tot none tonne'.split(' ')
const text = 'one note to ten, ten notes to none\n'.repeat(4)
const config = { num_steps: 30, batch_size: 2 }

const RUNS: Record<string, CreateOptions> = {
  documents: { docs, config, seed: 5 },
  'the gist': { docs, preset: 'gist', config },
  'an odd number of parameters': { docs, config: { ...config, n_embd: 3, n_head: 1 } },
  'documents, some held out': { docs, config, valFraction: 0.3 },
  'a text': { text, config, seed: 5 },
  'a text, some held out': { text, config, valFraction: 0.2 },
}

/** What a run is given again when it is loaded. */
const dataOf = (options: CreateOptions): LoadOptions =>
  options.docs ? { docs: options.docs } : { text: options.text! }

const train = (gpt: MicroGPT, steps: number) => [...gpt.train({ steps })]
const run = { optimizer: true }
const fileOf = (gpt: MicroGPT) => digest(gpt.save(run))

describe.each(Object.keys(RUNS))('%s', (name) => {
  const options = RUNS[name]!
  const create = () => MicroGPT.create(options)

  test('saved at step 0 continues with the bits of a run that was not saved', async () => {
    const [whole, first] = [await create(), await create()]
    const file = first.save(run)
    expect(readCheckpoint(file).step).toBe(0)
    expect(fileOf(first)).toBe(digest(file))
    const loaded = await MicroGPT.load(file, dataOf(options))
    expect([loaded.step, loaded.docsSeen, loaded.docs]).toEqual([0, 0, whole.docs])
    expect(fileOf(loaded)).toBe(digest(file))
    expect(train(loaded, 7)).toStrictEqual(train(whole, 7))
    expect(fileOf(loaded)).toBe(fileOf(whole))
    expect(loaded.sample({ count: 2 })).toEqual(whole.sample({ count: 2 }))
  })

  test('saved at step 0 after sampling keeps the draws', async () => {
    const [whole, first] = [await create(), await create()]
    for (const gpt of [whole, first]) gpt.sample({ count: 3 })
    const loaded = await MicroGPT.load(first.save(run), dataOf(options))
    expect(loaded.sample({ count: 2 })).toEqual(whole.sample({ count: 2 }))
    expect(train(loaded, 3)).toStrictEqual(train(whole, 3))
    expect(fileOf(loaded)).toBe(fileOf(whole))
  })

  test('saved after each step is one run', async () => {
    const whole = await create()
    let gpt = await create()
    for (let step = 0; step < 4; step++) {
      gpt = await MicroGPT.load(gpt.save(run), dataOf(options))
      expect(train(gpt, 1)).toStrictEqual(train(whole, 1))
    }
    expect(fileOf(gpt)).toBe(fileOf(whole))
  })
})

describe.each(Object.keys(RUNS))('loaded with a seed: %s', (name) => {
  const options = RUNS[name]!

  /** Two runs whose generators are at different places, and one number of steps. */
  async function files(): Promise<Uint8Array[]> {
    const [one, other] = [await MicroGPT.create(options), await MicroGPT.create(options)]
    train(one, 3)
    train(other, 3)
    if (options.docs) other.sample({ count: 5 })
    return [one.save(run), other.save(run), one.save()]
  }

  test('the generator starts over; order, seed, steps and moments stay', async () => {
    const [file, moved] = await files()
    const load = (bytes: Uint8Array, seed?: number) =>
      MicroGPT.load(bytes, { ...dataOf(options), ...(seed === undefined ? {} : { seed }) })
    const plain = await load(file!)
    const gpt = await load(file!, 9)
    const { seed, docs: order, valDocs, step, docsSeen } = gpt
    expect([seed, order, valDocs, step, docsSeen]).toEqual([
      plain.seed,
      plain.docs,
      plain.valDocs,
      plain.step,
      plain.docsSeen,
    ])
    expect(gpt.params).toEqual(plain.params)
    const samples = gpt.sample({ count: 4 })
    expect((await load(moved!, 9)).sample({ count: 4 })).toEqual(samples)
    expect((await load(file!, 10)).sample({ count: 4 })).not.toEqual(samples)
    // Documents draw nothing as they train; a text draws its blocks.
    const [with9, with9too] = [await load(file!, 9), await load(moved!, 9)]
    const steps = train(with9, 4)
    expect(train(with9too, 4)).toStrictEqual(steps)
    const without = train(plain, 4)
    if (options.docs) expect(steps).toStrictEqual(without)
    else expect(steps).not.toStrictEqual(without)
    expect(fileOf(with9)).toBe(fileOf(with9too))
  })

  test('without data, and of the parameters alone, it draws what that seed draws', async () => {
    const [file, moved, parameters] = await files()
    const [a, b, c] = await Promise.all(
      [file!, moved!, parameters!].map((bytes) => MicroGPT.load(bytes, { seed: 9 })),
    )
    const samples = a!.sample({ count: 4 })
    expect(b!.sample({ count: 4 })).toEqual(samples)
    expect(c!.sample({ count: 4 })).toEqual(samples)
    expect([a!.step, b!.step]).toEqual([3, 3])
  })

  test('and saved again continues from there', async () => {
    const [file] = await files()
    const gpt = await MicroGPT.load(file!, { ...dataOf(options), seed: 9 })
    gpt.sample({ count: 2 })
    const again = await MicroGPT.load(gpt.save(run), dataOf(options))
    expect(again.sample({ count: 2 })).toEqual(gpt.sample({ count: 2 }))
    expect(train(again, 2)).toStrictEqual(train(gpt, 2))
  })
})

test('parameters alone of a step beyond num_steps are saved with the documents seen', async () => {
  const gpt = await MicroGPT.create({ docs, config: { num_steps: 3, batch_size: 4 } })
  for (const [steps, seen] of [
    [3, undefined],
    [2, '20'],
  ] as const) {
    train(gpt, steps)
    const { metadata } = readSafetensors(gpt.save())
    expect(metadata.get('docs_seen')).toBe(seen)
    expect(readCheckpoint(gpt.save()).step).toBe(gpt.step)
  }
})
