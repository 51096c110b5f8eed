/** Share links: what is written is read back, and invalid links are refused. */
import { deflateRawSync } from 'node:zlib'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PRESETS } from '../../../src/config/config.js'
import {
  MAX_WORDS,
  ShareLinkError,
  type SharedRun,
  isShareHash,
  readShareLink,
  writeShareLink,
} from '../../../src/web/lib/share-link.js'

const RUN: SharedRun = {
  preset: 'tutorial',
  config: { n_embd: 32 },
  seed: '42',
  step: 500,
  dataset: 'names',
  mode: 'docs',
}
const OWN: SharedRun = { ...RUN, dataset: 'own', words: 'anna\nbob' }
const bytesOf = (text: string) => new TextEncoder().encode(text).length

const runs = fc
  .record({
    preset: fc.constantFrom('tutorial' as const, 'gist' as const),
    config: fc.record(
      {
        n_layer: fc.integer({ min: 1, max: 1024 }),
        block_size: fc.integer({ min: 1, max: 65536 }),
        learning_rate: fc.double({ min: 0, max: 1000, noNaN: true }).map((x) => x + 0),
        activation: fc.constantFrom('relu' as const, 'relu2' as const, 'gelu' as const),
        grad_clip: fc.constantFrom(null, 0.5, 1),
        num_steps: fc.integer({ min: 1000, max: 1e9 }),
      },
      { requiredKeys: [] },
    ),
    seed: fc.bigInt({ min: -(10n ** 99n), max: 10n ** 99n }).map(String),
    step: fc.integer({ min: 0, max: 500 }),
    mode: fc.constantFrom('docs' as const, 'text' as const),
    words: fc
      .string({ unit: 'binary', maxLength: 600 })
      .filter((text) => text.trim() !== '' && bytesOf(text) <= MAX_WORDS),
    own: fc.boolean(),
  })
  .map(({ own, words, ...rest }): SharedRun => {
    return Object.assign(rest, own ? { dataset: 'own', words } : { dataset: 'names' })
  })

test('any run is read back, except for fields that equal the preset', async () => {
  await fc.assert(
    fc.asyncProperty(runs, async (run) => {
      const hash = await writeShareLink(run)
      expect(hash).toMatch(/^#run=1\.[\w-]+$/)
      const read = await readShareLink(hash)
      const preset = PRESETS[run.preset]
      expect({ ...preset, ...read!.config }).toEqual({ ...preset, ...run.config })
      expect({ ...read, config: null }).toEqual({ ...run, config: null })
    }),
  )
})

test('words of exactly 2 KB fit, and one byte more does not', async () => {
  const words = 'ab\n'.repeat(700).slice(0, MAX_WORDS)
  const read = await readShareLink(await writeShareLink({ ...OWN, words }))
  expect(read!.words).toBe(words)
  const over = writeShareLink({ ...OWN, words: `${words}a` })
  await expect(over).rejects.toThrow('The words take 2049 bytes, but a link holds 2048.')
  const accents = writeShareLink({ ...OWN, words: 'é'.repeat(1025) })
  await expect(accents).rejects.toThrow('The words take 2050 bytes, but a link holds 2048.')
})

test('2 KB of words that cannot be compressed make a link under 4,000 characters', async () => {
  let x = 1
  const letter = () => String.fromCharCode(33 + ((x = Math.imul(x, 48271) >>> 1) % 94))
  const words = Array.from({ length: MAX_WORDS }, letter).join('')
  expect((await writeShareLink({ ...OWN, words })).length).toBeLessThan(4000)
})

test('fields that equal the preset are left out', async () => {
  const hash = await writeShareLink({ ...RUN, config: { n_embd: 16, n_layer: 2 } })
  expect((await readShareLink(hash))!.config).toEqual({ n_layer: 2 })
})

test.each(['', '#', '#train', '#preset=gist&seed=1'])('%j is not a share link', async (hash) => {
  expect(isShareHash(hash)).toBe(false)
  expect(await readShareLink(hash)).toBeNull()
})

/** FNV-1a from its definition, to forge links that pass the checksum. */
function fnv(bytes: Uint8Array): number {
  let hash = 2166136261n
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 16777619n) & 0xffffffffn
  return Number(hash)
}

