/** Counts of parameters as the page shows them: formulas, shares, and the large models. */
import { describe, expect, test } from 'vitest'
import { countParams, gptTable } from '../../../src/config/parameters.js'
import { PRESETS, resolveConfig } from '../../../src/config/config.js'
import {
  GPT2,
  GPT3,
  compareToLarge,
  countByComponent,
  headDimFormula,
  shapeFormula,
  sumText,
} from '../../../src/web/lib/counts.js'

const TUTORIAL = PRESETS.tutorial
const DEEP = resolveConfig('tutorial', { n_embd: 32, n_head: 8, n_layer: 3, block_size: 16 })

describe('formulas', () => {
  test('of each matrix have its rows, columns and product', () => {
    const formulas = gptTable(TUTORIAL, 27).map((spec) => [spec.name, shapeFormula(spec)])
    expect(Object.fromEntries(formulas)).toEqual({
      wte: 'vocab_size × n_embd = 27 × 16 = 432',
      wpe: 'block_size × n_embd = 8 × 16 = 128',
      lm_head: 'vocab_size × n_embd = 27 × 16 = 432',
      'layer0.attn_wq': 'n_embd × n_embd = 16 × 16 = 256',
      'layer0.attn_wk': 'n_embd × n_embd = 16 × 16 = 256',
      'layer0.attn_wv': 'n_embd × n_embd = 16 × 16 = 256',
      'layer0.attn_wo': 'n_embd × n_embd = 16 × 16 = 256',
      'layer0.mlp_fc1': '4 n_embd × n_embd = 64 × 16 = 1,024',
      'layer0.mlp_fc2': 'n_embd × 4 n_embd = 16 × 64 = 1,024',
    })
  })

  test('of head_dim, and of the whole sum', () => {
    expect(headDimFormula(DEEP)).toBe('n_embd / n_head = 32 / 8 = 4')
    expect(sumText(TUTORIAL, 27)).toBe(
      '432 + 128 + 432 + 256 + 256 + 256 + 256 + 1,024 + 1,024 = 4,064',
    )
  })

  test.each([
    ['one layer', TUTORIAL, 27],
    ['three layers', DEEP, 12],
  ])('of the components compute their counts, which add up: %s', (_, config, vocabSize) => {
    const components = countByComponent(config, vocabSize)
    for (const { component, count, formula } of components) {
      const product = formula
        .split(' = ')[1]!
        .split(' × ')
        .reduce((all, factor) => all * Number(factor), 1)
      expect(product, component).toBe(count)
    }
    const total = countParams(gptTable(config, vocabSize))
    expect(components.reduce((sum, { count }) => sum + count, 0)).toBe(total)
    expect(components.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1, 12)
  })
})

describe('large models', () => {
  test('have the parameters that were published, and what this architecture has at their sizes', () => {
    expect(GPT2.parameters).toBe(124_439_808)
    // wte and lm_head apart, no biases, no weights of norms.
    expect(GPT2.here).toBe(2 * 50257 * 768 + 1024 * 768 + 12 * 12 * 768 ** 2)
    expect(GPT3.parameters).toBe(175e9)
    expect(GPT3.here).toBe(2 * 50257 * 12288 + 2048 * 12288 + 96 * 12 * 12288 ** 2)
  })

  test('are drawn to scale: areas are as the parameters', () => {
    const squares = compareToLarge(4064)
    expect(squares.map(({ name }) => name)).toEqual(['this model', 'GPT-2', 'GPT-3 175B'])
    const [own, gpt2, gpt3] = squares
    expect(gpt3!.side).toBe(1)
    expect(gpt2!.side ** 2).toBeCloseTo(124_439_808 / 175e9, 12)
    expect(own!.side ** 2 / gpt2!.side ** 2).toBeCloseTo(4064 / 124_439_808, 12)
    expect(gpt2!.times).toBeCloseTo(30_620.03, 2)
  })

  test('a model larger than GPT-3 has the largest square', () => {
    const [own, , gpt3] = compareToLarge(350e9)
    expect(own!.side).toBe(1)
    expect(gpt3!.side ** 2).toBeCloseTo(0.5, 12)
  })
})
