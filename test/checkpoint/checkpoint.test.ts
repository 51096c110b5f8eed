/** save() and load(): exact, and only of the same model. LONG=1 cuts a file at each byte. */
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import * as api from '../../src/index.js'
import { hashOf } from '../../src/checkpoint/write.js'
import { BUILDS, moduleOf } from '../helpers/cores.js'

const isLong = process.env['LONG'] === '1'
const { CheckpointError, MicroGPT, readCheckpoint, readSafetensors, writeSafetensors } = api
const names = api.parseDocs(NAMES)
const WORDS = 'to toe note neon onto ten tot none tonne'.split(' ')
const small = { n_embd: 8, n_head: 2, block_size: 6, num_steps: 60 }
const full = { optimizer: true }
/** 23 parameters. */
const ODD = { ...small, n_embd: 1, n_head: 1, block_size: 5 }

const create = (options: Partial<api.CreateOptions> = {}) =>
  MicroGPT.create({ docs: WORDS, config: small, ...options } as api.CreateOptions)
const train = (gpt: api.MicroGPT, steps: number, batch_size?: number) =>
  Array.from(gpt.train(batch_size ? { steps, batch_size } : { steps }), ({ loss }) => loss)

/** A file with some things changed: a change gets plain objects, and alters them. */
function altered(
  bytes: Uint8Array,
  change: (tensors: Map<string, api.NamedTensor>, metadata: Record<string, string>) => void,
): Uint8Array {
  const file = readSafetensors(bytes)
  const tensors = Array.from(file.tensors, ([name, { shape, bytes: raw }]) => {
    return [name, { name, shape, data: new Float64Array(raw.slice().buffer) }] as const
  })
  const map = new Map<string, api.NamedTensor>(tensors)
  const metadata = Object.fromEntries(file.metadata)
  change(map, metadata)
  return writeSafetensors([...map.values()], metadata)
}

/** What load refuses a file with. */
async function refusal(bytes: Uint8Array, options: api.LoadOptions = {}) {
  const error = await MicroGPT.load(bytes, options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CheckpointError)
  return error as InstanceType<typeof CheckpointError>
}