function forge(json: string): string {
  const bytes = Buffer.from(json)
  const sum = Buffer.alloc(4)
  sum.writeUInt32BE(fnv(bytes))
  return `#run=1.${Buffer.concat([sum, deflateRawSync(bytes)]).toString('base64url')}`
}
const forged = (changes: object) => forge(JSON.stringify({ ...RUN, ...changes }))

test('a forged link with valid parts is read, so the refusals below are due to their parts', async () => {
  expect(await readShareLink(forged({}))).toEqual(RUN)
})

describe('refused with a message', () => {
  test.each([
    ['no version', '#run=', 'names no version'],
    ['no dot', '#run=1', 'names no version'],
    ['another version', '#run=2.AAAA', 'version 2, but this page reads version 1'],
    ['nothing after the version', '#run=1.', 'damaged'],
    ['other characters', '#run=1.AAAA%20AAAA', 'damaged'],
    ['an impossible length', '#run=1.AAAAAAAAA', 'damaged'],
    ['no valid stream', `#run=1.${Buffer.from('hello world').toString('base64url')}`, 'damaged'],
    ['too long', `#run=1.${'A'.repeat(20_000)}`, 'too long'],
    ['a bomb', forge(' '.repeat(5_000_000)), 'unpacks to more'],
    ['no JSON', forge('{'), 'damaged'],
    ['null', forge('null'), 'no settings'],
    ['a list', forge('[]'), 'no settings'],
    ['an unknown part', forged({ more: 1 }), 'does not know: "more"'],
    ['a prototype', forge(`{"__proto__": 1, ${JSON.stringify(RUN).slice(1)}`), 'does not know'],
    ['an unknown preset', forged({ preset: 'big' }), 'preset must be'],
    ['an unknown field', forged({ config: { size: 3 } }), 'no field'],
    ['a value out of range', forged({ config: { n_layer: 0 } }), 'n_layer must be'],
    ['no config', forged({ config: null }), 'config must be'],
    ['a seed that is a number', forged({ seed: 42 }), 'seed'],
    ['a seed of words', forged({ seed: '4x' }), 'seed'],
    ['a fraction of a step', forged({ step: 1.5 }), 'step'],
    ['a negative step', forged({ step: -1 }), 'step'],
    ['more steps than the run has', forged({ step: 501 }), 'from 0 to num_steps (500)'],
    ['a dataset that is a path', forged({ dataset: '../x' }), 'dataset'],
    ['an unknown mode', forged({ mode: 'csv' }), 'neither docs nor text'],
    ['own words that are missing', forged({ dataset: 'own' }), 'no words'],
    ['blank words', forged({ dataset: 'own', words: ' \n' }), 'no words'],
    ['words for another dataset', forged({ words: 'a' }), 'another dataset'],
    ['too many words', forged({ dataset: 'own', words: 'a'.repeat(2049) }), 'more than 2048'],
  ])('%s', async (_, hash, message) => {
    const error = await readShareLink(hash).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ShareLinkError)
    expect((error as Error).message).toContain(message)
    expect((error as Error).message).toMatch(/^[A-Z].*\.$/s)
  })
})

test('every changed or missing character is noticed', async () => {
  const hash = await writeShareLink(OWN)
  const start = hash.indexOf('.') + 1
  for (let i = start; i < hash.length; i++) {
    const other = hash[i] === 'A' ? 'B' : 'A'
    const changed = hash.slice(0, i) + other + hash.slice(i + 1)
    for (const bad of [changed, hash.slice(0, i) + hash.slice(i + 1)]) {
      const read = await readShareLink(bad).catch((error: unknown) => error)
      // The last character may have bits that no byte uses.
      if (i < hash.length - 1 || read instanceof Error) expect(read).toBeInstanceOf(ShareLinkError)
      else expect(read).toEqual(OWN)
    }
  }
})

test('random text is always refused with a ShareLinkError', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ maxLength: 200 }), async (noise) => {
      const error = await readShareLink(`#run=1.${noise}`).catch((e: unknown) => e)
      expect(error).toBeInstanceOf(ShareLinkError)
    }),
  )
})
