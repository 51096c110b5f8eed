/** Every number of the training and Try it panels, compared with the same run in Node. */
import { expect, test } from 'vitest'
import { percent } from '../../src/web/text.js'
import { LONG, inBrowser } from './browser.js'
import { inWorker, ticking } from './clock.js'
import { CSV_HEAD, csvLines, nodeRun } from './node-run.js'
import { guessingOf, pictureOf } from './drawings.js'
import * as shown from './shown.js'
import { ready, trainTo, trainToEnd } from './visit.js'

const STEPS = 450
/** The names of runs have their changed settings, and a number to distinguish equal ones. */
const SETTINGS = `tutorial, n_embd 16, n_layer 1, num_steps ${STEPS}, batch_size 2, seed 3`
const NAME = `Run 1: ${SETTINGS}`
const SECOND = `Run 2: ${SETTINGS}`
const config = { num_steps: STEPS, batch_size: 2 }
const HASH = `#preset=tutorial&seed=3&num_steps=${STEPS}&batch_size=2`
/** Milliseconds per step. */
const STEP_MS = 0.7

inBrowser('the numbers of a run', (site) => {
  test('figures, samples, crosshair, table and CSV match Node', async () => {
    const node = await nodeRun({ seed: 3, config })
    const page = await site.open('about:blank')
    await inWorker(page, ticking(STEP_MS))
    await page.goto(site.address + HASH)
    await ready(page)
    expect((await shown.figures(page)).status).toBe('Ready: 4,064 parameters, 2,787 documents.')
    expect(await shown.wordOf(page, 'baseline')).toMatch(/^Dashed: ln 27 = 3\.30, /)
    expect(await shown.csvOf(page)).toBe(CSV_HEAD)
    expect((await shown.crosshair(page, 'End')).spoken).toBe('no step yet')

    const expectFigures = async (step: number, status: string) => {
      const { loss, smoothed, lr } = node.to(step)
      expect(await shown.figures(page)).toEqual({
        step: `${step} / ${STEPS}`,
        loss: loss.toFixed(4),
        smoothed: smoothed.toFixed(4),
        lr: lr < 1e-3 ? lr.toExponential(2) : lr.toFixed(4),
        pace: '1,429',
        reading: `Reading: ${node.gpt.docs[(2 * (step - 1)) % node.gpt.docs.length]}`,
        status: status || `Step ${step} of ${STEPS}, loss ${smoothed.toFixed(2)}.`,
      })
      expect(await shown.samplesOf(page)).toEqual(node.samples)
    }
    await trainTo(page, 37)
    await expectFigures(37, '')
    await shown.oneStep(page)
    await page.waitForFunction(() => document.body.textContent.includes('Step 38 of'))
    await expectFigures(38, '')
    await trainToEnd(page)
    const { smoothed } = node.to(STEPS)
    await expectFigures(
      STEPS,
      `450 steps, 315 ms of computing. Loss ${node.points[0]!.loss.toFixed(2)} to ${smoothed.toFixed(2)}.`,
    )

    const said = (i: number) => {
      const point = node.points[i]!
      const lr = point.lr < 1e-3 ? point.lr.toExponential(2) : point.lr.toFixed(4)
      const { step, loss } = point
      return `step ${step}: loss ${loss}, smoothed ${point.smoothed.toFixed(4)}, lr ${lr}`
    }
    const far = Math.round((STEPS - 1) / 20)
    const keys: [string[], number][] = [
      [['Home'], 0],
      [['ArrowLeft'], 0],
      [['ArrowRight', 'ArrowUp'], 2],
      [['ArrowDown'], 1],
      [['PageUp'], 1 + far],
      [['PageUp', 'PageDown', 'ArrowRight'], 2 + far],
      [['End'], STEPS - 1],
      [['ArrowRight'], STEPS - 1],
    ]
    for (const [pressed, at] of keys) {
      const point = await shown.crosshair(page, ...pressed)
      expect(point).toEqual({ said: said(at), spoken: said(at), at, most: STEPS - 1 })
    }
    for (const step of [1, 200, 450]) {
      // The axis of a whole run ends at 450.
      expect(await shown.pointAtStep(page, step, STEPS)).toBe(said(step - 1))
    }
    await page.mouse.move(0, 0)
    await shown.crosshair(page, 'End')

    // Every third point, because the table has at most 200 rows.
    const rows = node.points.filter((_, i) => i % 3 === 0)
    expect(await shown.tableOf(page, 'losses')).toEqual([
      ['step', 'loss', 'smoothed', 'learning rate'],
      ...rows.map(({ step, loss, smoothed: mean, lr }) => [
        String(step),
        String(loss),
        mean.toFixed(4),
        lr === 0 ? '0' : lr < 1e-3 ? lr.toExponential(2) : lr.toFixed(4),
      ]),
    ])
    const whole = csvLines(NAME, node.points)
    expect(await shown.csvOf(page)).toBe(CSV_HEAD + whole)

    // An earlier run stays in the chart and in the CSV until it is removed.
    await shown.reset(page)
    // The crosshair was at its end.
    expect(await shown.wordOf(page, 'crosshair')).toMatch(/^Point at the chart/)
    const kept = `${NAME}: 450 steps, smoothed ${smoothed.toFixed(3)}`
    expect(await shown.listOf(page, 'runs')).toEqual([`${SECOND}: now`, kept])
    expect(await shown.figures(page)).toMatchObject({
      loss: '-',
      smoothed: '-',
      lr: '-',
      pace: '-',
      reading: 'Reading: nothing yet.',
    })
    await trainTo(page, 3)
    const again = csvLines(SECOND, node.points.slice(0, 3))
    expect(await shown.csvOf(page)).toBe(CSV_HEAD + again + whole)
    const both = await pictureOf(page, '#loss-chart')
    await shown.removeRun(page, 0)
    expect(await shown.csvOf(page)).toBe(CSV_HEAD + again)
    expect(await pictureOf(page, '#loss-chart')).not.toBe(both)
    expect(await shown.listOf(page, 'runs')).toEqual([])
    expect(page.trouble).toEqual([])
  })

  const paces: [number, string, string][] = [
    [0.125, '8,000', '60 steps, 7.5 ms of computing.'],
    [2000, '1', '60 steps, 2 minutes of computing.'],
    // text.test.ts holds how times between these are told.
    [16.625, '60', '60 steps, 998 ms of computing.'],
    [25, '40', '60 steps, 1.5 s of computing.'],
  ]
  test.each(LONG ? paces : paces.slice(0, 2))(
    'a step of %f ms is %s steps per second',
    async (ms, pace, took) => {
      const page = await site.open('about:blank')
      await inWorker(page, ticking(ms))
      await page.goto(`${site.address}#preset=tutorial&num_steps=60`)
      await ready(page)
      await trainToEnd(page)
      const got = await shown.figures(page)
      expect(got.pace).toBe(pace)
      expect(got.status.slice(0, took.length)).toBe(took)
    },
  )

  test('the five latest runs stay in the chart and in the CSV, newest first', async () => {
    const node = await nodeRun()
    node.to(7)
    const page = await site.open('')
    await ready(page)
    for (let steps = 1; steps <= 7; steps++) {
      await trainTo(page, steps)
      await shown.reset(page)
    }
    const name = (run: number) => `Run ${run}: tutorial, n_embd 16, n_layer 1, seed 42`
    const kept = [7, 6, 5, 4, 3]
    expect(await shown.listOf(page, 'runs')).toEqual([
      `${name(8)}: now`,
      ...kept.map((steps) => {
        return `${name(steps)}: ${steps} steps, smoothed ${node.points[steps - 1]!.smoothed.toFixed(3)}`
      }),
    ])
    // Each has the color of its curve.
    const colours = ['now', 'run-1', 'run-2', 'run-3', 'run-4', 'run-5']
    expect(await shown.coloursOf(page, 'runs')).toEqual(colours)
    expect(await shown.csvOf(page)).toBe(
      CSV_HEAD + kept.map((steps) => csvLines(name(steps), node.points.slice(0, steps))).join(''),
    )
  })

  test('stops at the first step whose smoothed loss is below the limit', async () => {
    const node = await nodeRun()
    node.to(500)
    const stop = node.points.find(({ smoothed }) => smoothed < 2.8)!
    const page = await site.open('')
    await ready(page)
    await page.selectOption('#stop-kind', 'loss')
    await page.fill('#stop-value', '2.8')
    await page.click('#play')
    await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'Continue')
    expect(await shown.figures(page)).toMatchObject({
      step: `${stop.step} / 500`,
      loss: stop.loss.toFixed(4),
      smoothed: stop.smoothed.toFixed(4),
    })
  })
})

