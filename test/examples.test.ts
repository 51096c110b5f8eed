/** The small models on the public graph API learn what they can learn. */
import { describe, expect, test } from 'vitest'
import { Tokenizer, parseDocs } from '../src/index.js'
import { NAMES } from '../src/data/names.js'
import { bigram } from '../src/examples/bigram.js'
import { mlp } from '../src/examples/mlp.js'
import { moduleOf } from './helpers/cores.js'

const docs = parseDocs(NAMES).slice(0, 300)
const core = moduleOf('release')
const tail = (list: number[], n: number) => list.slice(-n).reduce((a, b) => a + b) / n

/** The least loss that a table of pairs can have: the entropy of what follows each character. */
function pairEntropy(): number {
  const tokenizer = Tokenizer.of(docs)
  const counts = new Map<number, Map<number, number>>()
  let rows = 0
  for (const doc of docs) {
    const ids = tokenizer.encodeDoc(doc)
    for (let i = 0; i + 1 < ids.length; i++, rows++) {
      const row = counts.get(ids[i]!) ?? new Map<number, number>()
      row.set(ids[i + 1]!, (row.get(ids[i + 1]!) ?? 0) + 1)
      counts.set(ids[i]!, row)
    }
  }
  let sum = 0
  for (const row of counts.values()) {
    const total = [...row.values()].reduce((a, b) => a + b)
    for (const count of row.values()) sum -= count * Math.log(count / total)
  }
  return sum / rows
}

describe('bigram', () => {
  test('reaches the entropy of its pairs, which no table passes', async () => {
    const { losses, samples } = await bigram(docs, 300, core)
    expect(losses[0]).toBeGreaterThan(3.2)
    expect(losses.at(-1)).toBeGreaterThan(pairEntropy())
    expect(losses.at(-1)! - pairEntropy()).toBeLessThan(0.01)
    expect(samples.join('')).toMatch(/^[a-z]+$/)
  })
})

describe('mlp', () => {
  test('knows more than the bigram can', async () => {
    const { losses, samples } = await mlp(docs, 1000, core)
    expect(losses[0]).toBeGreaterThan(3.2)
    expect(tail(losses, 100)).toBeLessThan(pairEntropy() - 0.2)
    expect(samples.join('')).toMatch(/^[a-z]+$/)
  })
})
