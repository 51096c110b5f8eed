/** The page under hard conditions: hostile text, no WebAssembly, no server, and strict policies. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { describe, expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { TypedGPT } from '../../src/reference/index.js'
import { NAMES } from '../../src/data/names.js'
import { LONG, type Opened, type Site, inBrowser, root } from './browser.js'
import { openPanels, ready, says, useText } from './visit.js'

const docs = parseDocs(NAMES)
/** A short run. */
const HASH = '#preset=tutorial&num_steps=60'
const config = { num_steps: 60 }
const FALLBACK = /^WebAssembly is not available \(/

async function trainToEnd(page: Opened) {
  await page.waitForFunction(() => document.body.dataset['panels'] === 'all')
  await openPanels(page)
  await page.click('#play')
  await says(page, '#play', 'Train again')
}

/** The last loss with the digits that the page shows. */
const lastLoss = (gpt: { train(): Iterable<{ loss: number }> }) =>
  [...gpt.train()].at(-1)!.loss.toFixed(4)

/** Collects what the policy refuses in the page, from its start; workers report to the console. */
const watchPolicy = () => {
  const seen: string[] = []
  Object.assign(globalThis, { refusals: seen })
  addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) =>
    seen.push(`${violatedDirective} ${blockedURI}`),
  )
}

