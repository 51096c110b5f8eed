/** What a visitor does and sees, shared by the tests of the page. */
import { buffer } from 'node:stream/consumers'
import type { Download, Page } from 'playwright-core'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { NAMES } from '../../src/data/names.js'
import { count, short } from '../../src/web/text.js'

type Options = Partial<Parameters<typeof MicroGPT.create>[0]>

export const docs = parseDocs(NAMES)

/** Waits until the model and all panels are ready, and opens closed panels. */
export async function ready(page: Page) {
  try {
    await page.waitForFunction(
      () =>
        document.querySelector('#hero-status')!.textContent.startsWith('Ready') &&
        document.body.dataset['panels'] === 'all',
    )
  } catch (error) {
    const seen = await page.evaluate(() => ({
      address: location.href,
      status: document.querySelector('#hero-status')?.textContent,
      panels: document.body.dataset['panels'],
    }))
    throw new Error(`the page is not ready: ${JSON.stringify(seen)}`, { cause: error })
  }
  await openPanels(page)
}

/** Opens the Save / Share and Advanced panels. */
export const openPanels = (page: Page) =>
  page.evaluate(() => {
    document.querySelector<HTMLElement>('#keep')!.hidden = false
    document.querySelector<HTMLDetailsElement>('#advanced-details')!.open = true
  })

/** Chooses how fast training is shown. */
export const choosePace = (page: Page, pace: 'step' | 'slow' | 'watch' | 'instant') =>
  page.check(`input[name=pace][value=${pace}]`, { force: true })

/** Waits until the text of an element matches, or is the one given. */
export async function says(page: Page, selector: string, wanted: RegExp | string): Promise<void> {
  try {
    await page.waitForFunction(
      ([at, text, source]) => {
        const said = document.querySelector(at!)?.textContent ?? ''
        return text === null ? new RegExp(source!).test(said) : said === text
      },
      typeof wanted === 'string' ? [selector, wanted] : [selector, null, wanted.source],
    )
  } catch (error) {
    const said = await page.evaluate((at) => document.querySelector(at)?.textContent, selector)
    throw new Error(`${selector} says ${JSON.stringify(said)}, not ${wanted}`, { cause: error })
  }
}

/** Types documents into the Data panel, and trains on them from now on. */
export async function useText(page: Page, text: string): Promise<void> {
  const given = parseDocs(text)
  const length = (doc: string) => [...doc].length
  const longest = given.reduce((most, doc) => (length(doc) > length(most) ? doc : most))
  await page.fill('#paste', text)
  await page.fill('#read-block', await page.inputValue('#field-block_size'))
  await page.click('#use-text')
  await says(page, '#num-docs', count(given.length))
  // The alphabet and the longest document follow the model.
  await says(page, '#longest', count(length(longest)))
  await says(page, '#data-status', `From your text. Longest: ${short(longest)}`)
}

export const stepOf = async (page: Page) =>
  Number((await page.textContent('#at-step'))!.replace(/ .*|,/g, ''))

/** Trains to a step, using the stop rule. */
export async function trainTo(page: Page, step: number) {
  await page.selectOption('#stop-kind', 'step')
  await page.fill('#stop-value', String(step))
  await page.click('#play')
  await says(page, '#play', /^Continue$/)
}

export async function trainToEnd(page: Page) {
  await page.selectOption('#stop-kind', 'end')
  await page.click('#play')
  await says(page, '#play', /^Train again$/)
}

/** Presses a button that downloads a file, and returns the file. */
export async function fileOf(
  page: Page,
  selector: string,
): Promise<{ name: string; bytes: Buffer }> {
  await openPanels(page)
  const got: Promise<Download> = page.waitForEvent('download')
  await page.click(selector)
  const download = await got
  const bytes = await buffer(await download.createReadStream())
  return { name: download.suggestedFilename(), bytes }
}

/** The newest run in the page's CSV: its steps, and its losses with all digits. */
export async function curveOf(page: Page): Promise<{ steps: number[]; losses: number[] }> {
  const { bytes } = await fileOf(page, '#csv')
  const lines = bytes.toString('utf8').trim().split('\n').slice(1)
  const name = lines[0]!.match(/^"[^"]*"/)![0]
  const own = lines.filter((line) => line.startsWith(name))
  const all = own.map((line) => line.slice(name.length).split(','))
  // Where the step number falls, an earlier run of the same name begins.
  const end = all.findIndex((row, i) => i > 0 && Number(row[1]) <= Number(all[i - 1]![1]))
  const cells = all.slice(0, end < 0 ? all.length : end)
  return { steps: cells.map((row) => Number(row[1])), losses: cells.map((row) => Number(row[2])) }
}

/** The same run in Node, without interruption. */
export async function inNode(options: Options = {}) {
  const gpt = await MicroGPT.create({ docs, ...options } as Parameters<typeof MicroGPT.create>[0])
  const losses = Array.from(gpt.train(), ({ loss }) => loss)
  return { gpt, losses }
}

/** A model in Node after some steps. */
export async function atStep(steps: number, options: Options = {}) {
  const gpt = await MicroGPT.create({ docs, ...options } as Parameters<typeof MicroGPT.create>[0])
  for (const _step of gpt.train({ steps })) continue
  return gpt
}

export const openFile = (page: Page, name: string, bytes: Uint8Array) =>
  page.setInputFiles('#model-file', {
    ...{ name, mimeType: 'application/octet-stream', buffer: Buffer.from(bytes) },
  })
