/** The reader guesses nothing, and whatever can be written can be read, at the limit of each range. */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import {
  PRESETS,
  CheckpointError,
  ConfigError,
  MicroGPT,
  type NamedTensor,
  readCheckpoint,
  readSafetensors,
  safetensorsPieces,
  writeSafetensors,
} from '../../src/index.js'
import { cpuTime } from '../helpers/cpu-time.js'

const docs = ['anna', 'otto', 'noah']
const small = { n_embd: 4, n_head: 2, num_steps: 20 }
const full = { optimizer: true }

async function trained(options: object = {}, steps = 3) {
  const gpt = await MicroGPT.create({ docs, config: small, ...options })
  for (const _step of gpt.train({ steps })) continue
  return gpt
}

/** A file with other metadata: a word is set, or left out where it is undefined. */
function changed(bytes: Uint8Array, words: Record<string, string | undefined>): Uint8Array {
  const { metadata, tensors } = readSafetensors(bytes)
  const named: NamedTensor[] = Array.from(tensors, ([name, tensor]) => {
    return { name, shape: tensor.shape, data: new Float64Array(tensor.bytes.slice().buffer) }
  })
  const all = Object.entries({ ...Object.fromEntries(metadata), ...words })
  const kept = all.filter((entry): entry is [string, string] => entry[1] !== undefined)
  return writeSafetensors(named, Object.fromEntries(kept))
}

function refusal(bytes: Uint8Array, options = {}): CheckpointError {
  try {
    readCheckpoint(bytes, options)
  } catch (error) {
    expect(error).toBeInstanceOf(CheckpointError)
    return error as CheckpointError
  }
  throw new Error('it was read')
}

describe('metadata that a run cannot have', () => {
  const nines = '9'.repeat(9865)
  test.each<[string, Record<string, string | undefined>, RegExp]>([
    ['no step', { step: undefined }, /metadata lacks step/],
    ['no seed', { seed: undefined }, /metadata lacks seed/],
    ['a gauss that is blank', { random_gauss: ' ' }, /random_gauss cannot be used/],
    ['a gauss that is empty', { random_gauss: '' }, /random_gauss cannot be used/],
    ['a gauss in hexadecimal', { random_gauss: '0x10' }, /random_gauss cannot be used/],
    ['a gauss that is infinite', { random_gauss: 'Infinity' }, /random_gauss cannot be used/],
    ['a step beyond num_steps', { step: '21' }, /step must be from 0 to num_steps \(20\), got 21/],
    ['a step far beyond', { step: '999999999999999' }, /step must be from 0 to num_steps/],
    ['a step beyond 2^53', { step: '9007199254740993' }, /step must be below 2\^53/],
    ['a seed of 9,865 nines', { seed: nines }, /seed must be below 2\^32768/],
    ['a seed of ten thousand digits', { seed: `${nines}${nines}` }, /seed cannot be used/],
  ])('%s', async (_, words, sentence) => {
    const error = refusal(changed((await trained()).save(full), words))
    expect([error.code, error.message]).toEqual(['metadata', expect.stringMatching(sentence)])
  })
})

describe('what is written at a limit is read back', () => {
  const again = async (gpt: MicroGPT, data: object = { docs }) => {
    const bytes = gpt.save(full)
    const loaded = await MicroGPT.load(bytes, data)
    expect(loaded.save(full)).toEqual(bytes)
    return loaded
  }

  test.each([2n ** 32768n - 1n, -(2n ** 32768n - 1n), 0n])('a seed', async (seed) => {
    expect((await again(await trained({ seed }))).seed).toBe(seed)
  })

  test('steps beyond num_steps, with a run and without', async () => {
    const gpt = await trained({ config: { ...small, num_steps: 2, lr_schedule: 'constant' } }, 5)
    expect((await again(gpt)).step).toBe(5)
    expect(readCheckpoint(gpt.save()).step).toBe(5)
  })

  test('as many documents seen as a number counts', async () => {
    const gpt = await trained()
    gpt.docsSeen = Number.MAX_SAFE_INTEGER
    expect((await again(gpt)).docsSeen).toBe(Number.MAX_SAFE_INTEGER)
  })

  test.each([0.5, 0.3333333333333333, 0.99])('a fraction of %d held out', async (valFraction) => {
    const many = Array.from({ length: 300 }, (_, i) => 'abc'.repeat(1 + (i % 3)))
    const gpt = await trained({ docs: many, valFraction })
    expect((await again(gpt, { docs: many })).valFraction).toBe(valFraction)
  })

  test('1,024 layers with their moments: 18,433 tensors', async () => {
    const config = { n_embd: 1, n_head: 1, n_layer: 1024, block_size: 1 }
    const gpt = await trained({ config }, 0)
    const bytes = gpt.save(full)
    const { tensors } = readSafetensors(bytes)
    expect(tensors.size).toBe(3 * (3 + 6 * 1024) + 1)
    expect(readCheckpoint(bytes).config.n_layer).toBe(1024)
  }, 60_000)

  test('an alphabet of 64,000 characters, in time', async () => {
    const chars = Array.from({ length: 64_000 }, (_, i) =>
      String.fromCodePoint(0x4e00 + i + (i > 34_000 ? 0x10000 : 0)),
    )
    const text = chars.filter((char) => !/[\ud800-\udfff]/.test(char) || char.length === 2)
    const many = [text.join('')]
    const gpt = await MicroGPT.create({
      docs: many,
      config: { n_embd: 1, n_head: 1, block_size: 1 },
    })
    const bytes = gpt.save(full)
    const began = cpuTime()
    await MicroGPT.load(bytes, { docs: many })
    expect(cpuTime() - began).toBeLessThan(3000)
  }, 60_000)
})