describe('a resumed run', () => {
  const runs: [string, Partial<api.CreateOptions>, number?][] = [
    ['the defaults', { docs: names }],
    ['gist', { docs: names, preset: 'gist', seed: 7 }],
    ['two layers', { config: { ...small, n_layer: 2 } }],
    ['three documents a step', {}, 3],
    ['a seed beyond 2^53', { seed: -(10n ** 40n) }],
    ['an odd count of parameters', { docs: ['a', 'ab'], config: ODD }],
    ['decay and clipping', { config: { ...small, weight_decay: 0.1, grad_clip: 0.5 } }],
    ['a learning rate of -0', { config: { ...small, learning_rate: -0, init_std: -0 } }],
    ['halves of surrogate pairs', { docs: ['a\ud83d', '\ude00b', '\ud83d\ude00', '\ud83d'] }],
    ['quotes and controls', { docs: ['"a"', '\\', '\x1b[31m', '\x7f\x00', 'é名'] }],
  ]
  test.each(runs)('%s: 20 + 20 steps are 40, byte for byte', async (_, options, batch) => {
    const docs = options.docs ?? WORDS
    const whole = await create(options)
    const losses = train(whole, 40, batch)
    const first = await create(options)
    const before = train(first, 20, batch)
    const file = first.save(full)
    const second = await MicroGPT.load(file, { docs })
    expect(second.save(full)).toEqual(file)
    expect([...before, ...train(second, 20, batch)]).toEqual(losses)
    expect(second.save(full)).toEqual(whole.save(full))
    expect(second.sample()).toEqual(whole.sample())
    expect(second.save(full)).toEqual(whole.save(full))
    const facts = ({ preset, seed, config, step, docsSeen, tokenizer }: api.MicroGPT) => {
      return { preset, seed, config, step, docsSeen, chars: tokenizer.chars }
    }
    expect(facts(second)).toEqual(facts(whole))
  })

  test('has the same bytes in the debug build', async () => {
    const [release, debug] = await Promise.all(
      BUILDS.map(async (build) => {
        const gpt = await create({ core: moduleOf(build) })
        train(gpt, 10)
        return gpt.save(full)
      }),
    )
    expect(debug).toEqual(release)
    const gpt = await MicroGPT.load(debug!, { docs: WORDS, core: moduleOf('release') })
    const other = await MicroGPT.load(debug!, { docs: WORDS, core: moduleOf('debug') })
    expect(train(gpt, 10)).toEqual(train(other, 10))
  })

  test('stores the second of a pair of normal variates', async () => {
    // An odd count of draws leaves one of them over.
    const gpt = await create({ docs: ['a', 'ab'], config: ODD })
    expect(readSafetensors(gpt.save(full)).metadata.has('random_gauss')).toBe(true)
    expect(readSafetensors((await create()).save(full)).metadata.has('random_gauss')).toBe(false)
  })

  test('may be given other hyperparameters of the training', async () => {
    const gpt = await create()
    train(gpt, 10)
    const config = { num_steps: 1000, learning_rate: 0.5 }
    const other = await MicroGPT.load(gpt.save(full), { docs: WORDS, config })
    expect(other.config).toEqual({ ...gpt.config, ...config })
    expect(other.step).toBe(10)
  })

  test('wants the same documents', async () => {
    const gpt = await create()
    const file = gpt.save(full)
    for (const docs of [WORDS.slice(1), [...WORDS, 'to'], WORDS.toReversed(), ['to']]) {
      const error = await refusal(file, { docs })
      expect(error.code).toBe('dataset')
      expect(error.message).toMatch(
        /9 other documents, got \d+; give the same, or give optimizer: false/,
      )
    }
  })

  test('without documents samples, is saved as it was, and does not train', async () => {
    const gpt = await create()
    train(gpt, 10)
    const file = gpt.save(full)
    const other = await MicroGPT.load(file)
    expect(() => train(other, 1)).toThrow(/no documents; load it with docs/)
    expect(other.save(full)).toEqual(file)
    expect(other.sample()).toEqual(gpt.sample())
    const [a, b] = [await MicroGPT.load(file, { seed: 5 }), await MicroGPT.load(file, { seed: 5 })]
    expect(a.sample()).toEqual(b.sample())
    expect(a.loss(['ten'])).toBe(gpt.loss(['ten']))
  })
})

describe('the parameters alone', () => {
  test('sample, and start a new run on any documents of the alphabet', async () => {
    const gpt = await create()
    train(gpt, 30)
    const file = gpt.save()
    expect(file.length).toBeLessThan(gpt.save(full).length / 2)
    const other = await MicroGPT.load(file, { docs: ['not', 'note'], seed: 3 })
    expect(other.params).toEqual(gpt.params)
    expect([other.step, other.docsSeen, other.seed]).toEqual([0, 0, 3n])
    const losses = train(other, 20)
    expect(losses.every(Number.isFinite)).toBe(true)
    const again = await MicroGPT.load(gpt.save(full), {
      docs: ['not', 'note'],
      seed: 3,
      optimizer: false,
    })
    expect(train(again, 20)).toEqual(losses)
  })

  test('of another alphabet than the documents', async () => {
    const file = (await create()).save()
    await expect(MicroGPT.load(file, { docs: ['toe', 'tax'] })).rejects.toThrow(
      'the character "a" is not in the alphabet: enot',
    )
    await expect(MicroGPT.load(file, { docs: [] })).rejects.toThrow(/at least one document/)
  })
})

