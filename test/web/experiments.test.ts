/** The experiments of the cards: equal numbers stay equal, and zeros stop gradients. */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { inBrowser } from './browser.js'
import { docs, ready, says, trainToEnd } from './visit.js'
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

inBrowser('the cards', (site) => {
  test('show matrix(3, 2), the first gradients, and what becomes of equal numbers', async () => {
    const page = await site.open('')
    await ready(page)
    await trainToEnd(page)
    const gpt = await MicroGPT.create({ docs })
    const [first, second] = [...gpt.params.subarray(0, 2)].map((x) => x.toFixed(4))
    const minus = (text: string) => text.replace('-', '−')
    await says(page, '#card-matrix', new RegExp(`^ *${minus(first!)} +${minus(second!)}\n`))
    await page.locator('#wake-table').scrollIntoViewIfNeeded()
    await says(page, '#wake-table', /attn_wq0\d/)
    await page.click('#card-equal')
    await says(page, '#card-equal-result', /4,064 parameters have only \d\d different values/)
    await says(page, '#card-equal-result', /the 1,024 of layer0\.mlp_fc1: 1\).*this run: 2\.52/)
    expect(await page.locator('#card-samples tbody tr').count()).toBe(4)
    // The page's own run goes on as if nothing had happened.
    await says(page, '#at-step', '500 / 500')
    expect(page.trouble).toEqual([])
  })
})
