/**
 * The page's memory stays flat over many models and many steps. LONG=1 makes 100 models and
 * 100,000 steps.
 */
import { expect, test } from 'vitest'
import { type Opened, inBrowser } from './browser.js'
import { type Memory, heapOf } from './heap.js'
import { ready, says, stepOf, trainTo, trainToEnd } from './visit.js'

const LONG = process.env.LONG === '1'
const MODELS = LONG ? 100 : 10
const STEPS = LONG ? 100_000 : 16_000
/** The chart keeps five earlier runs; compiled code and fonts also take room at first. */
const WARM_UP = 6
/** Compiled code and inline caches grow for a while, whatever the page does. */
const CODE_BYTES = 1e6
/** Of the number that is followed: at most 4,096 points of six numbers, and their copy on the way. */
const FOLLOWED = 2 * 4096 * 6 * 8
const KIB = 1024

/** By turns, so that each model has other charts than the one before. */
const SIZES = ['n_layer=2&n_head=2', 'n_embd=8']

/** A model that has made one step, with all panels showing it. */
async function makeModel(page: Opened, i: number) {
  await page.evaluate((hash) => (location.hash = hash), `preset=tutorial&${SIZES[i % 2]}`)
  await says(page, '#at-step', /^0 /)
  await page.click('#one-step')
  await says(page, '#at-step', /^1 /)
  await page.waitForSelector('#picture[data-drawn="1"]')
  await says(page, '#word-status', /after step 1$/)
  await page.waitForFunction(
    (count) => document.querySelectorAll('.thumb').length === count,
    i % 2 === 0 ? 15 : 9,
  )
}

/** In the page, before its scripts: every panel counts as visible, so that all are drawn. */
const allInView = () => {
  globalThis.IntersectionObserver = class {
    private readonly tell: IntersectionObserverCallback
    constructor(tell: IntersectionObserverCallback) {
      this.tell = tell
    }
    observe(target: Element) {
      const entry = { target, isIntersecting: true } as IntersectionObserverEntry
      queueMicrotask(() => this.tell([entry], this as unknown as IntersectionObserver))
    }
    disconnect() {}
  } as unknown as typeof IntersectionObserver
}

const grown = (before: Memory, after: Memory) => ({
  nodes: after.nodes - before.nodes,
  listeners: after.listeners - before.listeners,
  pageArrays: after.page.backingStorageSize - before.page.backingStorageSize,
  workerArrays: after.worker.backingStorageSize - before.worker.backingStorageSize,
  page: after.page.usedSize - before.page.usedSize,
  worker: after.worker.usedSize - before.worker.usedSize,
})

/** The memory once the last model is drawn and the last run is stored; what leaks stays. */
async function atRest(
  measure: () => Promise<Memory>,
  rests: (now: Memory) => boolean,
): Promise<Memory> {
  for (let tries = 1; ; tries++) {
    const now = await measure()
    if (rests(now) || tries === 20) return now
  }
}

inBrowser('memory', (site) => {
  test(`does not grow over ${MODELS} models`, { timeout: 300_000 }, async () => {
    const page = await site.open('about:blank', { separate: true })
    await page.addInitScript(allInView)
    await page.goto(site.address)
    await ready(page)
    await page.waitForSelector('#tape tbody tr')
    const measure = await heapOf(page)
    for (let i = 0; i < WARM_UP; i++) await makeModel(page, i)
    const before = await measure()
    for (let i = 0; i < MODELS; i++) await makeModel(page, i)
    const after = await atRest(measure, ({ nodes }) => nodes - before.nodes < MODELS)
    const more = grown(before, after)
    console.log(`${MODELS} models: ${JSON.stringify({ ...more, cores: after.cores })}`)
    // The model, the one that inspects it, and one that has just been replaced.
    expect(after.cores).toBeLessThanOrEqual(3)
    expect(more.nodes).toBeLessThan(MODELS)
    expect(more.listeners).toBeLessThan(MODELS)
    // The parameters of one model take 32 KiB.
    expect(more.pageArrays).toBeLessThan(4 * KIB * MODELS)
    expect(more.workerArrays).toBeLessThan(4 * KIB * MODELS)
    expect(more.page).toBeLessThan(CODE_BYTES)
    expect(more.worker).toBeLessThan(CODE_BYTES)
    expect(page.trouble).toEqual([])
  })

  test(
    `grows with ${STEPS} steps by their losses and by the path of one number`,
    { timeout: 300_000 },
    async () => {
      const page = await site.open(`#preset=tutorial&num_steps=${STEPS}`, { separate: true })
      await ready(page)
      const measure = await heapOf(page)
      const first = STEPS / 8
      await trainTo(page, first)
      const before = await measure()
      await trainToEnd(page)
      expect(await stepOf(page)).toBe(STEPS)
      // Three numbers per step, in lists whose room doubles, and the latest numbers of the picture.
      const room = (steps: number) => 3 * 8 * 2 ** Math.ceil(Math.log2(steps))
      const most = room(STEPS) - room(first) + 128 * KIB + FOLLOWED
      const after = await atRest(measure, (now) => grown(before, now).workerArrays < most)
      const more = grown(before, after)
      console.log(`${STEPS} steps: ${JSON.stringify(more)}`)
      expect(more.pageArrays).toBeLessThan(most)
      expect(more.workerArrays).toBeLessThan(most)
      expect(more.page).toBeLessThan(CODE_BYTES)
      expect(more.worker).toBeLessThan(CODE_BYTES)
      expect(after.cores).toBeLessThanOrEqual(2)
      expect(more.listeners).toBeLessThan(100)
      expect(page.trouble).toEqual([])
    },
  )
})