const hardships = (site: Site) => {
  describe('hostile text is shown as text', () => {
    const HOSTILE = [
      '<img src=x onerror="globalThis.hacked=1">',
      '<script>globalThis.hacked=1</script>',
      '__proto__',
      'constructor',
      '{{7*7}} ${7*7}',
      'שלום עולם',
      '\u202egnp.exe',
      '👩‍👩‍👧 🏳️‍🌈',
      'a\u0300\u0301\u0302\u0303',
    ]

    test('in the documents, the alphabet, the samples and the prompt', async () => {
      const page = await site.open('#preset=tutorial&num_steps=200&block_size=32')
      await ready(page)
      await useText(page, HOSTILE.join('\n'))
      await trainToEnd(page)
      const shown = await page.locator('#docs li').allTextContents()
      expect(shown.sort()).toEqual([...HOSTILE].sort())
      await page.fill('#prompt', '<img')
      await page.click('#whole')
      await page.fill('#word', HOSTILE[0]!.slice(0, 31))
      await page.locator('#inside').scrollIntoViewIfNeeded()
      await says(page, '#word-status', /loss/)
      const made = await page.evaluate(() => ({
        images: document.querySelectorAll('img').length,
        scripts: document.querySelectorAll('script').length,
        hacked: 'hacked' in globalThis,
        polluted: 'polluted' in {},
      }))
      expect(made).toEqual({ images: 0, scripts: 2, hacked: false, polluted: false })
      expect(page.trouble).toEqual([])
    })

    test('a line of a megabyte from a file is shortened for display', async () => {
      const page = await site.open(HASH)
      await ready(page)
      const buffer = Buffer.from(`${'<b>x'.repeat(2 ** 18)}\nanna\n`)
      await page.setInputFiles('#file', { name: '<b>x.txt', mimeType: 'text/plain', buffer })
      await says(page, '#found', /^This looks like/)
      await page.selectOption('#read-mode', 'docs')
      await page.click('#use-text')
      await says(page, '#num-docs', '2')
      await says(page, '#longest', '1,048,576')
      expect((await page.textContent('#data'))!.length).toBeLessThan(3000)
      await trainToEnd(page)
    })

    test('bytes that are not text are refused, and the data is kept until a text is dropped', async () => {
      const page = await site.open(HASH)
      await ready(page)
      const buffer = Buffer.from([0x61, 0x0a, 0x62, 0xff, 0xfe])
      await page.setInputFiles('#file', { name: 'odd.bin', mimeType: 'text/plain', buffer })
      await says(page, '#data-status', /odd.bin.*not valid UTF-8 at line 2, byte 2/)
      await page.selectOption('#read-encoding', 'windows-1252')
      await says(page, '#data-status', '')
      expect(await page.inputValue('#paste')).toBe('a\nbÿþ')
      await page.fill('#paste', ' \n \n')
      await page.click('#use-text')
      await says(page, '#num-docs', '2,787')
      // A text that is refused is not used by a later model either.
      await page.fill('#paste', 'ab')
      await page.selectOption('#read-mode', 'text')
      await page.click('#use-text')
      await says(page, '#data-status', /^This text cannot be used: /)
      await page.selectOption('#read-mode', 'docs')
      await page.click('#reset')
      await trainToEnd(page)
      expect(await page.isChecked('#dataset-names')).toBe(true)
      // A file with text, dropped onto the page, is read.
      await page.evaluate(() => {
        const dataTransfer = new DataTransfer()
        dataTransfer.items.add(new File(['otto\nanna\nhannah\n'], 'three.txt'))
        document.querySelector('#drop')!.dispatchEvent(new DragEvent('drop', { dataTransfer }))
      })
      await says(page, '#found', /^This looks like a list/)
      await page.click('#use-text')
      await says(page, '#num-docs', '3')
      await says(page, '#data-status', /From three.txt/)
      // What is typed into the empty field is not of that file.
      await page.fill('#paste', '')
      await page.fill('#paste', 'ada\nbo')
      await page.click('#use-text')
      await says(page, '#data-status', /^From your text/)
    })
  })

  test('without core.wasm the page uses the reference engine and says so', async () => {
    const page = await site.open('about:blank')
    await page.route('**/core.wasm', (route) => route.fulfill({ status: 404 }))
    await page.goto(site.address + HASH)
    await trainToEnd(page)
    const said = await page.locator('.notice').allTextContents()
    expect(said).toHaveLength(1)
    expect(said[0]).toMatch(FALLBACK)
    expect(said[0]).toContain('the server answered 404')
    await says(page, '#at-loss', lastLoss(new TypedGPT({ docs, config })))
    await page.fill('#prompt', 'jo')
    await page.waitForSelector('.bar')
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('.thumb')
    await says(page, '#word-status', /need/)
  })

  test('the strict policy refuses nothing during a whole visit', async () => {
    const page = await site.open('about:blank')
    await page.addInitScript(watchPolicy)
    await page.goto(site.address + HASH)
    await trainToEnd(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('#tape tbody tr')
    await page.click('#next-char')
    await page.locator('#race').scrollIntoViewIfNeeded()
    await page.click('#race-go')
    await says(page, '#race-table', / \/ 60/)
    await page.click('#race-go')
    const refusals = () =>
      page.evaluate(() => (globalThis as unknown as { refusals: string[] }).refusals)
    expect(await refusals()).toEqual([])
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true)
    expect(page.trouble).toEqual([])
    // A refusal would have been noticed.
    await page.evaluate(() => {
      document.body.setAttribute('onclick', 'globalThis.hacked = 1')
      document.body.click()
    })
    expect(await refusals()).toEqual(['script-src-attr inline'])
  })

  test('microgpt.html opened from a file trains, looks inside and races, and loads no other file', async () => {
    const page = await site.open('about:blank', { offline: true })
    const asked: string[] = []
    page.on('request', (request) => asked.push(request.url().slice(0, 5)))
    await page.goto(pathToFileURL(`${root}/build/microgpt.html`).href + HASH)
    await trainToEnd(page)
    await says(page, '#at-loss', lastLoss(await MicroGPT.create({ docs, config })))
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('#tape tbody tr')
    await page.click('#race-go')
    await says(page, '#race-table', / 60 \/ 60/)
    await page.click('#race-go')
    expect(await page.locator('.notice').count()).toBe(0)
    expect(asked.filter((url) => url !== 'data:' && url !== 'blob:')).toEqual(['file:'])
    expect(page.trouble).toEqual([])
  })

  test('nothing overflows the page at widths from 320 px', async () => {
    const widths = [320, 375, 768, 1440]
    const sizeOf = (width: number) => ({ width, height: 800 })
    const fits = async (page: Opened, width: number) => {
      await page.locator('#inside').scrollIntoViewIfNeeded()
      await page.waitForSelector('#tape tbody tr')
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width)
    }
    const page = await site.open(HASH, { viewport: sizeOf(320) })
    await trainToEnd(page)
    for (const width of widths) {
      await page.setViewportSize(sizeOf(width))
      await fits(page, width)
      if (!LONG) continue
      const own = await site.open('', { viewport: sizeOf(width) })
      await trainToEnd(own)
      await fits(own, width)
    }
  })

  test('works by keyboard: from the top of the page to a trained model', async () => {
    const page = await site.open('')
    await ready(page)
    for (let i = 0; i < 30; i++) {
      await page.keyboard.press('Tab')
      if (await page.evaluate(() => document.activeElement?.id === 'play')) break
    }
    await page.keyboard.press('Enter')
    await says(page, '#play', 'Train again')
    await page.focus('#loss-chart')
    await page.keyboard.press('End')
    const value = await page.getAttribute('#loss-chart', 'aria-valuetext')
    expect(value).toMatch(/^step 500: loss \d\.\d+, smoothed /)
    await says(page, '#crosshair', value!)
  })

  test('the page receives at most 20 messages per second', async () => {
    const page = await site.open('about:blank')
    await page.addInitScript(() => {
      const times: number[] = []
      Object.assign(globalThis, { times })
      globalThis.Worker = class extends Worker {
        constructor(url: string | URL) {
          super(url)
          this.addEventListener('message', () => times.push(performance.now()))
        }
      }
    })
    await page.goto(`${site.address}#preset=tutorial&num_steps=10000000`)
    await ready(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('#tape tbody tr')
    const start = await page.evaluate(() => {
      document.querySelector<HTMLButtonElement>('#play')!.click()
      const { times } = globalThis as unknown as { times: number[] }
      // What was asked before is answered in the first messages.
      Object.assign(globalThis, { before: times.length + 10 })
      return performance.now()
    })
    await page.waitForFunction(() => {
      const { times, before } = globalThis as unknown as { times: number[]; before: number }
      return times.length > before + 20
    })
    const end = await page.evaluate(() => {
      const { times, before } = globalThis as unknown as { times: number[]; before: number }
      return times[before + 19]!
    })
    // A page that is held up gets them later, never sooner.
    expect(20 / ((end - start) / 1000)).toBeLessThanOrEqual(20)
  })
}

