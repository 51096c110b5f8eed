/** A test must not meet what the test before it left in the browser. */
import { expect, test } from 'vitest'
import { inBrowser } from './browser.js'
import { Pages } from './pages.js'

inBrowser('pages that are used again', (site) => {
  test('run no scripts of the test before, even in pages that it opened itself', async () => {
    const pages = new Pages(site.browser())
    const page = await pages.open({})
    const other = await page.context().newPage()
    for (const each of [page, other]) {
      await each.addInitScript(() => Object.assign(globalThis, { left: true }))
      await each.goto(`${site.address}icon.svg`)
    }
    await pages.endTest(site.address)
    const next = await pages.open({})
    await next.goto(`${site.address}icon.svg`)
    expect(await next.evaluate(() => 'left' in globalThis)).toBe(false)
    await next.context().close()
  })

  test('are those that report their errors', async () => {
    const pages = new Pages(site.browser())
    const page = await pages.open({})
    await page.context().newPage()
    await page.close()
    await pages.endTest(site.address)
    const next = await pages.open({})
    await next.goto(`${site.address}icon.svg`)
    const told = next.waitForEvent('pageerror')
    await next.evaluate(() => setTimeout(() => Promise.reject(new Error('of this test'))))
    await told
    expect(next.trouble).toEqual(['of this test'])
    await next.context().close()
  })

  test('are used again if they are as they were', async () => {
    const pages = new Pages(site.browser())
    const page = await pages.open({})
    await page.goto(`${site.address}icon.svg`)
    await pages.endTest(site.address)
    expect(await pages.open({})).toBe(page)
    await page.context().close()
  })
})
