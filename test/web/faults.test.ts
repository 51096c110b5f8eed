/** Regression tests: each for a fault that the page once had. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { parseDocs } from '../../src/index.js'
import { visibleChar } from '../../src/web/text.js'
import { inBrowser, root } from './browser.js'
import * as shown from './shown.js'
import { curveOf, fileOf, inNode, ready, says, stepOf, trainTo } from './visit.js'
import { trainToEnd, useText } from './visit.js'

/** In the page: the texts that are written on pictures to save. */
declare let posterTexts: string[]

const WORDS = 'moss\nfern\nlichen\nmoor\nheather\nsorrel\nnettle\nthistle'

inBrowser('the page', (site) => {
  test('keeps its model and its address on a link to a section, and on Back', async () => {
    const page = await site.open('#preset=tutorial&seed=5')
    await ready(page)
    await trainTo(page, 30)
    const { hash } = new URL(page.url())
    await page.click('nav a[href="#model"]')
    expect(new URL(page.url()).hash).toBe(hash)
    await page.evaluate(() => (location.hash = '#elsewhere'))
    await page.goBack()
    await page.click('#one-step')
    await says(page, '#at-step', /^31 /)
    expect(new URL(page.url()).hash).toBe(hash)
  })

  test('loses nothing of a long paste when a key is pressed', async () => {
    const page = await site.open('')
    await ready(page)
    // A text of more than 20,000 characters is not shown as a whole.
    for (const length of [6000, 24_000]) {
      const text = Array.from({ length: length / 6 }, (_, i) => `w${String(i).padStart(4, '0')}`)
      await page.fill('#paste', '')
      await page.focus('#paste')
      await page.evaluate((pasted) => {
        const data = new DataTransfer()
        data.setData('text/plain', pasted)
        const area = document.querySelector<HTMLTextAreaElement>('#paste')!
        const event = new ClipboardEvent('paste', { clipboardData: data, cancelable: true })
        if (area.dispatchEvent(event)) document.execCommand('insertText', false, pasted)
      }, text.join('\n'))
      await page.keyboard.press('Control+Home')
      await page.keyboard.type('x')
      await page.click('#use-text')
      await says(page, '#num-docs', new RegExp(`^${length === 6000 ? '1,000' : '4,000'}$`))
      await says(page, '#data-status', /Longest: xw0000$/)
    }
  })

  test('does not time the tape while a word is typed, keeps the focus, reads a column', async () => {
    const page = await site.open('')
    await ready(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.fill('#word', 'emma')
    await says(page, '#word-status', /^BOS e m m a: /)
    const times = await page.locator('#tape tbody tr:first-child td').allTextContents()
    expect(times.slice(-2)).toEqual(['-', '-'])
    await page.click('#time-tape')
    await says(page, '#tape-about', /µs forward, .* µs backward/)

    // It keeps the focus when a bar is pressed by keyboard.
    await page.fill('#prompt', 'a')
    await page.waitForSelector('.bar')
    await page.evaluate(() => {
      const bars = [...document.querySelectorAll<HTMLElement>('.bar')]
      bars.find((bar) => bar.querySelector('.char')!.textContent !== 'BOS')!.focus()
    })
    await page.keyboard.press('Enter')
    await page.waitForFunction(
      () => document.querySelector<HTMLInputElement>('#prompt')!.value.length === 2,
    )
    await page.waitForFunction(() => document.activeElement?.classList.contains('bar'))

    // It reads a column of a table, and shows what is cut.
    await page.fill('#paste', 'id,word\n1,moss\n2,"fern, tall"\n3,lichen of the moors\n')
    await says(page, '#found', /a table with columns between commas/)
    await page.selectOption('#read-column', { label: 'word' })
    await page.fill('#read-block', '9')
    await says(page, '#preview-note', /^3 documents; 2 are cut/)
    expect(await page.locator('#preview del').allTextContents()).toEqual([...['ll', 'f the moors']])
    await page.click('#use-text')
    await says(page, '#num-docs', /^3$/)
  })

  test('reports that there is no worker, or that it was opened from a file', async () => {
    const page = await site.open('about:blank')
    await page.addInitScript(() => {
      globalThis.Worker = function blocked() {
        throw new Error('workers are blocked')
      } as never
    })
    await page.goto(site.address)
    await says(page, '.notice', /workers are blocked.*Reload the page/)
    await page.goto(pathToFileURL(join(root, 'build/index.html')).href)
    await says(page, '#hero-status', /needs a server.*microgpt\.html/)
    const missing = await site.open('about:blank')
    await missing.route('**/page-worker.js', (route) => route.fulfill({ status: 404 }))
    await missing.goto(site.address)
    await says(missing, '.notice', /could not be loaded/)
  })

  test('reports that a run diverges, and suggests what to try', async () => {
    const page = await site.open('#preset=tutorial&learning_rate=50&num_steps=200')
    await ready(page)
    await page.click('#play')
    await page.waitForSelector('#closing:not([hidden])')
    await says(page, '#closing', /diverged.*smaller learning_rate/)
    expect((await page.textContent('#at-loss'))!.length).toBeLessThan(12)
    await page.goto('about:blank')
    await page.goto(`${site.address}#preset=tutorial&init_std=0`)
    await ready(page)
    await says(page, '#wake', /nothing wakes up/)
  })

  test('keeps unapplied edits, marks them, and trains a new run with them', async () => {
    const page = await site.open('#preset=tutorial&num_steps=60')
    await ready(page)
    await trainTo(page, 10)
    await page.fill('#field-n_embd', '8')
    await page.waitForSelector('#unapplied')
    await trainToEnd(page)
    expect(await page.inputValue('#field-n_embd')).toBe('8')
    expect(await page.textContent('#title')).toContain('4,064')
    await trainToEnd(page)
    await says(page, '#title', /^1,264 numbers/)
    await page.waitForSelector('#unapplied', { state: 'hidden' })
    const { losses } = await inNode({ config: { n_embd: 8, num_steps: 60 } })
    expect((await curveOf(page)).losses).toEqual(losses)
  })

  test('saves the picture as a PNG, and continues a run whose stop rule is met', async () => {
    const page = await site.open('')
    await ready(page)
    await page.evaluate(() => {
      Object.assign(globalThis, { posterTexts: [] })
      const { prototype } = OffscreenCanvasRenderingContext2D
      const { fillText } = prototype
      prototype.fillText = function (text, ...place) {
        posterTexts.push(text)
        return fillText.call(this, text, ...place)
      }
    })
    /** Saves the picture at a step, and checks what is written on it. */
    const savePicture = async (step: number, names: string[]) => {
      const { name, bytes } = await fileOf(page, '#save-picture')
      expect(name).toBe(`microgpt-step-${step}.png`)
      await says(page, '#picture-status', `Saved: ${name}.`)
      expect(bytes.subarray(1, 4).toString()).toBe('PNG')
      expect([bytes.readUInt32BE(16), bytes.readUInt32BE(20)]).toEqual([2400, 1600])
      const texts = await page.evaluate(() => posterTexts.splice(0))
      expect(texts.slice(0, 2)).toEqual([
        `4,064 numbers after ${step} steps`,
        'microgpt, trained on the shipped names, seed 42',
      ])
      expect(texts.slice(texts.indexOf('What it writes') + 1)).toEqual(names)
    }
    const written = async () =>
      (await shown.samplesOf(page))
        .map(({ text }) => text)
        .filter((text) => text !== '')
        .slice(0, 10)
        .toReversed()
    await trainTo(page, 50)
    await savePicture(50, await written())
    // The rule is met: the run goes on to its end.
    await page.click('#play')
    await says(page, '#play', /^Train again$/)
    expect(await stepOf(page)).toBe(500)
    await savePicture(500, await written())
    // A new model has written nothing yet.
    await page.click('#reset')
    await says(page, '#at-step', /^0 /)
    await savePicture(0, [])
  })

  test('trains on a long text with the losses and the validation loss of Node', async () => {
    const text = 'the quick brown fox jumps over the lazy dog and runs away\n'.repeat(40)
    const { gpt, losses } = await inNode({
      ...{ docs: undefined as never, text, valFraction: 0.1 },
      config: { block_size: 32, num_steps: 60 },
    })
    const page = await site.open('#preset=tutorial&num_steps=60')
    await ready(page)
    await page.fill('#paste', text)
    await says(page, '#found', /one long text/)
    // A tenth of the 2,320 characters is held out.
    const note =
      '2,320 characters, read 32 at a time from random places; the last 232 are held out.'
    await says(page, '#preview-note', note)
    await page.click('#use-text')
    await says(page, '#docs-term', /^characters$/)
    await says(page, '#num-docs', '2,088')
    await says(page, '#cut-term', 'held out')
    await says(page, '#cut', '232')
    await says(page, '#card-start', 'a new line')
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(losses)
    await says(page, '#at-val', gpt.validate().toFixed(4))
    // The model has never seen BOS: a piece of the text is shown, and its first bars follow a newline.
    const piece = text.slice(0, 32).trim()
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.fill('#word', piece)
    const loss = gpt.loss([piece]).toFixed(4)
    const letters = [...piece].slice(0, -1).map(visibleChar).join(' ')
    await says(page, '#word-status', `${letters}: loss ${loss} after step 60`)
    await page.fill('#temperature', '1')
    const [first] = gpt.generate({ temperature: 1, length: 1, seed: 1 })
    const top = first!.top.slice(0, 10)
    await page.waitForFunction(
      (char) => document.querySelector('.bar .char')?.textContent === char,
      visibleChar(top[0]!.char),
    )
    await page.locator('#invent').scrollIntoViewIfNeeded()
    const bars = await page.locator('.bar .number').allTextContents()
    expect(bars.map(parseFloat)).toEqual(
      top.map(({ probability: p }) => Number((100 * p).toFixed(p < 0.0995 ? 1 : 0))),
    )
    await page.click('#reset')
    await says(page, '#at-step', /^0 /)
    await says(page, '#at-val', '-')
    // Of the names nothing is held out.
    await page.click('#use-names')
    await says(page, '#num-docs', '2,787')
    await trainToEnd(page)
    await says(page, '#closing', /^In 60 steps .* of its 20 names are invented/)
    expect(await page.textContent('#closing')).not.toContain('held out')
  })

  test('a share link with words gives the same twenty samples in another browser', async () => {
    const page = await site.open('#preset=tutorial&num_steps=100')
    await ready(page)
    await useText(page, WORDS)
    await trainToEnd(page)
    const samplesOf = (of: typeof page) => of.locator('#samples li').allTextContents()
    const first = (await samplesOf(page)).slice(0, 20)
    await page.waitForFunction(() =>
      /#run=1\./.test(document.querySelector<HTMLInputElement>('#link')!.value),
    )
    const link = await page.inputValue('#link')
    const other = await site.open(link, { separate: true })
    await ready(other)
    await says(other, '#num-docs', /^8$/)
    await trainToEnd(other)
    expect((await samplesOf(other)).slice(0, 20)).toEqual(first)
    const { gpt } = await inNode({ docs: parseDocs(WORDS) })
    expect(gpt.sample()).toHaveLength(20)
    // The link is of its words only.
    expect(other.url()).toBe(link)
    await other.click('#use-names')
    await says(other, '#num-docs', '2,787')
    expect(new URL(other.url()).hash).toBe('#preset=tutorial&seed=42&num_steps=100')
    await other.goto('about:blank')
    await other.goto(`${link.slice(0, -3)}xyz`)
    await says(other, '.notice', /This link cannot be opened: This link is damaged/)
    await ready(other)
  })

  test('web --export writes the page as static files with its policy, only into an empty folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-'))
    const cli = join(root, 'build/cli.js')
    try {
      const target = join(folder, 'site')
      execFileSync(process.execPath, [cli, 'web', '--export', target])
      const names = readdirSync(target)
      expect(names).toEqual(expect.arrayContaining(['index.html', 'core.wasm', 'preview.png']))
      const html = readFileSync(join(target, 'index.html'), 'utf8')
      expect(html).toContain('http-equiv="content-security-policy"')
      expect(html).toMatch(/og:title.*\n[^]*og:image/)
      expect(() => execFileSync(process.execPath, [cli, 'web', '--export', target])).toThrow(
        'not empty',
      )
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
