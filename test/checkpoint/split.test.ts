/** Checkpoints of runs on a text, and of runs with a part held out. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import * as api from '../../src/index.js'

const { CheckpointError, MicroGPT, readCheckpoint, readSafetensors, writeSafetensors } = api
const TEXT = 'to toe note neon onto\nten tot none tonne\n'.repeat(12)
const DOCS = TEXT.trim().split('\n')
const config = { n_embd: 8, n_head: 2, block_size: 6, num_steps: 60, batch_size: 3 }
const full = { optimizer: true }
const folder = mkdtempSync(join(tmpdir(), 'microgpt-'))
afterAll(() => rmSync(folder, { recursive: true }))

const train = (gpt: api.MicroGPT, options: api.TrainOptions) => [...gpt.train(options)]
const wordsOf = (file: Uint8Array) => Object.fromEntries(readSafetensors(file).metadata)

/** A file with other words in its metadata; undefined takes one away. */
function reworded(file: Uint8Array, words: Record<string, string | undefined>): Uint8Array {
  const { tensors } = readSafetensors(file)
  const named = Array.from(tensors, ([name, { shape, bytes }]) => {
    return { name, shape, data: new Float64Array(bytes.slice().buffer) }
  })
  const all = Object.entries({ ...wordsOf(file), ...words })
  const kept = all.filter((word): word is [string, string] => word[1] !== undefined)
  return writeSafetensors(named, Object.fromEntries(kept))
}

async function refusal(file: Uint8Array, options: api.LoadOptions) {
  const error = await MicroGPT.load(file, options).catch((reason: unknown) => reason)
  expect(error).toBeInstanceOf(CheckpointError)
  return error as api.CheckpointError
}

const KINDS: [string, api.Data][] = [
  ['a text', { text: TEXT }],
  ['a text with a part held out', { text: TEXT, valFraction: 0.1 }],
  ['documents with a part held out', { docs: DOCS, valFraction: 0.3 }],
  ['a small part', { docs: Array.from(DOCS, (doc) => doc).concat(DOCS), valFraction: 1 / 47 }],
]

describe.each(KINDS)('%s', (_, data) => {
  const { valFraction: _fraction, ...given } = data
  const options = data.valFraction === undefined ? {} : { evalEvery: 7 }

  test('20 + 40 steps are 60, byte for byte, with samples and validations between', async () => {
    const whole = await MicroGPT.create({ ...data, config, seed: -3 })
    const first = await MicroGPT.create({ ...data, config, seed: -3 })
    const steps = train(whole, { steps: 20, ...options })
    expect(train(first, { steps: 20, ...options })).toEqual(steps)
    expect(first.sample()).toEqual(whole.sample())
    const file = first.save(full)
    const second = await MicroGPT.load(file, given)
    expect(second.save(full)).toEqual(file)
    expect(train(second, options)).toEqual(train(whole, options))
    expect(second.save(full)).toEqual(whole.save(full))
    expect(second.sample()).toEqual(whole.sample())
    const facts = ({ mode, valFraction, docs, valDocs, docsSeen }: api.MicroGPT) => {
      return { mode, valFraction, docs, valDocs, docsSeen }
    }
    expect(facts(second)).toEqual(facts(whole))
  })

  test('in another process', async () => {
    const whole = await MicroGPT.create({ ...data, config })
    const first = await MicroGPT.create({ ...data, config })
    const path = join(folder, 'file')
    train(whole, {})
    train(first, { steps: 20 })
    writeFileSync(path, first.save(full))
    const program = `
      import { readFileSync, writeFileSync } from 'node:fs'
      import { MicroGPT } from ${JSON.stringify(new URL('../../build/index.js', import.meta.url).href)}
      const gpt = await MicroGPT.load(readFileSync(process.argv[1]), ${JSON.stringify(given)})
      for (const step of gpt.train(${JSON.stringify(options)})) continue
      writeFileSync(process.argv[1], gpt.save({ optimizer: true }))`
    execFileSync(process.execPath, ['--input-type=module', '--eval', program, path])
    expect(readFileSync(path).equals(whole.save(full))).toBe(true)
  })

  test('without its data samples, is saved as it was, and does not train', async () => {
    const gpt = await MicroGPT.create({ ...data, config })
    train(gpt, { steps: 5 })
    const file = gpt.save(full)
    const other = await MicroGPT.load(file)
    expect(other.save(full)).toEqual(file)
    expect(other.sample()).toEqual(gpt.sample())
    const sentence =
      gpt.mode === 'text' ? /no text; load it with text/ : /no documents; load it with docs/
    expect(() => train(other, { steps: 1 })).toThrow(sentence)
    expect(() => other.validate()).toThrow(sentence)
  })

  test('is what its metadata says', async () => {
    const gpt = await MicroGPT.create({ ...data, config })
    const { mode, val_fraction, num_docs, num_chars } = wordsOf(gpt.save(full))
    const text = data.text !== undefined
    expect(mode).toBe(text ? 'text' : undefined)
    expect(val_fraction).toBe(data.valFraction?.toString())
    expect([num_docs, num_chars]).toEqual(
      text ? ['1', String(TEXT.length)] : [String(data.docs!.length), undefined],
    )
    const { run, ...file } = readCheckpoint(gpt.save(full))
    expect(file.mode).toBe(gpt.mode)
    expect(run!.valFraction).toBe(data.valFraction ?? 0)
    const alone = wordsOf(gpt.save())
    expect([alone.mode, alone.val_fraction]).toEqual([mode, undefined])
  })
})

