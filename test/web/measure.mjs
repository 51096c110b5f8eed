/**
 * How soon the page trains, on this machine: medians of some openings.
 *
 *     node test/web/measure.mjs [openings]       after npm run build, on an idle machine
 */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { chromium } from 'playwright-core'

const openings = Number(process.argv[2] ?? 15)
const FLAGS = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']

/** In the page, before all of its scripts: notes moments, and presses the main button if asked to. */
const watch = (press) => {
  const moments = {}
  globalThis.moments = moments
  globalThis.longTasks = []
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) globalThis.longTasks.push(duration)
  }).observe({ type: 'longtask', buffered: true })
  globalThis.Worker = class extends Worker {
    constructor(url) {
      moments['worker created'] ??= performance.now()
      super(url)
      this.addEventListener('message', ({ data: { part } }) => {
        if (part?.type === 'ready') moments['model ready'] ??= performance.now()
        if (part?.type !== 'progress' || part.progress.step === 0) return
        moments['first step'] ??= performance.now()
        if (part.progress.state !== 'finished') return
        moments['500 steps after the press'] ??= performance.now() - moments.pressed
        console.log('finished')
      })
    }
  }
  const tryPress = () => {
    const play = document.querySelector('#play')
    if (!play || play.disabled) {
      setTimeout(tryPress)
      return
    }
    moments.pressed = performance.now()
    play.click()
  }
  if (press) tryPress()
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1]

const server = spawn(process.execPath, [
  ...[fileURLToPath(new URL('../../build/web.js', import.meta.url)), '--port', '0'],
])
const address = await new Promise((resolve) => {
  let said = ''
  server.stdout.on('data', (data) => {
    said += data
    const [url] = /http:\S+/.exec(said) ?? []
    if (url) resolve(url)
  })
})
const browser = await chromium.launch({
  ...{ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: FLAGS },
})
try {
  // Less motion: the page trains as fast as it can.
  const instant = await browser.newPage({ reducedMotion: 'reduce' })
  await instant.addInitScript(watch, true)
  const all = []
  // The first two openings fill the caches.
  for (let i = -2; i < openings; i++) {
    await instant.goto('about:blank')
    // Nothing is asked of the page before it has finished: waitForFunction would add 30 ms to it.
    const finished = instant.waitForEvent('console', (message) => message.text() === 'finished')
    await instant.goto(address)
    await finished
    const seen = await instant.evaluate(() => {
      const [paint] = performance.getEntriesByName('first-contentful-paint')
      return { 'first paint': paint?.startTime ?? NaN, ...globalThis.moments }
    })
    if (i >= 0) all.push(seen)
  }
  console.log(`medians of ${openings} openings, in ms (the best in brackets)`)
  const names = ['worker created', 'first paint', 'model ready', 'pressed', 'first step']
  for (const name of [...names, '500 steps after the press']) {
    const times = all.map((seen) => seen[name]).filter((time) => !Number.isNaN(time))
    const best = Math.min(...times).toFixed(0)
    console.log(`${name.padEnd(26)} ${median(times).toFixed(0).padStart(6)} (${best})`)
  }
  const watched = await browser.newPage({ viewport: { width: 1440, height: 900 } })
  await watched.addInitScript(watch, true)
  const over = watched.waitForEvent('console', (message) => message.text() === 'finished')
  await watched.goto(address)
  await over
  const tasks = await watched.evaluate(() => globalThis.longTasks)
  const longest = tasks.length > 0 ? `, the longest ${Math.max(...tasks).toFixed(0)} ms` : ''
  console.log(
    `tasks over 50 ms from the opening to the end of a watched run: ${tasks.length}${longest}`,
  )
} finally {
  await browser.close()
  server.kill()
}
