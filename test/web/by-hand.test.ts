/** The whole first visit by keyboard alone, and by touch alone: focus is never lost. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { inBrowser } from './browser.js'
import { frames } from './drawings.js'
import { ready, says, stepOf } from './visit.js'

/** The id of the focused element, or its text. */
const focused = (page: Page) =>
  page.evaluate(() => {
    const { activeElement } = document
    if (!activeElement || activeElement === document.body) return 'nothing'
    return activeElement.id || activeElement.textContent.trim() || activeElement.tagName
  })

/** Focus that an action has moved or kept; a removed or disabled element would lose it. */
async function hasFocus(page: Page, after: string) {
  // Two frames: the browser takes the focus off a disabled element when it draws.
  await frames(page)
  expect(await focused(page), `the focus after ${after}`).not.toBe('nothing')
}

/** Presses Tab until an element is reached; there, the page leaves further ones out. */
async function tabTo(page: Page, selector: string) {
  await page.evaluate((at) => {
    let isFirst = true
    const stop = new AbortController()
    const hear = (event: KeyboardEvent) => {
      if (event.key !== 'Tab') return
      if (!isFirst && document.activeElement?.matches(at)) event.preventDefault()
      isFirst = false
    }
    addEventListener('keydown', hear, { capture: true, signal: stop.signal })
    Object.assign(globalThis, { stop })
  }, selector)
  for (let i = 0, reached = false; !reached; i++) {
    if (i === 60) throw new Error(`Tab does not reach ${selector}`)
    for (let k = 0; k < 4; k++) await page.keyboard.press('Tab')
    reached = await page.evaluate((at) => document.activeElement?.matches(at) === true, selector)
  }
  await page.evaluate(() => (globalThis as unknown as { stop: AbortController }).stop.abort())
}

async function press(page: Page, selector: string, key = 'Enter') {
  await tabTo(page, selector)
  await page.keyboard.press(key)
  await hasFocus(page, `${key} on ${selector}`)
}

/** Focuses a section, as a link to it does. */
const goTo = (page: Page, section: string) =>
  page.$eval(section, (element: HTMLElement) => {
    element.tabIndex = -1
    element.focus()
  })

