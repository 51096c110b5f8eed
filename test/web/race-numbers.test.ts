/**
 * The numbers of the race and of stored runs, with clocks that advance by a known time per reading.
 */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { TypedGPT, ValueGPT } from '../../src/reference/index.js'
import { type Site, inBrowser } from './browser.js'
import { inWorker, ticking } from './clock.js'
import * as shown from './shown.js'
import { curveOf, docs, fileOf, openFile, ready, says, trainTo, trainToEnd } from './visit.js'

const NAMES = {
  wasm: 'WebAssembly core',
  typed: 'typed arrays, TypeScript',
  value: 'scalar Value, TypeScript',
}

/**
 * Opens a page and runs the race. The clock of the first worker advances by 1 ms per reading, and
 * those of the racers by `ticks`.
 */
async function racing(site: Site, hash: string, ticks: readonly number[]) {
  const page = await site.open('about:blank')
  await inWorker(page, (worker) => ticking(worker === 0 ? 1 : ticks[worker - 1]!))
  await page.goto(site.address + hash)
  await ready(page)
  await shown.race(page)
  return page
}

const losses = (gpt: { train(): Iterable<{ loss: number }> }) =>
  Array.from(gpt.train(), ({ loss }) => loss)

/** The largest difference between the losses of two runs. */
const gapOf = (a: readonly number[], b: readonly number[]) =>
  a.reduce((most, loss, i) => Math.max(most, Math.abs(loss - b[i]!)), 0)

inBrowser('the race', (site) => {
  test('times and ratios match the clocks, and the verdict matches Node', async () => {
    const config = { num_steps: 20 }
    const page = await racing(site, '#preset=tutorial&num_steps=20', [0.05, 0.5, 75])
    expect(await shown.tableOf(page, 'race')).toEqual([
      ['engine', 'steps', 'per step', 'whole run', 'compared with the core'],
      [NAMES.wasm, ' 20 / 20', '50.0 µs', '1.0 ms', '1x'],
      [NAMES.typed, ' 20 / 20', '500 µs', '10 ms', '10x'],
      [NAMES.value, ' 20 / 20', '75 ms', '1.5 s', '1,500x'],
    ])
    const options = { docs, config }
    const core = losses(await MicroGPT.create(options))
    const gaps = [new TypedGPT(options), new ValueGPT(options)].map((twin) =>
      gapOf(losses(twin), core),
    )
    for (const gap of gaps) expect(gap).toBeLessThan(1e-12)
    const verdict = await shown.wordOf(page, 'verdict')
    expect(verdict.replaceAll(/\de-\d+/g, 'GAP')).toBe(
      'Each engine starts cold, has one core to itself, and compiles while it runs. ' +
        `Largest difference of a loss from the core's: ${NAMES.typed} GAP over 20 steps; ` +
        `${NAMES.value} GAP over 20 steps.`,
    )
    // The last bits of the browser's Math differ from those of Node.
    for (const [gap] of verdict.matchAll(/\de-\d+/g)) expect(Number(gap)).toBeLessThan(1e-12)
    expect(await shown.wordOf(page, 'raceStatus')).toBe('')
    expect(page.trouble).toEqual([])
  })

  test('an engine that takes too long is stopped, and its total time is estimated', async () => {
    const page = await racing(site, '#preset=tutorial&num_steps=2000', [1, 1.5, 400])
    const [, ...rows] = await shown.tableOf(page, 'race')
    expect(rows).toEqual([
      [NAMES.wasm, ' 2,000 / 2,000', '1.0 ms', '2.0 s', '1x'],
      [NAMES.typed, ' 2,000 / 2,000', '1.5 ms', '3.0 s', '1.5x'],
      // Stopped after 6 seconds.
      [NAMES.value, ' 15 / 2,000', '400 ms', expect.stringMatching(/^13 minutes, /), '400x'],
    ])
    expect(await shown.wordOf(page, 'verdict')).toMatch(
      /: typed .* over 100 steps; scalar .* over 15 steps\.$/,
    )
  })

  test('different losses are reported, with the largest difference', async () => {
    const page = await site.open('about:blank')
    // Wrong square roots, only in the worker of the typed-array reference engine.
    const wrong = `{ const { sqrt } = Math; Math.sqrt = (x) => 1.5 * sqrt(x) }`
    await inWorker(page, (worker) => (worker === 2 ? wrong : ''))
    await page.goto(`${site.address}#preset=tutorial&num_steps=5`)
    await ready(page)
    await shown.race(page)
    const options = { docs, config: { num_steps: 5 } }
    const core = losses(await MicroGPT.create(options))
    const { sqrt } = Math
    Math.sqrt = (x) => 1.5 * sqrt(x)
    let gap: number
    try {
      gap = gapOf(losses(new TypedGPT(options)), core)
    } finally {
      Math.sqrt = sqrt
    }
    expect(gap).toBeGreaterThan(1e-4)
    const verdict = await shown.wordOf(page, 'verdict')
    expect(verdict).toContain(`${NAMES.typed} ${gap.toExponential(0)} over 5 steps;`)
    expect(verdict).toMatch(/Value, TypeScript \de-1[4-9] over 5 steps\.$/)
  })
})

