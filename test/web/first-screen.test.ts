/** The first screen at common sizes: what happened is in view at the end, and nothing overlaps. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { DATASETS } from '../../src/web/lib/datasets/index.js'
import { type RunNumbers, closing } from '../../src/web/lib/story.js'
import { inBrowser } from './browser.js'
import * as shown from './shown.js'
import { choosePace, curveOf, docs, inNode, ready, says, trainTo, trainToEnd } from './visit.js'

const SIZES = [
  { width: 1366, height: 768 },
  { width: 1440, height: 900 },
]

/** A run with one of the longest sentences. */
const LONG_STORY: RunNumbers = {
  ...{ dataset: 'places', mode: 'docs', step: 1000, numSteps: 1000, vocabSize: 27 },
  ...{ numParams: 25_728, loss: 2.11, firstLoss: 3.31, valLoss: 2.61 },
  samples: Array.from({ length: 20 }, (_, i) => ({ step: 1000, text: `a${i}`, known: i < 9 })),
}

const PARTS = ['.start', '#picture-cell', '#at-loss', '#closing', '#milestones']

async function placesOf(page: Page) {
  await page.evaluate(() => scrollTo(0, 0))
  return page.evaluate((parts) => {
    const ends = parts.map((at) => {
      const all = document.querySelectorAll(`${at}, ${at} > *`)
      return Math.max(...[...all].map((one) => one.getBoundingClientRect().bottom))
    })
    const story = document.querySelector('.story')!.getBoundingClientRect().top
    return { ends, story, height: innerHeight, wide: document.documentElement.scrollWidth }
  }, PARTS)
}

inBrowser('the first screen', (site) => {
  test.each([
    ['the names', ''],
    ['a deep model', '#preset=tutorial&n_layer=3&n_embd=32&num_steps=60'],
    ['a run that diverges', '#preset=tutorial&learning_rate=50&num_steps=60'],
  ])('says at the end what happened, without scrolling: %s', async (_name, hash) => {
    const page = await site.open(hash)
    await ready(page)
    await page.evaluate(() => (document.querySelector<HTMLElement>('#keep')!.hidden = true))
    await page.click('#play')
    await page.waitForSelector('#closing:not([hidden])')
    const { happened, next } = closing(LONG_STORY)
    for (const text of [null, `${happened} ${next}`]) {
      if (text !== null) await page.$eval('#closing', (at, said) => (at.textContent = said), text)
      for (const size of SIZES) {
        await page.setViewportSize(size)
        const { ends, story, height, wide } = await placesOf(page)
        const [start, cell, loss, end, milestones] = ends
        const at = `${size.width}, ${text ?? 'its own sentence'}`
        for (const bottom of [start, end]) expect(bottom, at).toBeLessThanOrEqual(height)
        for (const bottom of [cell, loss]) expect(bottom, at).toBeLessThanOrEqual(story)
        if (text === null) expect(milestones, at).toBeLessThanOrEqual(height + 1)
        expect(wide, at).toBe(size.width)
      }
    }
  })

  test('shows what the untrained model writes, and trains to the same losses and samples', async () => {
    const gpt = await MicroGPT.create({ docs })
    const untrained = Array.from(gpt.generate({ seed: 0 }), ({ char }) => char).join('')
    const page = await site.open('')
    await ready(page)
    await says(page, '#samples', `step 0${untrained}`)
    const node = await inNode()
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(node.losses)
    const samples = await shown.samplesOf(page)
    expect(samples.slice(0, 20).map(({ text }) => text)).toEqual(node.gpt.sample().toReversed())
    // The run draws it again, but it is shown once.
    expect(samples.filter(({ step }) => step === 'step 0')).toHaveLength(1)
    expect(samples.at(-1)!.text).toBe(untrained)
    await page.click('#reset')
    await says(page, '#samples', `step 0${untrained}`)
  })

  test('what an untrained model writes has the length of a sample of a text', async () => {
    const { text, config, valFraction } = DATASETS.find(({ key }) => key === 'text')!
    const gpt = await MicroGPT.create({ text: text(), config, valFraction })
    const drawn = Array.from(gpt.generate({ seed: 0, length: 120 }), ({ char }) => char).join('')
    const page = await site.open('')
    await ready(page)
    await page.check('#dataset-text')
    await says(page, '#samples', `step 0${drawn}`)
  })

  test('who presses the button at once gets the sample of step 0 once', async () => {
    const page = await site.open('about:blank')
    await page.addInitScript(() => {
      const press = () => {
        const play = document.querySelector<HTMLButtonElement>('#play')
        if (play && !play.disabled) play.click()
        else setTimeout(press)
      }
      press()
    })
    await page.goto(site.address)
    await says(page, '#play', 'Train again')
    await page.waitForFunction(() => document.body.dataset['panels'] === 'all')
    const steps = (await shown.samplesOf(page)).map(({ step }) => step)
    expect(steps.filter((step) => step === 'step 0')).toHaveLength(1)
    expect(steps.at(-1)).toBe('step 0')
  })

  test('milestones are in the order of their steps', async () => {
    const page = await site.open('')
    await ready(page)
    await choosePace(page, 'instant')
    await trainToEnd(page)
    await says(page, '#milestones', /wrote "/)
    const stamps = await page.locator('#milestones .stamp').allTextContents()
    const steps = stamps.map((stamp) => Number(stamp.replace('step ', '')))
    expect(steps.length).toBeGreaterThan(3)
    expect(steps).toEqual(steps.toSorted((a, b) => a - b))
    // A new run has reached none of them, but one after its second step.
    await shown.reset(page)
    expect(await page.locator('#milestones li').count()).toBe(0)
    expect(await page.isHidden('#closing')).toBe(true)
    await trainTo(page, 3)
    await says(page, '#milestones', /^step [23]Both matrices of zeros woke up: [^:]*$/)
  })
})