inBrowser('the page under hard conditions', hardships)

inBrowser(
  'without WebAssembly',
  (site) => {
    test('the page uses the reference engine, and microgpt.js throws a CoreError', async () => {
      const page = await site.open(HASH)
      expect(await page.evaluate(() => typeof WebAssembly)).toBe('undefined')
      await trainToEnd(page)
      const said = await page.locator('.notice').allTextContents()
      expect(said[0]).toMatch(FALLBACK)
      expect(said[0]).toContain('this engine has no WebAssembly')
      const twin = new TypedGPT({ docs, config })
      await says(page, '#at-loss', lastLoss(twin))
      const text = "import('./microgpt.js').then((m) => m.loadCore()).catch((e) => e.name)"
      expect(await page.evaluate(text)).toBe('CoreError')
    })
  },
  // V8 without its compilers does not have WebAssembly either.
  { flags: ['--js-flags=--jitless'] },
)

inBrowser(
  'under a policy without wasm-unsafe-eval',
  (site) => {
    test('the error names the policy', async () => {
      const page = await site.open(HASH)
      await trainToEnd(page)
      const said = await page.locator('.notice').allTextContents()
      expect(said[0]).toMatch(FALLBACK)
      expect(said[0]).toContain("add 'wasm-unsafe-eval' to its script-src")
    })
  },
  { headers: { 'content-security-policy': "default-src 'self'" } },
)

test('the page inserts no text as HTML', () => {
  const bundle = readFileSync(`${root}/build/page.js`, 'utf8')
  for (const way of ['innerHTML', 'outerHTML', 'insertAdjacentHTML', 'document.write', 'eval(']) {
    expect(bundle).not.toContain(way)
  }
})
