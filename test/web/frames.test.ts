/**
 * No frame is longer than 50 ms while the page trains, from the first step of a run to its last.
 * The browser's own trace says how long the page's main thread has computed in each frame: what
 * the machine does besides holds up frames too, but takes none of that time.
 */
import { expect, test } from 'vitest'
import { LONG, type Opened, inBrowser } from './browser.js'
import { ready } from './visit.js'

const MOST_MS = 50
/** Enough for a good number of messages and frames; some seconds in the long form. */
const STEPS = LONG ? 150_000 : 40_000

interface Event {
  name: string
  ph: string
  pid: number
  tid: number
  /** Microseconds: of the clock, and of the thread itself. */
  ts: number
  dur: number
  tdur?: number
}

interface Frames {
  count: number
  /** Milliseconds of the longest one, as the main thread has computed, and as a clock saw it. */
  computed: number
  seen: number
}

const longest = (numbers: number[]) => numbers.reduce((most, n) => Math.max(most, n), 0)

/** The frames of the page's main thread while something goes on. */
async function framesDuring(page: Opened, task: () => Promise<unknown>): Promise<Frames> {
  const browser = page.context().browser()!
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  // Each frame calls back, so each is in the trace.
  await page.evaluate(() => {
    const tick = () => requestAnimationFrame(tick)
    tick()
  })
  await task()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: Event[]
  }
  const starts = traceEvents.filter(({ name }) => name === 'FireAnimationFrame')
  const { pid, tid } = starts[0]!
  const bounds = starts.filter((event) => event.pid === pid).map(({ ts }) => ts)
  const tasks = traceEvents.filter(
    (event) =>
      event.ph === 'X' && event.name.endsWith('RunTask') && event.pid === pid && event.tid === tid,
  )
  // A task of no time to speak of has no time of its thread either.
  expect(tasks.filter(({ dur, tdur }) => tdur === undefined && dur > 1000)).toEqual([])
  const sorted = bounds.sort((a, b) => a - b)
  const sums = sorted.slice(1).map(() => 0)
  for (const { ts, tdur } of tasks) {
    const frame = sorted.findLastIndex((start) => start <= ts)
    if (frame >= 0 && frame < sums.length) sums[frame]! += (tdur ?? 0) / 1000
  }
  const gaps = sorted.slice(1).map((end, i) => (end - sorted[i]!) / 1000)
  return { count: sums.length, computed: longest(sums), seen: longest(gaps) }
}

async function openAt(page: Opened, address: string) {
  await page.goto(address)
  await ready(page)
  await page.locator('#train').scrollIntoViewIfNeeded()
}

inBrowser('frames', (site) => {
  test('none is longer than 50 ms in a run of many steps', async () => {
    const page = await site.open('about:blank')
    await openAt(page, `${site.address}#preset=tutorial&num_steps=${STEPS}`)
    const start = performance.now()
    const { count, computed, seen } = await framesDuring(page, async () => {
      await page.click('#play')
      await page.waitForFunction(
        () => document.querySelector('#play')!.textContent === 'Train again',
      )
    })
    const seconds = (performance.now() - start) / 1000
    const ms = `${computed.toFixed(1)} ms computed, ${seen.toFixed(0)} ms by the clock`
    console.log(`${count} frames in ${seconds.toFixed(1)} s, the longest ${ms}`)
    expect(count).toBeGreaterThan(20)
    expect(computed).toBeGreaterThan(0)
    expect(computed).toBeLessThanOrEqual(MOST_MS)
    expect(page.trouble).toEqual([])
    await page.context().close()
  })

  test('the measure would see one that is', async () => {
    const page = await site.open('about:blank')
    await openAt(page, site.address)
    const { computed } = await framesDuring(page, async () => {
      await page.evaluate(
        (most) =>
          new Promise<void>((resolve) => {
            // Frames before and behind it: a task begins a little before its own frame does.
            let frame = 0
            const next = () => {
              if (++frame === 5) {
                // Work, not time: a machine that is held up must not end it early.
                let x = 0
                for (let i = 0; i < 2e6 * most; i++) x += Math.sqrt(i)
                // What is used nowhere, a compiler leaves out.
                document.title = String(x)
              }
              if (frame === 10) resolve()
              else requestAnimationFrame(next)
            }
            requestAnimationFrame(next)
          }),
        MOST_MS,
      )
    })
    expect(computed).toBeGreaterThan(MOST_MS)
  })
})
