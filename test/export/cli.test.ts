/** microgpt-wasm export, in separate processes, and the text that data is written as. */
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { existsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { dataText } from '../../src/export/data-text.js'
import { DatasetError, parseDocs, parseText, readCheckpoint } from '../../src/index.js'
import { cli } from '../cli/program.js'
import { CASES, SCRIPT, runOf } from './cases.js'
import { decodeOnnx } from './onnx-decode.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
const at = (...names: string[]) => join(folder, ...names)
const [docs, text] = [CASES.documents!, CASES.text!]

beforeAll(async () => {
  for (const [name, one] of Object.entries({ docs, text })) {
    const gpt = await runOf(one)
    writeFileSync(at(name), gpt.save({ optimizer: true }))
    writeFileSync(at(`${name}-alone`), gpt.save())
    writeFileSync(at(`${name}.txt`), one.file)
  }
  mkdirSync(at('full'))
  writeFileSync(at('full', 'mine'), '')
})

describe('--pytorch', () => {
  test.each(['docs', 'text'])('%s: the model, the data and the script', async (name) => {
    const dir = at(`${name} to torch`)
    const run = await cli('export', at(name), '--pytorch', dir, '--data', at(`${name}.txt`))
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(readdirSync(dir).sort()).toEqual(['data.txt', 'microgpt_torch.py', 'model.safetensors'])
    expect(readFileSync(join(dir, 'model.safetensors')).equals(readFileSync(at(name)))).toBe(true)
    expect(readFileSync(join(dir, 'data.txt'), 'utf8')).toBe(docs.file)
    expect(readFileSync(join(dir, 'microgpt_torch.py')).equals(readFileSync(SCRIPT))).toBe(true)
    const model = `'${join(dir, 'model.safetensors')}'`
    const [step, total] = name === 'docs' ? [30, 500] : [20, 500]
    expect(run.stdout).toContain(`${dir}: the model at step ${step} of ${total}, its data`)
    expect(run.stdout).toContain('--num-steps 100000\n')
    expect(run.stdout).toContain(`torchrun --nproc_per_node=8 '${join(dir, 'microgpt_torch.py')}'`)
    expect(run.stdout).toContain(`microgpt-wasm train --resume ${model} --data `)
    const words = ['--resume', join(dir, 'model.safetensors'), '--data', join(dir, 'data.txt')]
    const back = await cli('train', ...words, '--steps', '35', '--samples', '0')
    expect([back.code, back.stderr]).toEqual([0, ''])
  })

  test('the parameters alone become a new run; an empty folder will do', async () => {
    mkdirSync(at('empty'))
    const words = ['--pytorch', at('empty'), '--data', at('docs.txt')]
    expect((await cli('export', at('docs-alone'), ...words)).stderr).toBe('')
    const file = readCheckpoint(readFileSync(at('empty', 'model.safetensors')))
    expect([file.step, file.run!.docsSeen]).toEqual([0, 0])
  })
})

describe('--onnx', () => {
  test.each([
    [[], 11],
    [['--float32'], 1],
  ])('%j', async (words, type) => {
    const path = at(`${type}.onnx`)
    const run = await cli('export', at('text'), '--onnx', path, ...words)
    expect([run.code, run.stderr]).toEqual([0, ''])
    expect(run.stdout).toMatch(/onnx: [\d,]+ bytes, float(64|32); ids to logits\n$/)
    expect(decodeOnnx(readFileSync(path)).outputs[0]![1]).toBe(type)
    const again = await cli('export', at('text'), '--onnx', path, ...words)
    expect([again.code, again.stderr]).toEqual([
      2,
      `microgpt-wasm: ${path} exists already; export never overwrites a file\n`,
    ])
  })
})

test.each<[string, string[], number, string]>([
  ['other data', ['docs', '--pytorch', 'NEW', '--data', 'docs'], 1, 'not valid UTF-8'],
  [
    'the names',
    ['docs', '--pytorch', 'NEW'],
    1,
    'trained on other data; give the same with --data',
  ],
  ['names, no run', ['docs-alone', '--pytorch', 'NEW'], 1, 'trained on other data; give the same'],
  ['a full folder', ['docs', '--pytorch', 'full', '--data', 'docs.txt'], 2, 'full is not empty; '],
  ['over a file', ['docs', '--pytorch', 'text', '--data', 'docs.txt'], 1, 'cannot write '],
  ['no model', ['NEW', '--onnx', 'NEW'], 1, 'there is no such file'],
  ['no checkpoint', ['docs.txt', '--onnx', 'NEW'], 1, 'is this a safetensors file?'],
  ['no folder', ['docs', '--onnx', 'NEW/x'], 1, 'there is no such file or folder'],
])('refuses %s, and makes nothing', async (_, words, code, sentence) => {
  const paths = words.map((word) => (word.startsWith('--') ? word : at(word)))
  const run = await cli('export', ...paths)
  expect([run.code, run.stdout]).toEqual([code, ''])
  expect(run.stderr).toMatch(/^microgpt-wasm: .*\n$/)
  expect(run.stderr).toContain(sentence)
  expect(existsSync(at('NEW'))).toBe(false)
  expect(readdirSync(at('full'))).toEqual(['mine'])
})

describe('data as a text file', () => {
  test.each<[string, string[]]>([
    ['plain', ['anna', 'otto']],
    ['inner spaces, other separators', ['a b', 'c\u2028d', 'e\x0bf', '𝔸']],
    ['a byte order mark', ['\ufeffanna', 'otto']],
  ])('documents: %s', (_, given) => {
    expect(parseDocs(dataText({ docs: given }))).toEqual(given)
  })

  test.each(['to be\n\nor not ', '\ufeffto be', '\n x'])('a text: %j', (given) => {
    expect(parseText(dataText({ text: given }))).toBe(given)
  })

  test.each<[string, object]>([
    ['has line ends', { docs: ['anna', 'ot\nto'] }],
    ['has line ends', { docs: ['ot\rto'] }],
    ['begins or ends with spaces', { docs: ['anna '] }],
    ['begins or ends with spaces', { docs: ['\x1fanna'] }],
    ['document is empty', { docs: ['anna', ''] }],
    ['half of a surrogate pair', { docs: ['an\ud83d'] }],
    ['half of a surrogate pair', { text: 'an\ud83d' }],
    ['has carriage returns', { text: 'to be\r\n' }],
  ])('refuses what %s', (what, data) => {
    expect(() => dataText(data)).toThrow(DatasetError)
    expect(() => dataText(data)).toThrow(what)
  })
})
