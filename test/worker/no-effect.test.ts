/** Options without effect are refused by a worker's model as by one on the page. */
import { describe, expect, test } from 'vitest'
import { ConfigError, MicroGPT, coreUrl } from '../../src/index.js'
import { createWorkerModel, loadWorkerModel } from '../../src/index.js'
import type { CreateOptions, LoadOptions, SampleOptions } from '../../src/index.js'
import { useFakeWorkers, worker } from './fake-worker.js'

useFakeWorkers()

const docs = ['anna', 'otto', 'nana', 'toto']
const text = docs.join(' ').repeat(4)
const core = coreUrl()
const saved = async () => (await MicroGPT.create({ docs })).save({ optimizer: true })

/** Expects the same refusal of both, which names the option. */
async function refused(field: string, here: () => unknown, there: () => unknown) {
  const errorOf = async (call: () => unknown) => {
    const result = Promise.resolve().then(call)
    return result.then(
      () => null,
      (error: unknown) => error as ConfigError,
    )
  }
  const [onPage, inWorker] = [await errorOf(here), await errorOf(there)]
  for (const error of [onPage, inWorker]) {
    expect(error).toBeInstanceOf(ConfigError)
    expect(error!.field).toBe(field)
    expect(error!.message).toMatch(/; leave it out$/)
  }
  expect(inWorker!.message).toBe(onPage!.message)
}

describe('as MicroGPT does', () => {
  test.each<[string, CreateOptions]>([
    ['fast with a core', { docs, fast: true, core }],
    ['fast with the address of a core', { docs, fast: true, core: core.href }],
    ['fast with a core, on threads', { docs, fast: true, core, threads: 2 }],
  ])('create: %s', async (_, options) => {
    await refused(
      'fast',
      () => MicroGPT.create(options),
      () => createWorkerModel(options),
    )
    expect(worker().terminated).toBe(true)
  })

  test.each<[string, string, LoadOptions]>([
    ['fast', 'with a core', { fast: true, core }],
    ['valFraction', 'without data', { valFraction: 0.5 }],
    ['preset', 'unlike that of the file', { preset: 'gist' }],
    ['alphabet', 'unlike that of the file', { alphabet: ['a', 'b'] }],
  ])('load: %s %s', async (field, _, options) => {
    const file = await saved()
    await refused(
      field,
      () => MicroGPT.load(file, options),
      () => loadWorkerModel(file.slice(), options),
    )
    expect(worker().terminated).toBe(true)
  })

  test.each<[string, CreateOptions, SampleOptions]>([
    ['sideBySide', { text }, { sideBySide: true }],
    ['length', { docs }, { length: 3 }],
  ])('sample: %s', async (field, data, options) => {
    const [here, there] = [await MicroGPT.create(data), await createWorkerModel(data)]
    await refused(
      field,
      () => here.sample(options),
      () => there.sample(options),
    )
    // The worker still serves its model.
    expect(await there.sample({ count: 1 })).toEqual(here.sample({ count: 1 }))
  })
})

describe('accepted, as they agree with the rest', () => {
  test('fast: false with a core; the preset and the alphabet of the file; no split', async () => {
    const made = await createWorkerModel({ docs, fast: false, core })
    expect(made.numParams).toBe((await MicroGPT.create({ docs })).numParams)
    const file = await saved()
    for (const options of [
      { preset: 'tutorial' },
      { alphabet: ['a', 'n', 'o', 't'] },
      { valFraction: 0 },
      { fast: false, core },
    ]) {
      expect((await loadWorkerModel(file.slice(), options)).numParams).toBe(made.numParams)
    }
    expect(await (await createWorkerModel({ text })).sample({ sideBySide: false })).toHaveLength(1)
  })
})
