/** Reads what the page shows. All selectors of the tests of its numbers are in this file. */
import type { Page } from 'playwright-core'
import { fileOf, says } from './visit.js'

export { useText } from './visit.js'

const FIGURES = {
  step: '#at-step',
  loss: '#at-loss',
  smoothed: '#at-smooth',
  lr: '#at-lr',
  pace: '#at-pace',
  reading: '#reading',
  status: '#hero-status',
}

const DATA = {
  numDocs: '#num-docs',
  vocabSize: '#vocab-size',
  longest: '#longest',
  cut: '#cut',
  cutNote: '#cut-note',
  status: '#data-status',
}

const INSIDE = {
  matrix: '#matrix-name',
  before: '#matrix-before-caption',
  now: '#matrix-now-caption',
  cell: '#cell',
  word: '#word-status',
  tape: '#tape-about',
}

const TABLES = {
  losses: '#loss-table',
  stateDict: '#state-dict',
  matrix: '#matrix-table',
  attention: '#attention-table',
  next: '#next-table',
  tape: '#tape',
  race: '#race-table',
  wake: '#wake-table',
  terms: '#card-terms',
  writes: '#card-samples',
}

const OPENERS = {
  losses: '#loss-details',
  matrix: '#matrix-details',
  attention: '#attention-details',
}

const LISTS = {
  runs: '#runs li span',
  alphabet: '#alphabet bdi',
  docs: '#docs li',
  crossedOut: '#preview del',
  components: '#component-sum > span:not(:first-child)',
  scale: '#scale-bars li',
  update: '#follow-update div',
  thumbs: '.thumb span',
  offers: '.offer > span',
  kept: '#kept li > span:first-child',
  notices: '.notice',
}

const CARDS = {
  std: '#card-std',
  histogram: '#histogram-about',
  heads: '#card-heads-about',
  guess: '#card-guess',
  loss: '#card-loss',
  start: '#card-start',
}

const FOLLOWED = {
  name: '#follow-name',
  where: '#follow-where',
  value: '#follow-value',
  valueTerm: '#follow-value-term',
  gradient: '#follow-gradient',
  gradientTerm: '#follow-gradient-term',
  title: '#follow-update-title',
  about: '#follow-about',
}

const WORDS = {
  baseline: '#baseline',
  crosshair: '#crosshair',
  totals: '#totals',
  previewNote: '#preview-note',
  headDim: '#head-dim',
  componentSum: '#component-sum > span:first-child',
  wakeMeasured: '#wake-measured',
  verdict: '#race-word',
  raceStatus: '#race-status',
  autosave: '#autosave',
  promptStatus: '#prompt-status',
}

type Group = Record<string, string>

async function textsOf<G extends Group>(page: Page, group: G) {
  const texts = await page.evaluate(
    (entries) => entries.map(([name, at]) => [name, document.querySelector(at!)!.textContent]),
    Object.entries(group),
  )
  return Object.fromEntries(texts) as Record<keyof G, string>
}

export const figures = (page: Page) => textsOf(page, FIGURES)
export const data = (page: Page) => textsOf(page, DATA)
export const inside = (page: Page) => textsOf(page, INSIDE)
export const cards = (page: Page) => textsOf(page, CARDS)
export const followed = (page: Page) => textsOf(page, FOLLOWED)

export const listOf = (page: Page, name: keyof typeof LISTS) =>
  page.locator(LISTS[name]).allTextContents()

/** The classes of the items of a list. */
export const coloursOf = (page: Page, id: string) =>
  page.$$eval(`#${id} li`, (items) => items.map(({ className }) => className))

export const wordOf = async (page: Page, name: keyof typeof WORDS) =>
  (await page.textContent(WORDS[name]))!

/** Waits until a text of the page matches. */
export const comes = (page: Page, name: keyof typeof WORDS, wanted: RegExp) =>
  says(page, WORDS[name], wanted)

export const insideComes = (page: Page, name: keyof typeof INSIDE, wanted: RegExp) =>
  says(page, INSIDE[name], wanted)

/** The rows of a table, header first. */
export async function tableOf(page: Page, name: keyof typeof TABLES): Promise<string[][]> {
  if (name in OPENERS) {
    await page.evaluate(
      (at) => (document.querySelector<HTMLDetailsElement>(at)!.open = true),
      OPENERS[name as keyof typeof OPENERS],
    )
  }
  await page.waitForSelector(`${TABLES[name]} tbody tr`, { state: 'attached' })
  return page.$eval(TABLES[name], (table) =>
    Array.from((table as HTMLTableElement).rows, (row) =>
      Array.from(row.cells, (cell) => cell.textContent),
    ),
  )
}

/** The samples, newest first. */
export const samplesOf = (page: Page) =>
  page.$$eval('#samples li:not(.hint)', (items) =>
    items.map((item) => ({
      text: item.querySelector('.word')?.textContent ?? '',
      known: item.querySelector('.known') !== null,
      step: item.querySelector('.stamp')!.textContent,
    })),
  )

/** The candidates for the next character: the text of each bar, and its width in percent. */
export const barsOf = (page: Page) =>
  page.$$eval('.bar', (bars) =>
    bars.map((bar) => ({
      char: bar.querySelector('.char')!.textContent,
      percent: bar.querySelector('.number')!.textContent,
      width: parseFloat(bar.querySelector<HTMLElement>('.fill')!.style.width),
    })),
  )