inBrowser('the first visit', (site) => {
  test('by keyboard alone', { timeout: 120_000 }, async () => {
    const page = await site.open('')
    await ready(page)
    await tabTo(page, 'input[name=dataset]')
    await page.keyboard.press('ArrowDown')
    await hasFocus(page, 'choosing a dataset')
    await says(page, '#lead', /./)
    await page.waitForFunction(
      () => !/4,064|Getting/.test(document.querySelector('#hero-status')!.textContent),
    )
    await page.keyboard.press('ArrowUp')
    await says(page, '#hero-status', /4,064/)
    await tabTo(page, 'input[name=pace]')
    await page.keyboard.press('ArrowLeft')
    expect(await page.isChecked('input[name=pace][value=watch]')).toBe(true)
    await page.keyboard.press('ArrowRight')
    await goTo(page, '#train')
    await press(page, '#play')
    await says(page, '#play', /^Train again$/)
    await hasFocus(page, 'the end of the run')
    await tabTo(page, 'input[name=mode]')
    await page.keyboard.press('ArrowRight')
    await tabTo(page, '#picture')
    for (const key of ['ArrowRight', 'ArrowDown', 'Control+End']) await page.keyboard.press(key)
    await says(page, '#picture-cell', /^lm_head\[26\]\[15\]/)
    await tabTo(page, '#loss-chart')
    await page.keyboard.press('End')
    await says(page, '#crosshair', /^step 500: /)
    for (const card of ['draw', 'wake', 'attention', 'step', 'write']) {
      await goTo(page, '#what')
      await press(page, `#card-${card}`)
    }
    await tabTo(page, '#prompt')
    await page.keyboard.type('an')
    await page.waitForSelector('.bar')
    for (const id of ['#whole', '#next-char', '#clear-prompt']) await press(page, id)
    await tabTo(page, '#temperature-slider')
    await page.keyboard.press('ArrowRight')
    expect(await page.inputValue('#temperature')).toBe('0.55')
    await press(page, '.bar')
    await page.waitForFunction(() => document.activeElement?.closest('#invent'))
    await tabTo(page, '#paste')
    await page.keyboard.type('otto')
    await press(page, '#use-text')
    await says(page, '#num-docs', /^1$/)
    await press(page, '#use-names')
    await says(page, '#num-docs', /^2,787$/)
    await tabTo(page, '#field-n_embd')
    await page.keyboard.press('Control+A')
    await page.keyboard.type('8')
    await press(page, '#apply')
    await says(page, '#title', /^1,264 random/)
    for (const id of ['#one-step', '#reset']) {
      await goTo(page, '#train')
      await press(page, id)
    }
    await goTo(page, '#inside')
    await press(page, '#time-tape')
    await says(page, '#tape-about', /µs/)
    await hasFocus(page, 'measuring the tape')
    await goTo(page, '#curves')
    await press(page, '#runs button')
    await goTo(page, '.skip')
    await tabTo(page, '#save-share')
    await tabTo(page, '#link')
    expect(await page.inputValue('#link')).toContain('n_embd=8')
    const download = page.waitForEvent('download')
    await press(page, '#save-model')
    expect((await download).suggestedFilename()).toMatch(/step-0\.safetensors$/)
    expect(page.trouble).toEqual([])
  })

  test('a button that its own press removes or disables hands on the focus', async () => {
    const page = await site.open('#preset=tutorial&num_steps=3')
    await ready(page)
    for (let i = 0; i < 3; i++) {
      await page.focus('#one-step')
      await page.keyboard.press('Enter')
      await says(page, '#at-step', new RegExp(`^${i + 1} `))
    }
    await hasFocus(page, 'the last step')
    await says(page, '#autosave', /^Saved at step 3/)
    for (const button of ['Show', 'Forget']) {
      await page.reload()
      await page.waitForSelector('.offer')
      await page.locator('.offer button', { hasText: button }).focus()
      await page.keyboard.press('Enter')
      await page.waitForFunction(() => !document.querySelector('.offer'))
      await hasFocus(page, button)
    }
  })

  test('Tab goes through the page in its order', async () => {
    const page = await site.open('')
    await ready(page)
    await goTo(page, '.skip')
    const order = await page.evaluate(() => {
      const positive = document.querySelectorAll('[tabindex]:not([tabindex="0"], [tabindex="-1"])')
      const sections = [...document.querySelectorAll<HTMLElement>('main > section:not([hidden])')]
      const tops = sections.map((section) => section.getBoundingClientRect().top + scrollY)
      return { positive: positive.length, tops }
    })
    expect(order.positive).toBe(0)
    expect(order.tops).toEqual(order.tops.toSorted((a, b) => a - b))
    const seen: number[] = []
    for (let i = 0; i < 400; i++) {
      await page.keyboard.press('Tab')
      const at = await page.evaluate(() => {
        const all = [...document.querySelectorAll('*')]
        const { activeElement } = document
        return activeElement === document.body ? -1 : all.indexOf(activeElement!)
      })
      // Behind the last element the browser's own controls follow, and then the first again.
      if (at < 0 || at < (seen.at(-1) ?? 0)) break
      seen.push(at)
    }
    expect(seen.length).toBeGreaterThan(60)
    const last = await page.evaluate((at) => {
      return document.querySelectorAll('*')[at]!.closest('footer, #advanced') !== null
    }, seen.at(-1)!)
    expect(last, 'Tab reaches the end of the page').toBe(true)
  })

  test('by touch alone', { timeout: 120_000 }, async () => {
    const page = await site.open('', {
      ...{ hasTouch: true, isMobile: true, viewport: { width: 390, height: 844 } },
    })
    await ready(page)
    await page.locator('label:has(#dataset-places)').tap()
    await page.waitForFunction(
      () => !/4,064|Getting/.test(document.querySelector('#hero-status')!.textContent),
    )
    await page.locator('label:has(#dataset-names)').tap()
    await says(page, '#hero-status', /4,064/)
    await page.locator('label:has(input[name=pace][value=instant])').tap()
    await page.tap('#play')
    await says(page, '#play', /^Train again$/)
    await page.locator('label:has(input[name=mode][value=change])').tap()
    await page.tap('#loss-chart')
    await says(page, '#crosshair', /^step \d+: loss /)
    await page.fill('#prompt', 'an')
    await page.waitForSelector('.bar')
    await page.locator('.bar').first().tap()
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('#prompt')!.value !== 'an',
    )
    for (const id of ['#temperature-slider', '#top-k-slider']) {
      const box = (await page.locator(id).boundingBox())!
      const before = await page.inputValue(id)
      await page.tap(id, { position: { x: box.width * 0.8, y: box.height / 2 } })
      expect(await page.inputValue(id), id).not.toBe(before)
    }
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.locator('.thumb', { hasText: 'lm_head' }).tap()
    await says(page, '#matrix-name', /^lm_head/)
    for (const side of ['before', 'now']) {
      await page.tap(`#matrix-${side}`, { position: { x: 40, y: 40 } })
      expect(await page.textContent('#cell'), side).toMatch(/^lm_head\[\d+\]\[\d+\]/)
    }
    const size = page.locator('#fields input[type=range]').first()
    const box = (await size.boundingBox())!
    await size.tap({ position: { x: box.width / 12, y: box.height / 2 } })
    await says(page, '#unapplied', /not applied/)
    await page.tap('#apply')
    await page.waitForFunction(() => !/ 4,064/.test(document.querySelector('#title')!.textContent))
    await page.tap('#one-step')
    await says(page, '#at-step', /^1 /)
    expect(await stepOf(page)).toBe(1)
    expect(page.trouble).toEqual([])
  })
})