describe('what is rejected', async () => {
  const gpt = await create()
  train(gpt, 5)
  const file = gpt.save(full)

  test('a file cut anywhere', () => {
    // The header, the beginning of the numbers, and the end: at each byte; the rest in steps.
    const header = 8 + Number(new DataView(file.buffer, file.byteOffset).getBigUint64(0, true))
    const isNear = (end: number) => end < header + 20 || end > file.length - 20
    for (let end = 0; end < file.length; end += isLong || isNear(end) ? 1 : 13) {
      let code = 'none'
      try {
        readCheckpoint(file.subarray(0, end))
      } catch (error) {
        code = (error as api.CheckpointError).code
      }
      if (code !== 'truncated') expect.fail(`${end} bytes of ${file.length}: ${code}`)
    }
  })

  const one = (shape: number[]) => ({
    shape,
    data: new Float64Array(shape.reduce((a, b) => a * b)),
  })
  type Change = Parameters<typeof altered>[1]
  const put =
    (name: string, tensor: Omit<api.NamedTensor, 'name'>): Change =>
    (tensors) => {
      tensors.set(name, { name, ...tensor })
    }
  const set =
    (name: string, i: number, x: number): Change =>
    (tensors) => {
      tensors.get(name)!.data[i] = x
    }
  const word =
    (name: string, text: string | ((old: string) => string)): Change =>
    (_, metadata) => {
      metadata[name] = typeof text === 'string' ? text : text(metadata[name]!)
    }
  const without =
    (...gone: string[]): Change =>
    (tensors, metadata) => {
      for (const name of gone) {
        tensors.delete(name)
        delete metadata[name]
      }
    }
  const renamed: Change = (tensors) => {
    tensors.set('wqe', { ...tensors.get('wpe')!, name: 'wqe' })
    tensors.delete('wpe')
  }
  const LONG = JSON.stringify(Array(1e5).fill('x'))
  test.each<[string, string, Change, RegExp]>([
    ['a tensor missing', 'tensors', without('wpe'), /has no tensor wpe;/],
    ['a tensor too many', 'tensors', put('x', one([1, 1])), /has an unexpected tensor "x"/],
    ['a tensor renamed', 'tensors', renamed, /has no tensor wpe;/],
    ['a moment missing', 'tensors', without('adam.v.wte'), /has no tensor adam.v.wte;/],
    ['moments alone', 'tensors', without('random.words'), /has an unexpected tensor "adam.m.wte"/],
    ['turned', 'shape', put('wpe', one([8, 6])), /^wpe must be of shape \[6, 8\], got \[8, 6\]$/],
    ['a flat one', 'shape', put('wpe', one([48])), /^wpe must be of shape \[6, 8\], got \[48\]$/],
    ['few words', 'shape', put('random.words', one([623])), /must be of shape \[624\], got/],
    ['NaN', 'values', set('wpe', 3, NaN), /^wpe must hold finite numbers, got NaN at 3;/],
    ['Infinity', 'values', set('adam.m.wte', 0, -Infinity), /adam.m.wte .* got -Infinity at 0/],
    ['a negative square', 'values', set('adam.v.wte', 1, -1), /finite numbers from 0, got -1 at 1/],
    ['half a word', 'metadata', set('random.words', 0, 0.5), /generator's state cannot be used: /],
    ['an index of 625', 'metadata', word('random_index', '625'), /generator's state cannot be/],
    ['a variate that is none', 'metadata', word('random_gauss', ''), /random_gauss cannot be used/],
    ['no step count', 'metadata', word('step', '1e3'), /file's step cannot be used, got "1e3"/],
    ['a negative step', 'metadata', word('step', '-1'), /file's step cannot be used/],
    ['2^53 steps', 'metadata', word('step', String(2 ** 53)), /file's step must be below/],
    ['a seed of words', 'metadata', word('seed', 'x'), /file's seed cannot be used, got "x"/],
    ['a seed without end', 'metadata', word('seed', '1'.repeat(9866)), /file's seed cannot/],
    ['another version', 'metadata', word('microgpt', '2'), /checkpoints of version 1, got "2"/],
    ['no hash', 'metadata', without('docs_hash'), /file's metadata lacks docs_hash/],
    ['no place', 'metadata', word('docs_seen', '?'), /file's docs_seen cannot be used/],
    [
      'a preset of no name',
      'metadata',
      word('preset', 'toString'),
      /config cannot be used: preset/,
    ],
    ['no config', 'metadata', without('config'), /no config in its metadata; give preset and/],
    ['a config of another kind', 'metadata', word('config', '[]'), /config cannot be used$/],
    ['a config that is null', 'metadata', word('config', 'null'), /config cannot be used$/],
    ['a field too many', 'metadata', word('config', '{"n":1}'), /there is no field "n"/],
    ['a prototype', 'metadata', word('config', '{"__proto__":1}'), /no field "__proto__"/],
    [
      'a bad field',
      'metadata',
      word('config', (old) => old.replace('8', '9')),
      /n_embd \(9\) must/,
    ],
    ['a deep config', 'metadata', word('config', '['.repeat(1e6)), /file's config cannot be used/],
    ['no alphabet', 'metadata', without('alphabet'), /file's alphabet cannot be used/],
    ['an alphabet of numbers', 'metadata', word('alphabet', '[1]'), /file's alphabet cannot be/],
    ['a number in it', 'metadata', word('alphabet', '["e",1]'), /alphabet cannot be used$/],
    ['a character twice', 'metadata', word('alphabet', '["e","n","o","o"]'), /distinct single/],
    // Parsed it would take 30 times what the file does; refused before, it has no reason to give.
    ['a long alphabet', 'metadata', word('alphabet', LONG), /^the file's alphabet cannot be used$/],
    ['fewer characters', 'shape', word('alphabet', '["t"]'), /^wte must be of shape \[2, 8\]/],
  ])('%s: %s', async (_, code, change, sentence) => {
    const error = await refusal(altered(file, change))
    expect(error.message).toMatch(sentence)
    expect(error.code).toBe(code)
    expect(error.message.length).toBeLessThan(300)
  })

  test('a model that has overflowed is not saved', async () => {
    const other = await create()
    other.stateDict.get('layer0.attn_wq')!.data[5] = Infinity
    const save = () => other.save()
    expect(save).toThrow(CheckpointError)
    expect(save).toThrow(/^layer0.attn_wq must hold finite numbers, got Infinity at 5/)
  })

  test('options that there are not', async () => {
    await expect(MicroGPT.load(file, { dosc: WORDS } as never)).rejects.toThrow(/dosc/)
    expect(() => gpt.save({ optimiser: true } as never)).toThrow(/optimiser/)
    await expect(MicroGPT.load(file, { config: { n_embd: 9 } })).rejects.toThrow(api.ConfigError)
  })
})

describe('files of other programs', () => {
  /** The parameters in another dtype, and no word of what they are. */
  function foreign(gpt: api.MicroGPT, dtype: api.Dtype): Uint8Array {
    const size = { F64: 8, F32: 4, F16: 2, BF16: 2 }[dtype]
    const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
    const parts: Uint8Array[] = []
    let end = 0
    for (const { name, shape, data } of gpt.stateDict.values()) {
      const from = end
      const narrow = Float32Array.from(data)
      const raw = new Uint8Array(narrow.buffer)
      // The upper halves of float32 numbers are BF16.
      const part = size === 4 ? raw : raw.filter((_, i) => i % 4 >= 2)
      parts.push(part)
      header[name] = { dtype, shape, data_offsets: [from, (end += part.length)] }
    }
    const text = Buffer.from(JSON.stringify(header))
    const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')])
    const first = Buffer.alloc(8)
    first.writeBigUInt64LE(BigInt(padded.length))
    return Buffer.concat([first, padded, ...parts])
  }

  test.each(['F32', 'BF16', 'F16'] as const)('%s only with widen', async (dtype) => {
    const gpt = await create()
    const bytes = foreign(gpt, dtype)
    const options = { config: small, docs: WORDS }
    const error = await refusal(bytes, options)
    expect(error.code).toBe('dtype')
    expect(error.message).toMatch(`wte must be of dtype F64, got ${dtype}; give widen: true`)
    const other = await MicroGPT.load(bytes, { ...options, widen: true })
    if (dtype === 'F32') expect(other.params).toEqual(gpt.params.map(Math.fround))
    else if (dtype === 'BF16') {
      const off = other.params.map((x, i) => Math.abs(x - gpt.params[i]!))
      expect(Math.max(...off)).toBeLessThan(0.001)
    }
    expect(train(other, 3).every(Number.isFinite)).toBe(true)
  })

  /** Written by the Python package safetensors 0.8.0 from a file of save(): in its own order. */
  const fixture = (name: string) => readFileSync(new URL(`./fixtures/${name}`, import.meta.url))
  const tiny = { n_embd: 4, n_head: 2, block_size: 4, num_steps: 20 }

  test("the format's own implementation", async () => {
    const docs = ['anna', 'otto']
    const gpt = await MicroGPT.create({ docs, config: tiny })
    train(gpt, 7)
    const bytes = fixture('package-f64.safetensors')
    expect(Buffer.compare(bytes, gpt.save(full))).not.toBe(0)
    const other = await MicroGPT.load(bytes, { docs })
    expect(other.save(full)).toEqual(gpt.save(full))
    expect(train(other, 13)).toEqual(train(gpt, 13))
  })

  test("the format's own implementation, in F32", async () => {
    const docs = ['anna', 'otto']
    const gpt = await MicroGPT.create({ docs, config: tiny })
    train(gpt, 7)
    const options = { docs, config: tiny, widen: true }
    const other = await MicroGPT.load(fixture('package-f32.safetensors'), options)
    expect(other.params).toEqual(gpt.params.map(Math.fround))
  })

  test('need a config and an alphabet', async () => {
    const bytes = foreign(await create(), 'F32')
    expect((await refusal(bytes, { widen: true })).message).toMatch(/no config .*; give preset/)
    const error = await refusal(bytes, { widen: true, config: small })
    expect(error.message).toMatch(/alphabet cannot be used: it is not in the file's metadata; give/)
    const alphabet = [...'enot']
    const gpt = await MicroGPT.load(bytes, { widen: true, config: small, alphabet })
    expect(gpt.tokenizer.chars).toEqual(alphabet)
  })
})

describe('a hash of documents', () => {
  const hash = (docs: string[]) => hashOf(docs)

  test('differs with each character, each end and each place', () => {
    const lists = [[], [''], ['', ''], ['ab'], ['a', 'b'], ['b', 'a'], ['ba'], ['ab', ''], ['\0']]
    expect(new Set(lists.map(hash)).size).toBe(lists.length)
    const single = Array.from({ length: 65536 }, (_, code) => hash([String.fromCharCode(code)]))
    expect(new Set(single).size).toBe(65536)
  })

  test('is the same for the same documents only', () => {
    const docs = fc.array(fc.string({ unit: 'binary', maxLength: 4 }), { maxLength: 4 })
    fc.assert(
      fc.property(docs, docs, (a, b) => {
        expect(hash(a) === hash(b)).toBe(JSON.stringify(a) === JSON.stringify(b))
        expect(hash([...a])).toBe(hash(a))
      }),
      { numRuns: isLong ? 1000 : 300 },
    )
  })

  test('stays the same from version to version', () => {
    expect(hash(['anna', 'otto', '\ud83d\ude00'])).toBe('0a1b81199665755b')
  })
})

describe('bytes', () => {
  test('may be a Uint8Array, an ArrayBuffer or another view', async () => {
    const gpt = await MicroGPT.create({ docs: ['anna'] })
    const file = gpt.save()
    const { buffer } = file.slice()
    for (const bytes of [buffer, new DataView(buffer), Buffer.from(file)]) {
      const again = await MicroGPT.load(bytes as Uint8Array)
      expect(again.save()).toEqual(file)
    }
  })

  test.each([undefined, null, 5, 'a file', {}, [1, 2]])('%s are none', async (bytes) => {
    const loading = MicroGPT.load(bytes as unknown as Uint8Array)
    await expect(loading).rejects.toBeInstanceOf(CheckpointError)
    await expect(loading).rejects.toThrow(/a Uint8Array or an ArrayBuffer, got .*; read it/)
  })
})
