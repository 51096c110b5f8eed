/**
 * axe after each main action of a visit: wide and light, then narrow and dark. At the end of each, the
 * colors are those of the other scheme. axe looks at the panels that an action has changed, and at
 * the end at the whole page; in the narrow window only then. LONG=1 adds the other two combinations,
 * and always looks at all.
 */
import { expect, test } from 'vitest'
import { seriousFindings, withoutTransitions } from './axe.js'
import { LONG, type Opened, inBrowser } from './browser.js'
import { ready, says, trainToEnd } from './visit.js'

const WIDE = { width: 1440, height: 900 }
const NARROW = { width: 320, height: 900 }
const LOOKS = [
  [WIDE, 'light'],
  [NARROW, 'dark'],
  ...(LONG
    ? ([
        [WIDE, 'dark'],
        [NARROW, 'light'],
      ] as const)
    : []),
] as const

/** The rules that depend on colors and sizes: in the second look, the other rules find the same. */
const LOOK_RULES = ['color-contrast', 'target-size', 'scrollable-region-focusable']

/**
 * The main actions, in the order of a visit, with the panels that they change. Each ends when the page
 * says that it is done.
 */
const ACTIONS: readonly [name: string, panels: string, act: (page: Opened) => Promise<unknown>][] =
  [
    ['Train, to the end', '#train', trainToEnd],
    [
      'a first gradient, and one step',
      '#what',
      async (page) => {
        await page.click('#card-wake')
        await says(page, '#wake-measured', /gradients are exactly 0/)
      },
    ],
    [
      'Advanced, with all tables',
      '#advanced',
      async (page) => {
        await page.evaluate(() =>
          document.querySelectorAll('details').forEach((each) => (each.open = true)),
        )
        await page.locator('#inside').scrollIntoViewIfNeeded()
        await page.click('#time-tape')
        await says(page, '#tape-about', /µs/)
      },
    ],
    [
      'another run beside the first, in the chart and its table',
      '#train, #advanced',
      async (page) => {
        await page.click('#reset')
        await page.waitForSelector('#runs li')
        await page.click('#one-step')
        await page.waitForSelector('#loss-table tbody tr')
      },
    ],
    [
      'a text to read, and a prompt that is refused',
      '#data, #invent',
      async (page) => {
        await page.fill('#paste', 'id,word\n1,moss\n2,"fern, tall"\n')
        await says(page, '#preview-note', /documents/)
        await page.fill('#prompt', 'a1')
        await says(page, '#prompt-status', /not in the alphabet/)
      },
    ],
    [
      'settings that are refused, then others',
      '#model',
      async (page) => {
        await page.fill('#field-n_embd', '18')
        await says(page, '#settings-status', /must be divisible/)
        await page.fill('#field-n_embd', '8')
        await says(page, '#unapplied', /not applied/)
      },
    ],
    [
      'Save / Share, and a link that cannot be opened',
      '#keep, .notice',
      async (page) => {
        await page.evaluate(() => (location.hash = '#n_embd=18'))
        await page.waitForSelector('.notice')
        await page.$eval('#keep', (panel: HTMLElement) => (panel.hidden = false))
      },
    ],
  ]

inBrowser('axe finds nothing serious', (site) => {
  test.each(LOOKS)('after each action, %j, %s', { timeout: 180_000 }, async (viewport, scheme) => {
    const page = await site.open('#preset=tutorial&num_steps=30&n_embd=8', {
      ...{ colorScheme: scheme, viewport },
    })
    const rules = LONG || viewport === WIDE ? undefined : LOOK_RULES
    await ready(page)
    // A color in transition is measured as something in between.
    await withoutTransitions(page)
    for (const [name, panels, act] of ACTIONS) {
      await act(page)
      if (LONG || viewport === WIDE) {
        expect(await seriousFindings(page, rules, LONG ? 'html' : panels), name).toEqual([])
      }
      const sideways = () => document.documentElement.scrollWidth - innerWidth
      expect(await page.evaluate(sideways), `${name}: nothing runs over the edge`).toBe(0)
    }
    if (viewport === NARROW) expect(await seriousFindings(page, rules), scheme).toEqual([])
    const other = scheme === 'light' ? 'dark' : 'light'
    await page.emulateMedia({ colorScheme: other })
    // In a narrow window, all rules at least once.
    const last = LONG || viewport === NARROW ? undefined : ['color-contrast']
    expect(await seriousFindings(page, last), other).toEqual([])
    expect(page.trouble).toEqual([])
    // axe detects colors that are too faint.
    await page.evaluate(() => (document.querySelector<HTMLElement>('.lead')!.style.opacity = '0.2'))
    const found = await seriousFindings(page, ['color-contrast'])
    expect(found.join()).toContain('color-contrast #lead')
  })
})
