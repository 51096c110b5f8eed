/** Reads what the page has drawn, from the pixels of its canvases. */
import type { Page } from 'playwright-core'

/**
 * The shares from 0 to 1 that pictures of attention show, read from the colors of their cells: a list
 * of rows for each picture.
 */
export async function sharesOf(page: Page, place: string, rows: number): Promise<number[][][]> {
  await page.locator(place).scrollIntoViewIfNeeded()
  await frames(page)
  return page.$$eval(
    `${place} canvas`,
    (all, n) => {
      const style = getComputedStyle(document.documentElement)
      const [zero, most] = ['--zero', '--accent'].map((name) => {
        const hex = style.getPropertyValue(name).trim()
        return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16))
      })
      return all.map((each) => {
        const { width, height } = each as HTMLCanvasElement
        const context = (each as HTMLCanvasElement).getContext('2d')!
        const at = (i: number, length: number) => Math.floor(((i + 0.5) / n) * length)
        return Array.from({ length: n }, (_, t) =>
          Array.from({ length: n }, (_s, s) => {
            const [red] = context.getImageData(at(s, width), at(t, height), 1, 1).data
            return ((red! - zero![0]!) / (most![0]! - zero![0]!)) ** 2
          }),
        )
      })
    },
    rows,
  )
}

/** Two frames, in which the page draws what has changed. */
export const frames = (page: Page) =>
  page.evaluate(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
  )

/** What is drawn on a canvas, as a text to compare. */
export async function pictureOf(page: Page, at: string): Promise<string> {
  await page.locator(at).scrollIntoViewIfNeeded()
  await frames(page)
  return page.$eval(at, (canvas) => (canvas as HTMLCanvasElement).toDataURL())
}

/** In the page: the texts that are written on the loss chart. */
declare let chartTexts: { text: string; y: number; align: string }[]

/** The loss at which the chart writes "pure guessing", by the labels of its axis. */
export async function guessingOf(page: Page): Promise<number> {
  await page.evaluate(() => {
    Object.assign(globalThis, { chartTexts: [] })
    const { prototype } = CanvasRenderingContext2D
    const { fillText } = prototype
    prototype.fillText = function (text, x, y, ...most) {
      if (this.canvas.id === 'loss-chart') chartTexts.push({ text, y, align: this.textAlign })
      return fillText.call(this, text, x, y, ...most)
    }
  })
  await page.hover('#loss-chart')
  await frames(page)
  const texts = await page.evaluate(() => chartTexts)
  const labels = texts.filter(({ text, align }) => align === 'right' && !Number.isNaN(Number(text)))
  const [low, high] = [labels[0]!, labels.findLast(({ text }) => text !== labels[0]!.text)!]
  // The text is 4 pixels above its line.
  const y = texts.find(({ text }) => text === 'pure guessing')!.y + 4
  const [from, to] = [Number(low.text), Number(high.text)]
  return from + ((to - from) * (y - low.y)) / (high.y - low.y)
}