describe('what is rejected', async () => {
  const text = await MicroGPT.create({ text: TEXT, valFraction: 0.1, config })
  const docs = await MicroGPT.create({ docs: DOCS, valFraction: 0.3, config })
  const [ofText, ofDocs] = [text.save(full), docs.save(full)]

  test.each<[string, api.LoadOptions, RegExp]>([
    [
      'another text',
      { text: `${TEXT}t` },
      /another text, of 492 characters; give the same, or give opt/,
    ],
    ['one that begins otherwise', { text: `n${TEXT.slice(1)}` }, /trained on another text/],
    ['another alphabet', { text: TEXT.replace('o', 'x') }, /trained on another text/],
    ['documents', { docs: DOCS }, /^the model was trained on a text, got docs; give text instead$/],
    [
      'documents, for a new run',
      { docs: DOCS, optimizer: false },
      /on a text, got docs; give text/,
    ],
    [
      'another split',
      { text: TEXT, valFraction: 0.2 },
      /holds out 0.1 of its data, got valFr.* 0.2/,
    ],
    ['no split', { valFraction: 0 }, /leave it out, or give optimizer: false for a new run/],
  ])('of a text: %s', async (_, options, message) => {
    const error = await refusal(ofText, options)
    expect([error.code, error.message]).toEqual(['dataset', expect.stringMatching(message)])
  })

  test.each<[string, api.LoadOptions, RegExp]>([
    ['a text', { text: TEXT }, /was trained on documents, got a text; give docs instead$/],
    ['other documents', { docs: DOCS.slice(1) }, /trained on 24 other documents, got 23; give the/],
    ['another split', { docs: DOCS, valFraction: 0.1 }, /holds out 0.3 of its data/],
  ])('of documents: %s', async (_, options, message) => {
    const error = await refusal(ofDocs, options)
    expect([error.code, error.message]).toEqual(['dataset', expect.stringMatching(message)])
  })

  test.each([
    [{ mode: 'words' }, /the file's mode cannot be used, got "words"/],
    [{ val_fraction: '1' }, /the file's val_fraction cannot be used, got "1"/],
    [{ val_fraction: '-0.1' }, /val_fraction cannot be used/],
    [{ val_fraction: '9.9e-0' }, /val_fraction cannot be used/],
    [{ val_fraction: 'NaN' }, /val_fraction cannot be used/],
    [{ num_chars: 'x' }, /the file's num_chars cannot be used/],
  ])('a file with %j', async (words, message) => {
    const error = await refusal(reworded(ofText, words), {})
    expect([error.code, error.message]).toEqual(['metadata', expect.stringMatching(message)])
  })

  test('a file whose split was taken away: its hash is of another one', async () => {
    const error = await refusal(reworded(ofDocs, { val_fraction: undefined }), { docs: DOCS })
    expect(error.message).toMatch(/24 other documents, got 24/)
    const other = await refusal(reworded(ofText, { val_fraction: '0.2' }), { text: TEXT })
    expect(other.message).toMatch(/another text/)
  })
})

describe('a new run from a checkpoint', () => {
  test('has its own split', async () => {
    const gpt = await MicroGPT.create({ text: TEXT, config })
    train(gpt, { steps: 10 })
    const options = { text: `${TEXT}ten`, valFraction: 0.2, optimizer: false, seed: 5 }
    const other = await MicroGPT.load(gpt.save(full), options)
    expect(other.params).toEqual(gpt.params)
    expect([other.step, other.docsSeen, other.valFraction]).toEqual([0, 0, 0.2])
    expect(train(other, { evalEvery: 60 }).at(-1)!.valLoss).toBeLessThan(2.2)
    await expect(MicroGPT.load(gpt.save(), { text: `${TEXT}x` })).rejects.toThrow(
      'the character "x" is not in the alphabet: \n enot',
    )
  })

  test('of documents without a split is in a file without a word of either', async () => {
    const gpt = await MicroGPT.create({ docs: DOCS, config })
    const plain = 'format microgpt preset config alphabet seed step'.split(' ')
    expect(Object.keys(wordsOf(gpt.save()))).toEqual(plain)
    const run = 'docs_seen num_docs docs_hash random_index'.split(' ')
    const file = wordsOf(gpt.save(full))
    expect(Object.keys(file).filter((word) => word !== 'random_gauss')).toEqual([...plain, ...run])
    const { mode, run: state } = readCheckpoint(gpt.save(full))
    expect([mode, state!.valFraction]).toEqual(['docs', 0])
  })
})
