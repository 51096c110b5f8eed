/** Options that are valid and would have no effect are refused: nothing is ignored. */
import { describe, expect, test } from 'vitest'
import { ConfigError, MicroGPT } from '../../src/index.js'
import { coreUrl } from '../../src/engine/assets.js'
import type { Seed } from '../../src/index.js'
import { ValueGPT } from '../../src/reference/model.js'
import { TypedGPT } from '../../src/reference/typed.js'

const docs = ['anna', 'otto', 'nana', 'toto']
const text = docs.join(' ').repeat(4)
const core = coreUrl()
const model = async (options: object = {}) => MicroGPT.create({ docs, ...options })
const saved = async (options: object = {}) => (await model(options)).save({ optimizer: true })

describe('are refused, with the option that has no effect', () => {
  test.each<[string, string, () => unknown, RegExp]>([
    ['create', 'fast', () => model({ fast: true, core }), /^fast .* core is given; leave it out$/],
    ['create on threads', 'fast', () => model({ fast: true, core, threads: 2 }), /core is given/],
    ['create', 'fast', () => model({ fast: 'yes' }), /fast must be true or false, got "yes"/],
    [
      'load',
      'fast',
      async () => MicroGPT.load(await saved(), { fast: true, core }),
      /core is given/,
    ],
    [
      'load',
      'preset',
      async () => MicroGPT.load(await saved(), { preset: 'gist' }),
      /^preset conflicts with the file's, which is tutorial; leave it out$/,
    ],
    [
      'load',
      'alphabet',
      async () => MicroGPT.load(await saved(), { alphabet: ['a', 'b'] }),
      /^alphabet conflicts/,
    ],
    [
      'load',
      'valFraction',
      async () => MicroGPT.load(await saved(), { valFraction: 0.5 }),
      /needs data to hold out from: docs or text/,
    ],
    ['load', 'widen', async () => MicroGPT.load(await saved(), { widen: 1 as any }), /true or/],
    [
      'load',
      'optimizer',
      async () => MicroGPT.load(await saved(), { optimizer: 'no' as any }),
      /optimizer must be true or false, got "no"/,
    ],
    [
      'sample',
      'sideBySide',
      async () => (await MicroGPT.create({ text })).sample({ sideBySide: true }),
      /^sideBySide is for models of documents; leave it out$/,
    ],
    ['sample', 'sideBySide', async () => (await model()).sample({ sideBySide: 1 as any }), /true/],
    ['save', 'optimizer', async () => (await model()).save({ optimizer: 'x' as any }), /true or/],
  ])('%s %s', async (_call, field, call, message) => {
    const error = await Promise.resolve()
      .then(call)
      .catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ConfigError)
    expect((error as ConfigError).message).toMatch(message)
    expect((error as ConfigError).field).toBe(field)
  })

  test.each([ValueGPT, TypedGPT])('%o takes no options of the core', (Twin) => {
    const make = (more: object) => new Twin({ docs, ...more })
    for (const more of [{ threads: 2 }, { valFraction: 0.5 }, { fast: true }]) {
      expect(() => make(more)).toThrow(ConfigError)
      expect(() => make(more)).toThrow(/has no option/)
    }
    expect(() => [...make({}).train({ batch_size: 2 } as object)]).toThrow(/train has no option/)
    expect(() => make({}).sample({ length: 2 } as object)).toThrow(/sample has no option/)
    expect(() => new Twin(null as any)).toThrow(ConfigError)
  })
})

describe('are accepted', () => {
  test('when they say nothing else than the others', async () => {
    const file = await saved()
    const seed: Seed = 7
    for (const options of [
      { fast: false, core },
      { preset: 'tutorial' },
      { alphabet: ['a', 'n', 'o', 't'] },
      { valFraction: 0 },
      { optimizer: false, seed },
      { docs, valFraction: 0.5, optimizer: false },
    ]) {
      expect((await MicroGPT.load(file, options)).numParams).toBeGreaterThan(0)
    }
    expect((await MicroGPT.create({ text })).sample({ sideBySide: false })).toHaveLength(1)
  })

  test('threads auto is 1 with a core that has no build for threads', async () => {
    const config = { n_embd: 64, block_size: 32, batch_size: 16 }
    const path = core.pathname
    expect((await model({ config, core: path, threads: 'auto' })).threads).toBe(1)
    expect((await model({ core: await WebAssembly.compile(await bytes()) })).threads).toBe(1)
  })
})

const bytes = async () => {
  const { readFile } = await import('node:fs/promises')
  return new Uint8Array(await readFile(core))
}
