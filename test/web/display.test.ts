/** What is drawn and written can be read: labels, help, text from right to left, narrow windows. */
import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { inBrowser } from './browser.js'
import { frames } from './drawings.js'
import * as shown from './shown.js'
import { ready, says, trainToEnd } from './visit.js'

interface Label {
  text: string
  left: number
  right: number
  top: number
  bottom: number
}
declare let labels: Map<string, Label[]>

/** In the page, before its scripts: notes the text that is on each canvas with an id. */
const watchLabels = () => {
  Object.assign(globalThis, { labels: new Map() })
  const { fillText, clearRect } = CanvasRenderingContext2D.prototype
  CanvasRenderingContext2D.prototype.clearRect = function (...box) {
    labels.set(this.canvas.id, [])
    return clearRect.apply(this, box)
  }
  CanvasRenderingContext2D.prototype.fillText = function (
    text: string,
    x: number,
    y: number,
    most = Infinity,
  ) {
    const size = this.measureText(text)
    // A wider text is squeezed into the width that is given.
    const fits = Math.min(1, most / size.width)
    labels.get(this.canvas.id)?.push({
      text,
      left: x - fits * size.actualBoundingBoxLeft,
      right: x + fits * size.actualBoundingBoxRight,
      top: y - size.actualBoundingBoxAscent,
      bottom: y + size.actualBoundingBoxDescent,
    })
    return fillText.call(this, text, x, y, most === Infinity ? size.width + 1 : most)
  }
}

/** The labels of a canvas; fails for two that overlap, and for one that is cut off. */
async function labelsOf(page: Page, id: string): Promise<string[]> {
  // A frame, for the latest numbers to be drawn.
  await frames(page)
  const drawn = await page.evaluate((name) => labels.get(name) ?? [], id)
  // A chart that is drawn anew has the same text at the same place.
  const found = [...new Map(drawn.map((label) => [JSON.stringify(label), label])).values()]
  const width = await page.$eval(`#${id}`, (canvas) => canvas.clientWidth)
  for (const [i, a] of found.entries()) {
    expect(a.left, `${a.text} begins inside`).toBeGreaterThanOrEqual(0)
    expect(a.right, `${a.text} ends inside`).toBeLessThanOrEqual(width)
    for (const b of found.slice(i + 1)) {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top || b.bottom <= a.top
      expect(apart, `"${a.text}" and "${b.text}" do not overlap`).toBe(true)
    }
  }
  return found.map(({ text }) => text)
}

