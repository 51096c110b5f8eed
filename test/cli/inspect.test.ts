/** inspect: its tables, and plans for models that are too large to allocate. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import { NAMES } from '../../src/data/names.js'
import { formatBytes, planBytes } from '../../src/engine/plan.js'
import { parseDocs } from '../../src/data/text.js'
import { loadCore } from '../../src/engine/core.js'
import { planGPT } from '../../src/gpt/memory.js'
import { MicroGPT } from '../../src/gpt/microgpt.js'
import { ArenaError, CoreError } from '../../src/errors.js'
import type { Inspection } from '../../src/cli/inspection.js'
import { inProcess as cli } from './in-process.js'
import { objects } from './ended.js'

const json = async (...words: string[]) =>
  objects(await cli('inspect', '--json', ...words))[0] as unknown as Inspection

const GPT2 = '--n-embd 768 --n-head 12 --n-layer 12 --block-size 1024 --vocab-size 50257'.split(' ')
const NEEDS = 'It does not fit: it needs'
const MORE = 'and WebAssembly has 4.0 GiB; make the model smaller.'

test('--json: shapes, mean, std and memory of the model that train would make', async () => {
  const got = await json('--seed', '7')
  const gpt = await MicroGPT.create({ docs: parseDocs(NAMES), seed: 7 })
  expect(got).toMatchObject({ type: 'inspect', preset: 'tutorial', vocabSize: 27, fits: true })
  expect(got.config).toEqual(gpt.config)
  expect(got.memory).toEqual(planBytes(planGPT(await loadCore(), gpt.config, 27)))
  const matrices = [...gpt.stateDict.values()]
  const facts = ({ name, shape, purpose }: (typeof matrices)[number]) => ({ name, shape, purpose })
  expect(got.parameters.map((parameter) => parameter.name)).toEqual([...gpt.stateDict.keys()])
  for (const [i, parameter] of got.parameters.entries()) {
    const { data } = matrices[i]!
    const mean = data.reduce((a, b) => a + b) / data.length
    const square = data.reduce((a, b) => a + b * b, 0) / data.length
    expect(parameter).toMatchObject({ ...facts(matrices[i]!), count: data.length })
    expect(parameter.mean).toBeCloseTo(mean, 12)
    expect(parameter.std).toBeCloseTo(Math.sqrt(square - mean * mean), 12)
  }
  expect(got.parameters.reduce((sum, { count }) => sum + count, 0)).toBe(4064)
  expect(got.numParams).toBe(4064)
})

test('text: aligned columns, with totals at the end', async () => {
  const { lines, code, stderr } = await cli('inspect')
  expect([code, stderr]).toEqual([0, ''])
  expect(lines[0]).toBe(
    'preset tutorial: n_embd 16, n_head 4, n_layer 1, block_size 8, vocab_size 27',
  )
  const cut = parseDocs(NAMES).filter((name) => name.length > 7).length
  expect(lines[1]).toBe(`documents 2,787, ${cut} of them cut to block_size`)
  const table = lines.slice(3, lines.indexOf('', 3))
  expect(table[0]).toMatch(/^name +shape +count +mean +std +purpose$/)
  expect(table[1]).toMatch(/^wte +\[27, 16\] +432 +-?0\.\d{5} +0\.\d{5} {2}token embedding/)
  expect(table.at(-1)).toMatch(/^total +4,064$/)
  const ends = table.map((line) => /^\S+ +(\[.*?\])? +[\d,]+/.exec(line)?.[0].length)
  expect(new Set(ends.slice(1)).size).toBe(1)
  const { total } = planBytes(planGPT(await loadCore(), (await json()).config, 27))
  expect(lines.slice(-3)).toEqual([
    expect.stringMatching(new RegExp(`^total +${total.toLocaleString('en-US')} +`)),
    '',
    `It fits: it needs ${formatBytes(total)} of the 4.0 GiB that WebAssembly has.`,
  ])
})

describe('plans without allocating', () => {
  // wte and lm_head, wpe, and 12 layers of 12 * n_embd^2 parameters.
  const gpt2 = 2 * 50257 * 768 + 1024 * 768 + 12 * 12 * 768 ** 2

  test('a model of the size of GPT-2', async () => {
    const { lines, code } = await cli('inspect', ...GPT2)
    expect(code).toBe(0)
    expect(gpt2).toBe(162_915_840)
    expect(lines).toContainEqual(expect.stringMatching(/^total +162,915,840$/))
    expect(lines.at(-1)).toMatch(new RegExp(`^${NEEDS} [\\d.]+ GiB, ${MORE}$`))
    const got = await json(...GPT2)
    expect(got).toMatchObject({ numParams: gpt2, fits: false, limit: 2 ** 32 })
    expect(got.parameters).toHaveLength(3 + 12 * 6)
    expect(Object.keys(got.parameters[0]!)).toEqual(['name', 'shape', 'count', 'purpose'])
  })

  test('a model that fits', async () => {
    const { lines } = await cli('inspect', '--vocab-size', '27')
    expect(lines.at(-1)).toMatch(/^It fits: .* WebAssembly has\. Nothing was allocated\.$/)
    expect(lines[2]).not.toContain('mean')
  })

  test('the largest model that the config allows', async () => {
    const most = '--n-embd 65536 --n-layer 1024 --block-size 65536 --vocab-size 1000000'
    const { lines, code } = await cli('inspect', ...most.split(' '))
    expect(code).toBe(0)
    expect(lines.at(-1)).toMatch(/^It does not fit: it needs [\d.]+ PiB, /)
  })

  test('a model that is too large for WebAssembly', async () => {
    const { lines, code } = await cli('inspect', '--n-embd', '8192')
    expect(code).toBe(0)
    expect(lines[3]).not.toContain('mean')
    expect(lines.at(-1)).toMatch(new RegExp(`^${NEEDS} [\\d.]+ GiB, ${MORE}$`))
  })
})

describe('a model that cannot be made here', () => {
  afterEach(() => vi.restoreAllMocks())

  test('for lack of memory: the plan is printed without the means', async () => {
    vi.spyOn(MicroGPT, 'create').mockRejectedValue(new ArenaError('no room'))
    const { parameters, fits } = await json()
    expect(fits).toBe(true)
    expect(Object.keys(parameters[0]!)).not.toContain('mean')
  })

  test('for another reason: it is told', async () => {
    vi.spyOn(MicroGPT, 'create').mockRejectedValue(new CoreError('the core is of another version'))
    const { code, stdout, stderr } = await cli('inspect')
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('the core is of another version')
  })
})