inBrowser('stored runs and files', (site) => {
  test('a stored run is offered with its step, length, text and time', async () => {
    const page = await site.open('about:blank', { timezoneId: 'UTC', locale: 'en-GB' })
    await inWorker(page, ticking(1))
    await page.goto(`${site.address}#preset=tutorial&num_steps=1200`)
    await ready(page)
    await trainTo(page, 1060)
    await shown.comes(page, 'autosave', /^Saved at step 1,060, 22:13:20\.$/)
    await page.reload()
    await page.waitForSelector('.offer')
    const sentence =
      /^A run at step 1,060 of 1,200 on the shipped names, from 29 Feb 2024, 22:13, can /
    expect((await shown.listOf(page, 'offers')).join()).toMatch(sentence)
    expect((await shown.listOf(page, 'kept')).join()).toMatch(sentence)
    await page.click('.offer button')
    await says(page, '#play', /^Train again$/)
    const whole = await MicroGPT.create({ docs, config: { num_steps: 1200 } })
    expect((await curveOf(page)).losses).toEqual(losses(whole))
    // The milliseconds before and after the reload add up.
    expect((await shown.figures(page)).status).toMatch(/^1,200 steps, 1\.2 s of computing\. /)
    expect((await shown.figures(page)).pace).toBe('1,000')
    await shown.comes(page, 'autosave', /^Saved at step 1,200, 22:13:20\.$/)
    await page.reload()
    await page.waitForSelector('.offer')
    expect((await shown.listOf(page, 'offers')).join()).toMatch(
      /^A finished run of 1,200 steps on the shipped names, from 29 Feb 2024, 22:13, /,
    )
  })

  test('a file is saved and opened with its step', async () => {
    const page = await site.open('about:blank')
    await inWorker(page, ticking(2))
    await page.goto(`${site.address}#preset=tutorial&num_steps=2000`)
    await ready(page)
    await trainTo(page, 1234)
    const { name, bytes } = await fileOf(page, '#save-model')
    expect(name).toBe('microgpt-tutorial-step-1234.safetensors')
    await says(page, '#keep-status', `Saved as of step 1,234: ${name}.`)
    await shown.reset(page)
    await openFile(page, name, bytes)
    await says(page, '#keep-status', /: at step 1,234, /)
    expect(await shown.figures(page)).toMatchObject({ step: '1,234 / 2,000', loss: '-', pace: '-' })
    expect((await shown.figures(page)).status).toBe('At step 1,234 of 2,000.')
    await trainToEnd(page)
    const node = await MicroGPT.create({ docs, config: { num_steps: 2000 } })
    const rest = losses(node).slice(1234)
    expect((await curveOf(page)).losses).toEqual(rest)
    // Only steps made in this page count.
    expect((await shown.figures(page)).pace).toBe('500')
    expect((await shown.figures(page)).status).toMatch(/^2,000 steps, 1\.5 s of computing\. /)
    const point = await shown.crosshair(page, 'Home')
    expect(point.said.split(',')[0]).toBe(`step 1235: loss ${rest[0]}`)
  })
})