inBrowser('the candidates for the next character', (site) => {
  /** The expected bars, computed in Node. */
  const barsInNode = (
    { gpt }: Awaited<ReturnType<typeof nodeRun>>,
    options: { prompt: string; temperature: number; topK?: number },
  ) => {
    for (let seed = 0; ; seed++) {
      // A text that ends at once yields no candidates.
      const { value } = gpt.generate({ ...options, seed }).next()
      if (!value) continue
      const most = options.temperature === 0 ? 1 : 10
      const top = value.top.slice(0, most)
      const shares = options.topK === undefined ? 1 : top.reduce((sum, x) => sum + x.probability, 0)
      return top.map(({ char, probability }) => ({
        char: char === '' ? 'BOS' : char,
        percent: percent(options.temperature === 0 ? 1 : probability / shares),
        width: expect.closeTo((100 * probability) / top[0]!.probability, 3) as number,
      }))
    }
  }

  test('match Node, in order, with their probabilities', async () => {
    const node = await nodeRun()
    const page = await site.open('about:blank')
    // A draw takes the first character at which the sum of probabilities exceeds this.
    await page.addInitScript(() => (Math.random = () => 0.25))
    await page.goto(site.address)
    await ready(page)
    const cases: shown.Asking[] = [
      { prompt: 'an' },
      { temperature: '1' },
      { prompt: '' },
      { prompt: 'abigail' },
      { topK: '3' },
      { temperature: '2.5' },
      { prompt: 'ka', topK: '1' },
      { temperature: '0', topK: '' },
    ]
    for (const step of [0, 100, 500]) {
      if (step > 0) {
        await shown.clearBars(page)
        await (step === 500 ? trainToEnd(page) : trainTo(page, step))
        await shown.untilBars(page)
        node.to(step)
      }
      const now = { prompt: step === 0 ? '' : 'ka', temperature: '0.5', topK: '' }
      await shown.ask(page, { temperature: '0.5', topK: '' })
      for (const wanted of [{}, ...cases]) {
        await shown.ask(page, wanted)
        Object.assign(now, wanted)
        const topK = now.topK === '' ? {} : { topK: Number(now.topK) }
        const options = { prompt: now.prompt, temperature: Number(now.temperature), ...topK }
        expect(await shown.barsOf(page), JSON.stringify(now)).toEqual(barsInNode(node, options))
      }
    }
    // At temperature 0 the whole text consists of the most likely characters.
    await shown.ask(page, { prompt: 'j' })
    await shown.pressWhole(page)
    const rest = Array.from(node.gpt.generate({ prompt: 'j', temperature: 0 }), ({ char }) => char)
    await page.waitForFunction(
      (text) => document.querySelector<HTMLInputElement>('#prompt')!.value === text,
      `j${rest.join('')}`,
    )
    // One character is drawn by the probabilities of the bars.
    await shown.ask(page, { prompt: 'mar', temperature: '1' })
    const [options] = [{ prompt: 'mar', temperature: 1 }]
    let sum = 0
    const { top } = node.gpt.generate({ ...options, seed: 1 }).next().value!
    const drawn = top.find(({ probability }) => (sum += probability) > 0.25)!
    await shown.pressNext(page)
    expect(await shown.promptOf(page)).toBe(`mar${drawn.char}`)
    for (const [field, value, why] of [
      ['#temperature', '', /^temperature must be/],
      ['#temperature', '-1', /^temperature must be/],
    ] as const) {
      await page.fill(field, value)
      await shown.comes(page, 'promptStatus', why)
      expect(await shown.barsOf(page)).toEqual([])
    }
    await page.fill('#temperature', '1')
    await page.fill('#top-k', '0')
    await shown.comes(page, 'promptStatus', /^top-k must be a whole number from 1/)
    expect(page.trouble).toEqual([])
  })

  test('a text that is in the training data is marked', async () => {
    const page = await site.open('#preset=tutorial&num_steps=300&n_embd=8')
    await ready(page)
    await shown.useText(page, 'xyz\nxyz')
    expect(await page.isChecked('#dataset-own')).toBe(true)
    // x, y, z and BOS are equally likely.
    expect(await guessingOf(page)).toBeCloseTo(Math.log(4), 1)
    const node = await nodeRun({ docs: ['xyz', 'xyz'], config: { num_steps: 300, n_embd: 8 } })
    node.to(300)
    await trainToEnd(page)
    expect(await shown.samplesOf(page)).toEqual(node.samples)
    expect(node.samples.map(({ known }) => known)).toContain(true)
    expect(node.samples.map(({ known }) => known)).toContain(false)
    await shown.ask(page, { temperature: '0' })
    await shown.clearBars(page)
    await shown.pressWhole(page)
    await shown.untilBars(page)
    expect(await shown.wordOf(page, 'promptStatus')).toBe(
      'This one is a document of the training data.',
    )
    expect(await shown.promptOf(page)).toBe('xyz')
  })
})
