/** The three ways to use the package in a page, as the example files show them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { NAMES } from '../../src/data/names.js'
import { inBrowser, root } from './browser.js'

inBrowser(
  'examples/',
  (site) => {
    test('module.html: microgpt.js with core.wasm gives the results of Node', async () => {
      const gpt = await MicroGPT.create({ docs: parseDocs(NAMES) })
      const last = [...gpt.train()].at(-1)!
      const page = await site.open('examples/module.html')
      await page.waitForSelector('li:nth-child(20)')
      expect(await page.textContent('#loss')).toBe(`step 500: loss ${last.loss}`)
      expect(await page.locator('li').allTextContents()).toEqual(gpt.sample())
      expect(page.trouble).toEqual([])
    })

    test('inline.html: one file trains in a worker to the end', async () => {
      const asked: string[] = []
      const page = await site.open('about:blank')
      page.on('request', (request) => asked.push(new URL(request.url()).pathname))
      await page.goto(`${site.address}examples/inline.html`)
      await page.waitForSelector('li:nth-child(10)')
      expect(await page.textContent('#result')).toBe('completed after 2000 steps')
      const beside = asked.filter((path) => path.startsWith('/build/'))
      expect(new Set(beside)).toEqual(new Set(['/build/microgpt.inline.js']))
    })

    test('kernels.html: core.wasm alone fits a line, in twelve lines of code', async () => {
      const page = await site.open('examples/kernels.html')
      await page.waitForFunction(() => document.querySelector('#line')?.textContent !== '')
      const [a, b] = (await page.textContent('#line'))!.split(',').map(Number)
      expect(a).toBeCloseTo(1, 6)
      expect(b).toBeCloseTo(2, 6)
      const script = readFileSync(`${root}/examples/kernels.html`, 'utf8').split(
        /<\/?script.*>/,
      )[1]!
      expect(script.trim().split('\n')).toHaveLength(12)
    })
  },
  { folder: root, headers: {} },
)
