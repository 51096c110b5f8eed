/** The example pages of the guides, in a browser. */
import { expect, test } from 'vitest'
import { inBrowser, root } from '../web/browser.js'

inBrowser(
  'pages of the guides',
  (site) => {
    test('name-generator.html trains in a worker, and makes names on each click', async () => {
      const page = await site.open('examples/name-generator.html')
      await page.click('button:enabled')
      await page.waitForFunction(() => document.querySelector('#names')?.textContent !== '')
      const first = await page.textContent('#names')
      expect(first).toMatch(/^[a-z]+(, [a-z]+){9}$/)
      await page.click('button')
      await page.waitForFunction(
        (before) => document.querySelector('#names')?.textContent !== before,
        first,
      )
      expect(page.trouble).toEqual([])
    })

    test('suggestions.html learns the text of the visitor, and suggests what comes next', async () => {
      const page = await site.open('examples/suggestions.html')
      await page.fill('#text', 'abcabcabc')
      await page.click('#learn')
      await page.waitForFunction(() =>
        /^(?!step).+/.test(document.querySelector('output')?.value ?? ''),
      )
      await page.fill('#text', 'the cat sat on the mat. '.repeat(20))
      await page.click('#learn')
      await page.waitForSelector('#line:enabled')
      await page.fill('#line', 'the cat sat on th')
      await page.waitForFunction(() => document.querySelector('#next')?.textContent?.[0] === 'e')
      await page.click('#next button')
      expect(await page.inputValue('#line')).toBe('the cat sat on the')
      await page.waitForFunction(() => document.querySelector('#next')?.textContent?.[0] === '␣')
      await page.fill('#line', 'the Q')
      await page.waitForFunction(() => document.querySelector('#next')?.textContent === '')
      expect(page.trouble).toEqual([])
    })
  },
  { folder: root, headers: {} },
)
