/** The first screen: one main button, a correct headline, and the results of one press. */
import { expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { DATASETS } from '../../src/web/lib/datasets/index.js'
import { fullScale } from '../../src/web/lib/picture-colours.js'
import { scaleText } from '../../src/web/lib/picture-legend.js'
import { count } from '../../src/web/text.js'
import { inBrowser } from './browser.js'
import { choosePace, curveOf, inNode, ready, says, trainToEnd } from './visit.js'

const WATCHING = { reducedMotion: 'no-preference', viewport: { width: 1440, height: 900 } } as const

inBrowser('a first visit', (site) => {
  test('has one primary button in view, and the first screen without scrolling', async () => {
    const page = await site.open('', WATCHING)
    await page.waitForFunction(() => !document.querySelector<HTMLButtonElement>('#play')!.disabled)
    const filled = await page.evaluate(() => {
      const accent = getComputedStyle(document.querySelector('#play')!).backgroundColor
      const seen = [...document.querySelectorAll('button')].filter((button) => {
        const { top, bottom, width } = button.getBoundingClientRect()
        return width > 0 && top < innerHeight && bottom > 0
      })
      return seen
        .filter((button) => getComputedStyle(button).backgroundColor === accent)
        .map(({ id }) => id)
    })
    expect(filled).toEqual(['play'])
    for (const at of ['#play', '#picture', '#samples', '#loss-chart', '#paces', '#at-loss']) {
      const box = (await page.locator(at).boundingBox())!
      expect(box.y + box.height, at).toBeLessThanOrEqual(900)
    }
    const sideways = () => document.documentElement.scrollWidth - innerWidth
    expect(await page.evaluate(sideways)).toBe(0)
  })

  test('one press trains for some seconds, with the losses and samples of Node', async () => {
    const { gpt, losses } = await inNode()
    const page = await site.open('', WATCHING)
    await ready(page)
    const start = performance.now()
    await page.click('#play')
    await says(page, '#play', 'Train again')
    // pace.test.ts holds how long exactly, by a clock without other work.
    expect(performance.now() - start).toBeGreaterThan(3000)
    expect((await curveOf(page)).losses).toEqual(losses)
    const samples = await page.locator('#samples li .word').allTextContents()
    expect(samples.slice(0, 20).toReversed()).toEqual(gpt.sample())
    await says(page, '#title', '4,064 numbers, trained for 500 steps.')
    await says(page, '#milestones', /zeros woke up.*below pure guessing/)
    await says(page, '#closing', /In 500 steps the loss fell from 3\.29 to 2\.52.*Try /)
    await says(page, '#hero-status', /^500 steps, .* of computing\. Loss 3\.29 to 2\.52\.$/)
    expect(await page.locator('.notice').count()).toBe(0)
    expect(page.trouble).toEqual([])
  })

  test('the headline counts the parameters of each dataset', async () => {
    const page = await site.open('', WATCHING)
    await ready(page)
    const others = DATASETS.map(async ({ key, mode, config, text }) => {
      const data = mode === 'text' ? { text: text() } : { docs: parseDocs(text()) }
      return [key, (await MicroGPT.create({ ...data, config })).numParams] as const
    })
    for (const [key, params] of [['names', 4064] as const, ...(await Promise.all(others))]) {
      await page.check(`#dataset-${key}`)
      const numbers = count(params)
      await says(page, '#hero-status', new RegExp(`: ${numbers} parameters`))
      await says(page, '#title', `${numbers} random numbers.`)
      await says(page, '#totals', new RegExp(`^${numbers} parameters`))
      await says(page, '#component-sum', new RegExp(`${numbers}`))
      expect(await page.isChecked(`#dataset-${key}`)).toBe(true)
    }
  })

  test('the numbers of the picture can be read by keyboard and by pointer', async () => {
    const { gpt: trained } = await inNode({ config: { num_steps: 100 } })
    expect(trained.numParams).toBe(4064)
    const page = await site.open('#preset=tutorial&num_steps=100')
    await ready(page)
    const hint = (await page.textContent('#picture-cell'))!
    await page.focus('#picture')
    await page.keyboard.press('ArrowRight')
    await says(page, '#picture-cell', /^wte\[0\]\[0\] \(a\): value .*, no gradient yet\. /)
    await trainToEnd(page)
    await page.waitForSelector('#picture[data-drawn="100"]')
    const most = scaleText(fullScale(trained.params))
    await says(page, '#legend-low', `−${most}`)
    await says(page, '#legend-high', most)
    await page.focus('#picture')
    await page.keyboard.press('ArrowRight')
    await says(page, '#picture-cell', /wte\[0\]\[1\] \(a\): value .*, gradient/)
    const wte = trained.stateDict.get('wte')!
    const said = (await page.textContent('#picture-cell'))!
    expect(said).toContain(`wte[0][1] (a): value ${wte.data[1]!.toFixed(4)}, gradient`)
    expect(said).toContain('vocab_size × n_embd = 27 × 16 = 432; number 1 of 4,064')
    await page.keyboard.press('Control+End')
    await says(page, '#picture-cell', /lm_head\[26\]\[15\] \(BOS\)/)
    const box = (await page.locator('#picture').boundingBox())!
    for (let x = 0.1; x < 0.95; x += 0.02) {
      await page.mouse.move(box.x + box.width * x, box.y + box.height / 2)
      if (/mlp_fc2/.test((await page.textContent('#picture-cell'))!)) break
    }
    const pointed = (await page.textContent('#picture-cell'))!
    const [, row, column] = /mlp_fc2\[(\d+)\]\[(\d+)\]/.exec(pointed)!
    const value = trained.stateDict.get('layer0.mlp_fc2')!.data[Number(row) * 64 + Number(column)]!
    expect(pointed).toContain(`value ${Math.abs(value) >= 1e-3 ? value.toFixed(4) : ''}`)
    expect(pointed).toContain('at the start 0')
    // A smaller model does not have the last number, and the page says no more of it.
    await page.focus('#picture')
    await page.keyboard.press('Control+End')
    await says(page, '#picture-cell', /lm_head\[26\]\[15\]/)
    await page.fill('#field-n_embd', '8')
    await page.click('#apply')
    await says(page, '#title', /^1,264 random/)
    expect(await page.textContent('#picture-cell')).toBe(hint)
    await page.focus('#picture')
    await page.waitForSelector('#picture[data-drawn="0"]')
    // The first key chooses a number.
    for (const key of ['ArrowRight', 'Control+End']) await page.keyboard.press(key)
    await says(page, '#picture-cell', /lm_head\[26\]\[7\] .* of 1,264 /)
  })

  test('works by touch: train, read the chart, read a number', async () => {
    const page = await site.open('', {
      ...{ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } },
    })
    await ready(page)
    await page.tap('#play')
    await says(page, '#play', /^Train again$/)
    // The chart is drawn only in view, and can be pointed at before that.
    await page.dispatchEvent('#loss-chart', 'pointerdown', { pointerType: 'touch' })
    await says(page, '#crosshair', /^step 1: loss /)
    await page.tap('#loss-chart')
    await says(page, '#crosshair', /^step (?!1:)\d+: loss /)
    await page.tap('#picture', { position: { x: 60, y: 60 } })
    const box = (await page.locator('#picture').boundingBox())!
    for (
      let y = 30;
      y < box.height && !/value/.test((await page.textContent('#picture-cell'))!);
      y += 12
    ) {
      await page.tap('#picture', { position: { x: box.width / 2, y } })
    }
    await says(page, '#picture-cell', /value .*gradient/)
  })

  test('one step at a time, and a double click does not pause', async () => {
    const page = await site.open('', WATCHING)
    await ready(page)
    await choosePace(page, 'step')
    await page.click('#play')
    await says(page, '#at-step', /^1 \//)
    await page.click('#play')
    await says(page, '#at-step', /^2 \//)
    await choosePace(page, 'watch')
    await page.dblclick('#play')
    // A paused run would stay paused.
    await choosePace(page, 'instant')
    await says(page, '#play', 'Train again')
  })
})
