/**
 * No frame takes longer than 50 ms while the page trains, from the first step of a run to its last.
 * The trace of the browser tells how long the main thread computed in each frame: other work of the
 * machine delays frames too, but is not part of that time.
 */
import { expect, test } from 'vitest'
import { LONG, type Opened, inBrowser } from './browser.js'
import { ready } from './visit.js'

const MOST_MS = 50
/** Enough steps for many messages and frames; several seconds in the long form. */
const STEPS = LONG ? 150_000 : 15_000

interface Event {
  name: string
  ph: string
  pid: number
  tid: number
  /** Microseconds: start and duration by the clock, and (`tdur`) computing time of the thread. */
  ts: number
  dur: number
  tdur?: number
  args: { data?: { message?: string } }
}

/** Marks the main thread of the page in the trace. */
const MARK = 'the page of this test'

interface Frames {
  count: number
  /**
   * Milliseconds of the longest frame: computing time of the main thread, and time by the clock.
   */
  computed: number
  seen: number
}

const longest = (numbers: number[]) => numbers.reduce((most, n) => Math.max(most, n), 0)

/** The frames of the page's main thread while a task runs. */
async function framesDuring(page: Opened, task: () => Promise<unknown>): Promise<Frames> {
  const browser = page.context().browser()!
  await browser.startTracing(page, { categories: ['toplevel', 'devtools.timeline'] })
  // The trace has the pages of other tests too. A callback in each frame puts every frame into it.
  await page.evaluate((mark) => {
    console.timeStamp(mark)
    const tick = () => requestAnimationFrame(tick)
    tick()
  }, MARK)
  await task()
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString()) as {
    traceEvents: Event[]
  }
  const { pid, tid } = traceEvents.find(
    ({ name, args }) => name === 'TimeStamp' && args.data?.message === MARK,
  )!
  const own = traceEvents.filter((event) => event.pid === pid && event.tid === tid)
  const bounds = own.filter(({ name }) => name === 'FireAnimationFrame').map(({ ts }) => ts)
  const tasks = own.filter(({ name, ph }) => ph === 'X' && name.endsWith('RunTask'))
  // Only tasks of up to 1 ms may lack the computing time of the thread.
  expect(tasks.filter(({ dur, tdur }) => tdur === undefined && dur > 1000)).toEqual([])
  const sorted = bounds.sort((a, b) => a - b)
  // A frame that the machine holds up has the tasks of several messages, so each task counts alone.
  const most = sorted.slice(1).map(() => 0)
  for (const { ts, tdur } of tasks) {
    const frame = sorted.findLastIndex((start) => start <= ts)
    if (frame >= 0 && frame < most.length) most[frame] = Math.max(most[frame]!, (tdur ?? 0) / 1000)
  }
  const gaps = sorted.slice(1).map((end, i) => (end - sorted[i]!) / 1000)
  return { count: most.length, computed: longest(most), seen: longest(gaps) }
}

async function openAt(page: Opened, address: string) {
  await page.goto(address)
  await ready(page)
  await page.locator('#train').scrollIntoViewIfNeeded()
}

inBrowser('frames', (site) => {
  test('no frame is longer than 50 ms in a run of many steps', async () => {
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
  })

  test('the measurement detects a frame that is longer', async () => {
    const page = await site.open('about:blank')
    await openAt(page, site.address)
    const { computed } = await framesDuring(page, async () => {
      await page.evaluate(
        (most) =>
          new Promise<void>((resolve) => {
            // Other frames come before and after it, because a task begins shortly before its
            // frame.
            let frame = 0
            const next = () => {
              if (++frame === 5) {
                // A fixed amount of work, not of time: on a delayed machine it must not end early.
                let x = 0
                for (let i = 0; i < 2e6 * most; i++) x += Math.sqrt(i)
                // The result is used, so that the compiler does not remove the loop.
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
