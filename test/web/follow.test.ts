/** One number followed through a run: picked by keyboard, pointer and touch; equal to Node's run. */
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { PathLog, pointOf } from '../../src/web/lib/path-log.js'
import { updateLines, updateSentence } from '../../src/web/lib/update-text.js'
import { type Opened, inBrowser } from './browser.js'
import * as shown from './shown.js'
import { docs, ready, says, trainToEnd } from './visit.js'

/** The value and the gradient of a parameter at some steps of the default run. */
async function inNode(matrix: string, at: number, steps: readonly number[]) {
  const gpt = await MicroGPT.create({ docs })
  const { data, grad } = gpt.stateDict.get(matrix)!
  const found: string[] = []
  for (const { step } of gpt.train()) {
    if (steps.includes(step)) found.push(`step ${step}: value ${data[at]}, gradient ${grad[at]}`)
  }
  return found
}

/** What the page says of the last step of a parameter: its numbers and Adam's formulas. */
async function lastInNode(matrix: string, at: number) {
  const gpt = await MicroGPT.create({ docs })
  const { data, grad } = gpt.stateDict.get(matrix)!
  const log = new PathLog(gpt.config, 0, data[at]!)
  for (const { lr } of gpt.train()) log.add(data[at]!, grad[at]!, lr)
  const [before, point] = [499, 500].map((i) => pointOf(log.columns(), i))
  return {
    said: {
      value: String(data[at]),
      valueTerm: 'after step 500',
      gradient: String(grad[at]),
      gradientTerm: 'gradient at step 500',
      title: 'Step 500',
      about: updateSentence(point!, gpt.config),
    },
    update: updateLines(point!, before!, gpt.config).map(
      ({ formula, numbers }) => formula + numbers,
    ),
  }
}

const pathOf = (page: Page) => page.getAttribute('#follow-chart', 'aria-valuetext')

/** What the chart says at steps 1, 100 and 500, by keyboard. */
async function readPath(page: Page): Promise<(string | null)[]> {
  await page.focus('#follow-chart')
  await page.keyboard.press('Home')
  await page.keyboard.press('ArrowRight')
  const read = [await pathOf(page)]
  await page.keyboard.press('Home')
  for (let i = 0; i < 4; i++) await page.keyboard.press('PageUp')
  read.push(await pathOf(page))
  await page.keyboard.press('End')
  read.push(await pathOf(page))
  return read
}

/** Waits until the card shows the end of a parameter's path; it is drawn only in view. */
async function follows(page: Page, name: string) {
  await page.locator('#follow-chart').scrollIntoViewIfNeeded()
  await page.waitForFunction(
    (wanted) =>
      document.querySelector('#follow-name')!.textContent === wanted &&
      document
        .querySelector('#follow-chart')!
        .getAttribute('aria-valuetext')!
        .startsWith('step 500'),
    name,
  )
}

/** Points at cells along a line of the picture until one of a matrix is under the pointer. */
async function findCell(page: Page, matrix: RegExp, point: (x: number, y: number) => unknown) {
  await page.locator('#picture').scrollIntoViewIfNeeded()
  const box = (await page.locator('#picture').boundingBox())!
  for (let y = 0.2; y < 0.9; y += 0.1) {
    for (let x = 0.05; x < 0.95; x += 0.03) {
      await point(box.x + box.width * x, box.y + box.height * y)
      const said = (await page.textContent('#picture-cell'))!
      const found = new RegExp(`(${matrix.source})\\[(\\d+)\\]\\[(\\d+)\\]`).exec(said)
      if (found) return { name: found[1]!, row: Number(found[2]), column: Number(found[3]) }
    }
  }
  throw new Error(`the picture has no ${matrix.source}`)
}

