/**
 * Leaving by a link while a run is being written: the browser puts the page into its back/forward
 * cache and freezes the worker, whatever transaction of the store it has open. LONG=1 leaves eight
 * times.
 */
import { readFileSync, rmSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { type Site, inBrowser, root } from './browser.js'
import { hurriedPage, inWorker } from './clock.js'
import { ready, says } from './visit.js'

const TIMES = process.env.LONG === '1' ? 8 : 1
const OFFERED = /^A run at step 1 of 500 on the shipped names, from .*, can be resumed\./

const SLOW = readFileSync(`${root}/test/engines/slow-store.js`, 'utf8')

const leaving = (site: Site): void => {
  const leave = async () => {
    const context = await site.browser().newContext({ reducedMotion: 'reduce' })
    const page = await context.newPage()
    await inWorker(page, SLOW)
    await page.goto(`${site.address}#preset=tutorial&num_steps=500`)
    await ready(page)
    await page.evaluate(() => {
      addEventListener('pagehide', ({ persisted }) => {
        sessionStorage.setItem('persisted', String(persisted))
      })
    })
    const begun = page.evaluate(
      () =>
        new Promise((resolve) =>
          new BroadcastChannel('writes').addEventListener('message', resolve),
        ),
    )
    await page.click('#one-step')
    await begun
    await page.goto(`${site.address}icon.svg`)
    await page.goto(`${site.address}?again`)
    await page.waitForSelector('.offer', { timeout: 15_000 })
    const offer = await page.textContent('.offer')
    const persisted = await page.evaluate(() => sessionStorage.getItem('persisted'))
    await context.close()
    return { offer, persisted }
  }

  test(`the run is offered by the page opened next, ${TIMES} times`, async () => {
    for (let i = 0; i < TIMES; i++) {
      const { offer, persisted } = await leave()
      expect(offer).toMatch(OFFERED)
      expect(persisted, 'in the back/forward cache').toBe('true')
    }
  })
}
inBrowser('leaving by a link during a write', leaving, { whole: true })

/** The page's patience is eight seconds; its clock runs faster here. */
const hurried = hurriedPage()
afterAll(() => rmSync(hurried, { recursive: true }))

inBrowser(
  'a store that another page holds',
  (site) => {
    test('is reported with what to do, and used once it answers', async () => {
      const page = await site.open('')
      await ready(page)
      await says(page, '#autosave', /^While it trains/)
      await page.evaluate(async () => {
        const request = indexedDB.open('microgpt-wasm')
        await new Promise((resolve) => request.addEventListener('success', resolve))
        const store = request.result.transaction('kept', 'readwrite').objectStore('kept')
        const hold = () => store.count().addEventListener('success', hold)
        hold()
      })
      const next = await page.context().newPage()
      await next.goto(site.address)
      await says(next, '#autosave', /not saved .* does not answer; close other tabs of this page/)
      await page.close()
      await next.click('#one-step')
      await says(next, '#autosave', /^Saved at step 1,/)
    })
  },
  { folder: hurried },
)
