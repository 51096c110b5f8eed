/** The examples for Node, run on the built package as a user runs them. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { bigram } from '../examples/bigram.js'
import { dates, days } from '../examples/dates.js'
import { mlp } from '../examples/mlp.js'
import { regression } from '../examples/regression.js'
import { Tokenizer, parseDocs } from '../src/index.js'
import { NAMES } from '../src/data/names.js'

const docs = parseDocs(NAMES).slice(0, 300)
const tail = (list: number[], n: number) => list.slice(-n).reduce((a, b) => a + b) / n

/** The lowest loss that a table of pairs can reach: the entropy of the next character given one. */
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
  test('reaches the entropy of its pairs, below which no table can go', async () => {
    const { losses, samples } = await bigram(docs, 300)
    expect(losses[0]).toBeGreaterThan(3.2)
    expect(losses.at(-1)).toBeGreaterThan(pairEntropy())
    expect(losses.at(-1)! - pairEntropy()).toBeLessThan(0.01)
    expect(samples.join('')).toMatch(/^[a-z]+$/)
  })
})

describe('mlp', () => {
  test('has a lower loss than any bigram', async () => {
    const { losses, samples } = await mlp(docs, 1000)
    expect(losses[0]).toBeGreaterThan(3.2)
    expect(tail(losses, 100)).toBeLessThan(pairEntropy() - 0.2)
    expect(samples.join('')).toMatch(/^[a-z]+$/)
  })
})

describe('regression', () => {
  test('fits the sine within 0.1, noise excluded', async () => {
    const { losses, predict } = await regression()
    expect(losses[0]).toBeGreaterThan(0.1)
    const points = [-2.5, -1.5, -0.5, 0, 0.5, 1.5, 2.5]
    predict(points).forEach((y, i) => expect(Math.abs(y - Math.sin(points[i]!))).toBeLessThan(0.1))
  })
})

describe('dates', () => {
  test('most samples are days of the calendar that it was trained on', async () => {
    const { losses, samples } = await dates()
    expect(losses[0]).toBeGreaterThan(2)
    const calendar = new Set(days)
    expect(samples).toHaveLength(20)
    expect(samples.filter((date) => calendar.has(date)).length).toBeGreaterThanOrEqual(18)
  })
})

test('sweep.mjs trains a model per learning rate in threads, and prints the best', () => {
  const file = fileURLToPath(new URL('../examples/sweep.mjs', import.meta.url))
  const lines = execFileSync(process.execPath, [file], { encoding: 'utf8' }).trim().split('\n')
  expect(lines).toHaveLength(7)
  const rows = lines.slice(1, 6).map((line) => line.trim().split(/ {2,}/))
  expect(rows.map(([rate]) => rate)).toEqual(['0.001', '0.003', '0.01', '0.03', '0.1'])
  const [best] = rows.toSorted(([, a], [, b]) => Number(a) - Number(b))
  expect(lines[6]).toBe(`lowest validation loss: learning rate ${best![0]}`)
})