export interface Asking {
  prompt?: string
  temperature?: string
  topK?: string
}

const asking: { [K in keyof Asking]-?: string } = {
  ...{ prompt: '#prompt', temperature: '#temperature', topK: '#top-k' },
}

/** Enters a prompt, a temperature or a top-k, and waits for new candidates. */
export async function ask(page: Page, wanted: Asking): Promise<void> {
  for (const [name, value] of Object.entries(wanted)) {
    await page.evaluate(
      ([at, text]) => {
        document.querySelector('#bars')!.replaceChildren()
        const field = document.querySelector<HTMLInputElement>(at!)!
        field.value = text!
        // The event is sent even for an equal value, which typing would not do.
        field.dispatchEvent(new Event('input', { bubbles: true }))
      },
      [asking[name as keyof Asking], value as string],
    )
    await page.waitForSelector('.bar')
  }
}

export const pressBar = (page: Page, i: number) => page.locator('.bar').nth(i).click()
export const pressNext = (page: Page) => page.click('#next-char')
export const pressWhole = (page: Page) => page.click('#whole')
export const promptOf = (page: Page) => page.inputValue('#prompt')
export const clearBars = (page: Page) =>
  page.evaluate(() => document.querySelector('#bars')!.replaceChildren())
export const untilBars = (page: Page) => page.waitForSelector('.bar')

export const oneStep = (page: Page) => page.click('#one-step')
export const pause = (page: Page) => page.click('#play')
export const csvOf = async (page: Page) => (await fileOf(page, '#csv')).bytes.toString('utf8')

export async function reset(page: Page): Promise<void> {
  await page.click('#reset')
  await says(page, FIGURES.step, /^0 /)
}

export async function removeRun(page: Page, i: number): Promise<void> {
  await page.locator('#runs button').nth(i).click()
}

/** Moves the crosshair by keys. Returns its text on the page and for a screen reader. */
export async function crosshair(page: Page, ...keys: string[]) {
  await page.focus('#loss-chart')
  for (const key of keys) await page.keyboard.press(key)
  const [said, spoken, at, most] = await Promise.all([
    wordOf(page, 'crosshair'),
    ...['text', 'now', 'max'].map((what) =>
      page.getAttribute('#loss-chart', `aria-value${what}`).then(String),
    ),
  ])
  return { said, spoken: spoken!, at: Number(at), most: Number(most) }
}

/** Points at a step of the chart with the mouse; the axis ends at step `of`. */
export async function pointAtStep(page: Page, step: number, of: number) {
  const box = (await page.locator('#loss-chart').boundingBox())!
  // The plot has margins of 36 and 12 pixels.
  const x = box.x + 36 + ((box.width - 48) * step) / of
  await page.mouse.move(x, box.y + box.height / 2)
  return wordOf(page, 'crosshair')
}

export const setField = (page: Page, name: string, value: string) =>
  page.fill(`#field-${name}`, value)

export async function lookInside(page: Page): Promise<void> {
  await page.locator('#inside').scrollIntoViewIfNeeded()
  await page.waitForSelector('#tape tbody tr')
  await page.click('#time-tape')
  await says(page, INSIDE.tape, /µs/)
  await page.waitForSelector('.thumb')
}

export async function chooseMatrix(page: Page, name: string): Promise<void> {
  await page.click(`.thumb[data-name="${name}"]`)
  await says(page, INSIDE.matrix, new RegExp(`^${name} `))
}

export async function show(page: Page, what: 'data' | 'grad'): Promise<void> {
  await page.check(`input[name=shown][value=${what}]`)
  await says(page, INSIDE.now, what === 'grad' ? /^gradient/ : /^now/)
}

/** Moves the mouse over a cell of a matrix. Returns what the page says about it. */
export async function hoverCell(
  page: Page,
  side: 'before' | 'now',
  [row, column]: readonly [number, number],
  [rows, columns]: readonly [number, number],
): Promise<string> {
  const picture = page.locator(`#matrix-${side}`)
  await picture.scrollIntoViewIfNeeded()
  const box = (await picture.boundingBox())!
  const x = box.x + (box.width * (column + 0.5)) / columns
  const y = box.y + (box.height * (row + 0.5)) / rows
  await page.mouse.move(x, y)
  return (await page.textContent(INSIDE.cell))!
}

export async function lookAt(page: Page, word: string): Promise<void> {
  await page.fill('#word', word)
  await says(page, INSIDE.word, new RegExp(`^BOS ${[...word].join(' ')}: `))
  await page.click('#time-tape')
  await says(page, INSIDE.tape, /µs/)
}

/** The sizes to choose from: the lines of each button. */
export const sizesOf = (page: Page) =>
  page.$$eval('#sizes .size', (all) =>
    all.map((each) => Array.from(each.children, ({ textContent }) => textContent)),
  )

export const headsOf = (page: Page) => page.locator('#heads figcaption').allTextContents()

export async function race(page: Page): Promise<void> {
  await page.locator('#race').scrollIntoViewIfNeeded()
  await page.click('#race-go')
  await says(page, WORDS.verdict, /./)
}