inBrowser('the page', (site) => {
  test.each([
    ['a short run', '#preset=tutorial&num_steps=60'],
    ['a long run', '#preset=tutorial&num_steps=12000'],
    ['a run that diverges', '#preset=tutorial&learning_rate=50&num_steps=200'],
  ])('the labels of the loss chart do not overlap in %s', async (name, hash) => {
    const page = await site.open('about:blank')
    await page.addInitScript(watchLabels)
    await page.goto(site.address + hash)
    await ready(page)
    await page.locator('#loss-chart').scrollIntoViewIfNeeded()
    await page.click('#play')
    await says(page, '#play', /^Train again$|^Continue$/)
    for (const width of [320, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      await page.locator('#loss-chart').scrollIntoViewIfNeeded()
      await page.waitForFunction(() => {
        const chart = document.querySelector<HTMLCanvasElement>('#loss-chart')!
        return chart.width === Math.round(chart.clientWidth * devicePixelRatio)
      })
      const texts = await labelsOf(page, 'loss-chart')
      expect(texts).toContain('pure guessing')
      expect(texts.length).toBeGreaterThan(5)
      // A loss far above guessing gets powers of ten.
      expect(texts.some((text) => /^1e\d+$/.test(text))).toBe(name.includes('diverges'))
    }
  })

  test('every hyperparameter has its help in view, not as a tooltip', async () => {
    const page = await site.open('')
    await ready(page)
    await page.evaluate(() =>
      document.querySelectorAll<HTMLDetailsElement>('#model details').forEach((each) => {
        each.open = true
      }),
    )
    const fields = await page.$$eval('#settings .field:has(input, select)', (all) =>
      all.map((field) => {
        const control = field.querySelector<HTMLInputElement>('input, select')!
        const help = document.getElementById(control.getAttribute('aria-describedby') ?? '')
        const { height = 0 } = help?.getBoundingClientRect() ?? {}
        return { id: control.id, words: help?.textContent.split(' ').length ?? 0, height }
      }),
    )
    expect(fields.length).toBeGreaterThan(15)
    for (const { id, words, height } of fields) {
      expect(words, id).toBeGreaterThan(1)
      expect(height, id).toBeGreaterThan(8)
    }
  })

  test('text from right to left stays in its cell', async () => {
    const page = await site.open('')
    await ready(page)
    await shown.useText(page, 'שלום\nעולם\nאבא\nאמא')
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.fill('#word', 'שלום')
    await says(page, '#word-status', /: loss/)
    await page.evaluate(() =>
      document.querySelectorAll<HTMLDetailsElement>('#inside details').forEach((each) => {
        each.open = true
      }),
    )
    await page.waitForSelector('#matrix-table tbody tr')
    const loose = await page.$$eval('#next-table, #attention-table, #matrix-table, #tape', (all) =>
      all.flatMap((table) =>
        Array.from(table.querySelectorAll('tbody th, tbody td'), (cell) =>
          Array.from(cell.childNodes).every(
            (child) =>
              child instanceof Element && /isolate/.test(getComputedStyle(child).unicodeBidi),
          )
            ? []
            : [cell.textContent],
        ).flat(),
      ),
    )
    expect(loose.filter((text) => /[א-ת]/.test(text ?? ''))).toEqual([])
    const cells = await page
      .locator('#next-table tbody tr')
      .first()
      .locator('th, td')
      .allTextContents()
    expect(cells.at(-1)).toMatch(/^ש [\d.]+%$/)
  })

  test('nothing is wider than the window, also with a long text, and labels are not squeezed', async () => {
    const page = await site.open('')
    await ready(page)
    await page.check('#dataset-text')
    await says(page, '#title', /^16,064 random/)
    await page.click('#card-write')
    await page.waitForFunction(
      () => document.querySelectorAll('#card-samples tbody tr').length === 4,
    )
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('#next-table tbody tr')
    for (const width of [320, 768, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      expect(await page.evaluate(() => document.documentElement.scrollWidth), `${width}`).toBe(
        width,
      )
      // A link or a caption next to something wide stays readable.
      for (const at of ['a[href="#follow"]', '#tape-about', '#picture-cell']) {
        const box = (await page.locator(`main ${at}`).first().boundingBox())!
        expect(box.width, `${at} at ${width}`).toBeGreaterThan(100)
      }
    }
  })

  test('the lines of code on the cards are lines of the sources', async () => {
    const page = await site.open('')
    const folder = new URL('../../src/gpt/', import.meta.url)
    const sources = ['model.ts', 'train.ts'].map((name) =>
      readFileSync(new URL(name, folder), 'utf8'),
    )
    const lines = await page.locator('.card code.line').allTextContents()
    expect(lines).toHaveLength(5)
    for (const line of lines) expect(sources.join('\n')).toContain(line.trim())
  })

  test('a chart that has not been drawn yet reacts to a tap', async () => {
    const page = await site.open('', { viewport: { width: 320, height: 400 } })
    await ready(page)
    await trainToEnd(page)
    await page.evaluate(() => scrollTo(0, 0))
    // Without scrolling, which would draw it.
    await page.evaluate(() => {
      const chart = document.querySelector('#loss-chart')!
      const { left, top, width } = chart.getBoundingClientRect()
      const [clientX, clientY] = [left + width / 2, top + 50]
      chart.dispatchEvent(new PointerEvent('pointerdown', { clientX, clientY, bubbles: true }))
    })
    expect(await page.textContent('#crosshair')).toMatch(/^step 2\d\d: loss /)
  })

  test('the navigation has no scrollbar in a narrow window', async () => {
    const page = await site.open('', { viewport: { width: 320, height: 800 } })
    await ready(page)
    const nav = await page.$eval('nav', (element) => ({
      scrolls: element.scrollWidth > element.clientWidth,
      bar: getComputedStyle(element).scrollbarWidth,
    }))
    expect(nav.scrolls ? nav.bar : 'none').toBe('none')
  })

  test('runs of equal settings have their own names and colors in the legend', async () => {
    const page = await site.open('#preset=tutorial&num_steps=5')
    await ready(page)
    for (let i = 0; i < 3; i++) await trainToEnd(page).then(() => page.click('#reset'))
    await page.waitForFunction(() => document.querySelectorAll('#runs li').length === 4)
    const runs = await page.$$eval('#runs li', (items) =>
      items.map((item) => ({
        name: item.textContent.split(':')[0],
        color: getComputedStyle(item, '::before').backgroundColor,
        border: getComputedStyle(item).borderLeftColor,
      })),
    )
    const distinct = (values: unknown[]) => new Set(values).size
    expect(distinct(runs.map(({ name }) => name))).toBe(4)
    expect(distinct(runs.map(({ color, border }) => `${color} ${border}`))).toBe(4)
  })

  test('the race says that compiling counts before it begins', async () => {
    const page = await site.open('')
    await ready(page)
    const about = (await page.textContent('#race .about'))!.replace(/\s+/g, ' ')
    expect(about).toMatch(/Compiling counts, so the first steps are slow/)
  })
})