describe('headers of other programs', () => {
  test('need no padding', async () => {
    const url = new URL('fixtures/unaligned-mlx.safetensors', import.meta.url)
    const gpt = await MicroGPT.load(readFileSync(url))
    expect(gpt.sample({ count: 3 })).toHaveLength(3)
  })

  test.each([NaN, -1, 0, 10n, 'x', null])('maxHeader %s does not lift the limit', (maxHeader) => {
    const bytes = writeSafetensors([], { a: 'x'.repeat(17 * 2 ** 20) })
    expect(() => readCheckpoint(bytes, { maxHeader } as any)).toThrow(ConfigError)
  })

  test('without metadata: what is missing is said, and what helps', async () => {
    const gpt = await trained()
    const { tensors } = readSafetensors(gpt.save())
    const named = Array.from(tensors, ([name, { shape, bytes }]) => {
      return { name, shape, data: new Float64Array(bytes.slice().buffer) }
    })
    const bytes = writeSafetensors(named, {})
    expect(refusal(bytes).message).toMatch(/no config .*; give preset and config/)
    expect(refusal(bytes, { config: small }).message).toMatch(/give alphabet/)
    const alphabet = [...'ahnot']
    expect(refusal(bytes, { preset: 'tutorial', alphabet }).message).toMatch(
      /wte must be of shape \[6, 16\], got \[6, 4\]; give preset and config that fit/,
    )
    expect(readCheckpoint(bytes, { config: small, alphabet }).table).toHaveLength(9)
    const config = { ...small, block_size: 8 }
    const gist = readCheckpoint(bytes, { preset: 'gist', config, alphabet })
    expect([gist.preset, gist.config.init_std]).toEqual(['gist', PRESETS.gist.init_std])
    expect(PRESETS.gist.init_std).not.toBe(PRESETS.tutorial.init_std)
    const none = { config: null as never, preset: 'gist' as const, alphabet }
    expect(() => readCheckpoint(bytes, none)).toThrow(
      /^config must be an object of fields, got null/,
    )
  })

  test('a buffer that was transferred, and one that is shared', async () => {
    const bytes = (await trained()).save(full)
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length))
    shared.set(bytes)
    expect(readCheckpoint(shared as Uint8Array as Uint8Array<ArrayBuffer>).step).toBe(3)
    structuredClone(bytes.buffer, { transfer: [bytes.buffer as ArrayBuffer] })
    expect(refusal(bytes).code).toBe('truncated')
  })
})

describe('a file in pieces', () => {
  const tensors = [3, 0, 1000, 1].map((count, i) => ({
    name: `t${i}`,
    shape: [count],
    data: Float64Array.from({ length: count }, (_, j) => i + j / 7),
  }))

  test.each([1, 7, 64, 1000, 2 ** 26])('of at most %i bytes is the same file', (size) => {
    const whole = writeSafetensors(tensors, { a: 'b' })
    const { byteLength, pieces } = safetensorsPieces(tensors, { a: 'b' }, size)
    const parts = Array.from(pieces, (piece) => piece.slice())
    expect(Math.max(...parts.map((part) => part.length))).toBeLessThanOrEqual(size)
    expect(byteLength).toBe(whole.length)
    expect(Buffer.concat(parts).equals(whole)).toBe(true)
  })

  test('is read where its numbers are needed, beyond 4 GiB too', () => {
    const far = 2 ** 33
    const claims = {
      a: { dtype: 'F64', shape: [far / 8], data_offsets: [0, far] },
      b: { dtype: 'F64', shape: [1], data_offsets: [far, far + 8] },
    }
    const json = Buffer.from(JSON.stringify(claims))
    const header = Buffer.concat([Buffer.alloc(8), json])
    header.writeBigUInt64LE(BigInt(json.length))
    const asked: number[][] = []
    const file = readSafetensors({
      byteLength: header.length + far + 8,
      read(from, to) {
        asked.push([from, to])
        if (to <= header.length) return header.subarray(from, to)
        return new Uint8Array(Float64Array.of(5).buffer)
      },
    })
    expect(new Float64Array(file.tensors.get('b')!.bytes.buffer)[0]).toBe(5)
    expect(asked).toEqual([
      [0, 8],
      [0, header.length],
      [header.length + far, header.length + far + 8],
    ])
  })
})
