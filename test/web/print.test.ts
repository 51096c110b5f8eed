/** Print has the light pictures, whatever the color scheme of the screen. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { inBrowser } from './browser.js'
import { ready, trainToEnd } from './visit.js'

/** The mean of the color channels of each canvas in print, 0 to 255, by its id; opaque pixels only. */
const meansOf = (page: Page) =>
  page.evaluate(async () => {
    // The page hears of the other medium with the next frame.
    for (let i = 0; i < 2; i++) await new Promise(requestAnimationFrame)
    const means: [string, number][] = []
    for (const canvas of document.querySelectorAll('canvas')) {
      if (canvas.clientWidth === 0 || canvas.width === 0) continue
      const { data } = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height)
      let [sum, weight] = [0, 0]
      for (let i = 0; i < data.length; i += 4) {
        sum += data[i + 3]! * (data[i]! + data[i + 1]! + data[i + 2]!)
        weight += 3 * data[i + 3]!
      }
      if (weight > 0) means.push([canvas.id || canvas.parentElement!.textContent, sum / weight])
    }
    return Object.fromEntries(means)
  })

inBrowser('print', (site) => {
  test('has light pictures, also from dark mode, and the screen stays dark', async () => {
    const page = await site.open('#preset=tutorial&num_steps=30', { colorScheme: 'dark' })
    await ready(page)
    await trainToEnd(page)
    // Every picture is drawn once it has been in view.
    for (const at of ['#picture', '#follow', '#what', '#state-dict', '#inside', '#next-heat']) {
      await page.locator(at).scrollIntoViewIfNeeded()
      await page.waitForTimeout(100)
    }
    await page.waitForFunction(() => document.querySelectorAll('.thumb canvas').length === 9)
    const onScreen = await meansOf(page)
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' })
    const fromDark = await meansOf(page)
    await page.emulateMedia({ media: 'print', colorScheme: 'light' })
    const fromLight = await meansOf(page)
    const names = Object.keys(fromLight)
    expect(names).toEqual(expect.arrayContaining(['picture', 'loss-chart', 'thumb-0', 'thumb-8']))
    expect(names).toEqual(expect.arrayContaining(['follow-chart', 'histogram', 'next-heat']))
    expect(Object.keys(fromDark)).toEqual(names)
    for (const name of names) {
      expect(fromDark[name], name).toBeCloseTo(fromLight[name]!, 0)
      if (name.startsWith('thumb-'))
        expect(fromDark[name]! - onScreen[name]!, name).toBeGreaterThan(20)
    }
    await page.emulateMedia({ media: 'screen', colorScheme: 'dark' })
    const again = await meansOf(page)
    for (const name of names.filter((one) => one.startsWith('thumb-'))) {
      expect(again[name], name).toBeCloseTo(onScreen[name]!, 0)
    }
    await page.emulateMedia({ media: null })
  })
})
