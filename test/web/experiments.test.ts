/** The experiments of the cards: equal numbers stay equal, and zeros stop gradients. */
import { expect, test, vi } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { percent, visibleChar } from '../../src/web/text.js'
import { Inspector } from '../../src/web/worker/inspector.js'
import { inBrowser } from './browser.js'
import { sharesOf } from './drawings.js'
import * as shown from './shown.js'
import { atStep, docs, ready, says, trainToEnd } from './visit.js'
import {
  equalRun,
  firstGradients,
  msPerStep,
  onTemporary,
} from '../../src/web/worker/experiments.js'

const create = (config = {}) => MicroGPT.create({ docs, config: { num_steps: 40, ...config } })

test('equal numbers stay equal: a matrix of the layer ends as one number', async () => {
  const { numParams, distinct, largest, steps, value, loss } = await equalRun(await create())
  expect({ numParams, steps, value }).toEqual({ numParams: 4064, steps: 40, value: 0.02 })
  expect(largest).toEqual({ name: 'layer0.mlp_fc1', count: 1024, distinct: 1 })
  // A row of wte, wpe or lm_head is one number, and so is each matrix of the layer.
  expect(distinct).toBeLessThanOrEqual(27 + 8 + 27 + 6)
  expect(distinct).toBeGreaterThan(27)
  expect(loss).toBeGreaterThan(2)
})

test('random numbers do not: nearly all of them stay different', async () => {
  const gpt = await create()
  for (const _ of gpt.train()) continue
  expect(new Set(gpt.params).size).toBeGreaterThan(4000)
})

test('with init_std 0 the usual value is used, though then nothing is left to fill', async () => {
  const { value, distinct } = await equalRun(await create({ init_std: 0 }))
  expect([value, distinct]).toEqual([0.02, 1])
})

test('at step 1 only attn_wo and mlp_fc2 have a gradient, at step 2 all have one', async () => {
  const found = firstGradients(await create())
  const names = (at: 'first' | 'second') =>
    found.filter((row) => row[at] > 0).map((row) => row.name)
  expect(names('first')).toEqual(['attn_wo', 'mlp_fc2'])
  expect(names('second')).toEqual(found.map(({ name }) => name))
  const gpt = await create()
  for (const _ of gpt.train({ steps: 1 })) continue
  const { grad } = gpt.stateDict.get('layer0.attn_wo')!
  const rms = Math.sqrt(grad.reduce((sum, x) => sum + x * x, 0) / 256)
  expect(found[3]).toMatchObject({ name: 'attn_wo', first: expect.closeTo(rms, 15) })
})

test('without zeros all have a gradient at step 1', async () => {
  const found = firstGradients(await create({ zero_init_projections: false }))
  expect(found.every(({ first }) => first > 0)).toBe(true)
})

test('a model of an experiment is freed, also if the experiment fails', async () => {
  const gpt = await create()
  expect(await onTemporary(gpt, msPerStep)).toBeGreaterThan(0)
  expect(() => gpt.params).toThrow('freed')
  const other = await create()
  const fail = () => Promise.reject(new Error('it failed'))
  await expect(onTemporary(other, fail)).rejects.toThrow('it failed')
  expect(() => other.params).toThrow('freed')
})

test.each([
  [[9, 3, 4, 1, 2], 3],
  [[70, 1, 1, 1], 1],
  // No more than 400 ms are measured.
  [[300, 150, 1, 1, 1], 300],
  [[], 0],
])('steps of %j ms take %i ms', (times, median) => {
  let clock = 0
  const now = vi.spyOn(performance, 'now').mockImplementation(() => clock)
  try {
    const train = function* ({ steps }: { steps: number }) {
      for (const ms of times.slice(0, steps)) yield (clock += ms)
    }
    expect(msPerStep({ train } as never)).toBe(median)
  } finally {
    now.mockRestore()
  }
})

/** How many numbers are 0. */
const zerosOf = (numbers: readonly number[]) => numbers.filter((x) => x === 0).length