inBrowser('one number through the run', (site) => {
  const STEPS = [1, 100, 500]

  /** A page with a finished run, in which lm_head[0][0] was followed from the start. */
  async function trained(options = {}): Promise<Opened> {
    const page = await site.open('', options)
    await ready(page)
    await trainToEnd(page)
    await follows(page, "state_dict['lm_head'][0][0]")
    return page
  }

  test('the first of lm_head, then another by keyboard, by pointer, and of a new model', async () => {
    const page = await trained()
    // Without a choice.
    expect(await readPath(page)).toEqual(await inNode('lm_head', 0, STEPS))
    const wte = 27 * 16 + 8 * 16
    expect(await page.textContent('#follow-where')).toContain(`params[${wte}] of 4,064`)
    const last = await lastInNode('lm_head', 0)
    expect(last.update[0]).toMatch(/^m = 0\.9 m \+ 0\.1 gradient0\.9 × /)
    expect(await shown.followed(page)).toMatchObject(last.said)
    expect(await shown.listOf(page, 'update')).toEqual(last.update)

    // By keyboard, after the run.
    await page.focus('#picture')
    // wte, wpe, attn_wq
    for (const key of ['ArrowRight', 'PageDown', 'PageDown', 'ArrowDown', 'ArrowRight', 'Enter']) {
      await page.keyboard.press(key)
    }
    await follows(page, "state_dict['layer0.attn_wq'][1][1]")
    const wanted = await inNode('layer0.attn_wq', 17, STEPS)
    expect(await readPath(page)).toEqual(wanted)
    // At the first step the zeros of attn_wo stop its gradient.
    expect(wanted[0]).toMatch(/gradient 0$/)
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    await says(page, '#follow-about', /At step 1 the gradient was 0: .* Adam left it where it was/)
    const exact = await page.textContent('#follow-value')
    expect(wanted[0]).toContain(`value ${exact},`)

    // By pointer.
    const move = (x: number, y: number) => page.mouse.move(x, y)
    const { row, column } = await findCell(page, /mlp_fc2/, move)
    await page.mouse.down()
    await page.mouse.up()
    await follows(page, `state_dict['layer0.mlp_fc2'][${row}][${column}]`)
    expect(await readPath(page)).toEqual(await inNode('layer0.mlp_fc2', row * 64 + column, STEPS))
    await says(page, '#follow-start', /^0$/)

    // A new model starts a new path at the same place.
    const name = await page.textContent('#follow-name')
    await page.click('#reset')
    await says(page, '#follow-value-term', 'now')
    await page.waitForFunction(() =>
      document
        .querySelector('#follow-chart')!
        .getAttribute('aria-valuetext')!
        .startsWith('step 0: '),
    )
    await says(page, '#follow-name', name!)
    await says(page, '#follow-update', '')

    // Any of them, and then a model that has only half of its columns.
    for (const [index, picked] of [
      [0, "state_dict['wte'][0][0]"],
      // The rows of wte, wpe, lm_head and the four matrices of attention have 16 columns.
      [(27 + 4) * 16 + 5, "state_dict['wpe'][4][5]"],
      [(27 + 8 + 27 + 64) * 16, "state_dict['layer0.mlp_fc1'][0][0]"],
      [(27 + 8 + 27 + 64 + 64) * 16 + 2 * 64 + 17, "state_dict['layer0.mlp_fc2'][2][17]"],
      [4063, "state_dict['layer0.mlp_fc2'][15][63]"],
    ] as const) {
      await page.evaluate((x) => (Math.random = () => x), (index + 0.5) / 4064)
      await page.click('#follow-random')
      const { name: now, where } = await shown.followed(page)
      expect(now).toBe(picked)
      expect(where).toContain(`params[${index}] of 4,064.`)
    }
    await page.fill('#field-n_embd', '8')
    await page.click('#apply')
    await says(page, '#title', /^1,264 random/)
    const { name: now, where } = await shown.followed(page)
    expect(now).toBe("state_dict['layer0.mlp_fc2'][7][31]")
    expect(where).toContain('Row 7, column 31 of n_embd × 4 n_embd = 8 × 32 = 256.')
    expect(where).toContain('params[1263] of 1,264.')
    expect(page.trouble).toEqual([])
  })

  test('by touch', async () => {
    const page = await trained({ hasTouch: true, viewport: { width: 390, height: 844 } })
    const tap = (x: number, y: number) => page.touchscreen.tap(x, y)
    const { row, column } = await findCell(page, /wte/, tap)
    await follows(page, `state_dict['wte'][${row}][${column}]`)
    expect(await readPath(page)).toEqual(await inNode('wte', row * 16 + column, STEPS))
  })
})