/** What the cards say of a run of 500 steps, computed in Node. */
async function cardsInNode() {
  const [start, one, end] = await Promise.all([0, 1, 500].map((steps) => atStep(steps)))
  const drawn = start!.params.filter((x) => x !== 0)
  const near = drawn.filter((x) => Math.abs(x) <= 3 * 0.02).length / drawn.length
  const last = (await MicroGPT.create({ docs })).train()
  const losses = Array.from(last, ({ loss }) => loss)
  const loss = losses.at(-1)!
  const [word] = end!.docs as [string]
  const look = (await Inspector.of(end!)).look(word, false)
  const { tokens, rows, chars, probabilities } = look
  const letters = tokens.map(visibleChar)
  const terms = Array.from({ length: Math.min(6, rows) }, (_, t) => {
    // Both chars and the ids of the tokens have BOS at the end.
    const id = chars.indexOf(tokens[t + 1]!)
    const p = probabilities[t * chars.length + id]!
    return [`${letters[t]} → ${letters[t + 1]}`, percent(p), (-Math.log(p)).toFixed(2)]
  })
  const size = (x: number) => (x === 0 ? '0' : x.toExponential(1).replace('-', '−'))
  const gradients = Array.from(one!.stateDict.values(), ({ grad }) => Array.from(grad)).flat()
  return {
    look,
    terms,
    cards: {
      std: '0.02',
      histogram: `Bars: the 2,784 numbers drawn, ${(100 * near).toFixed(1)}% within ±0.06. Line: now.`,
      heads: `Rows: the positions of ${letters.slice(0, rows).join(' ')}. Columns: the positions they look at. A stronger color is more attention.`,
      guess: 'Pure guessing gives ln 27 = 3.30: every token equally likely.',
      loss: `Step 500: loss ${loss.toFixed(2)}. On average (geometric mean) the right character got a probability of ${percent(Math.exp(-loss))}.`,
      start: 'BOS (the token for beginning and end)',
    },
    wake: firstGradients(start!).map(({ name, first, second }) => [
      name,
      size(first),
      size(second),
    ]),
    measured: `After step 1: ${zerosOf(gradients).toLocaleString('en-US')} of 4,064 gradients are exactly 0.`,
  }
}

inBrowser('the cards', (site) => {
  test('show the numbers of Node, and what becomes of equal numbers', async () => {
    const node = await cardsInNode()
    const page = await site.open('')
    await ready(page)
    await trainToEnd(page)
    expect(await shown.cards(page)).toEqual(node.cards)
    expect((await shown.tableOf(page, 'terms')).slice(1)).toEqual(node.terms)
    const { rows, attention } = node.look
    const heads = await sharesOf(page, '#card-heads', rows)
    expect(heads).toHaveLength(4)
    heads.flat(2).forEach((share, i) => expect(share).toBeCloseTo(attention[i]!, 1))
    const gpt = await MicroGPT.create({ docs })
    const [first, second] = [...gpt.params.subarray(0, 2)].map((x) => x.toFixed(4))
    const minus = (text: string) => text.replace('-', '−')
    await says(page, '#card-matrix', new RegExp(`^ *${minus(first!)} +${minus(second!)}\n`))
    await page.locator('#wake-table').scrollIntoViewIfNeeded()
    expect((await shown.tableOf(page, 'wake')).slice(1)).toEqual(node.wake)
    await page.click('#card-equal')
    await says(page, '#card-equal-result', /4,064 parameters have only \d\d different values/)
    await says(page, '#card-equal-result', /the 1,024 of layer0\.mlp_fc1: 1\).*this run: 2\.52/)
    const writes = (await shown.tableOf(page, 'writes')).slice(1)
    expect(writes.map(([temperature]) => temperature)).toEqual(['0', '0.5', '1', '1.5'])
    // The page's own run goes on as if nothing had happened.
    await says(page, '#at-step', '500 / 500')
    await page.click('#card-wake')
    await shown.comes(page, 'wakeMeasured', /./)
    expect(await shown.wordOf(page, 'wakeMeasured')).toBe(node.measured)
    // A new model begins with other numbers.
    await page.click('#card-draw')
    const other = await MicroGPT.create({ docs, seed: 43 })
    const first43 = minus(other.params[0]!.toFixed(4))
    await says(page, '#card-matrix', new RegExp(`^ *${first43} `))
    expect(page.trouble).toEqual([])
  })
})
