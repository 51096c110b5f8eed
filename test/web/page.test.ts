/** The page as a visitor uses it. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { NAMES } from '../../src/data/names.js'
import { LONG, type Opened, type Site, inBrowser } from './browser.js'
import { choosePace, ready, says } from './visit.js'

const docs = parseDocs(NAMES)

/** Opens the page and waits until all panels are ready and open. */
async function opened(site: Site): Promise<Opened> {
  const page = await site.open('')
  await ready(page)
  return page
}

/** Presses the main button and waits until the run is finished. */
async function trainToEnd(page: Opened) {
  await page.click('#play')
  await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'Train again')
}

/** The losses of the newest run in the page's CSV, with all digits. */
async function lossesOf(page: Opened): Promise<number[]> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.click('#csv')])
  const lines = readFileSync(await download.path(), 'utf8')
    .trim()
    .split('\n')
    .slice(1)
  const name = lines[0]!.match(/^"[^"]*"/)![0]
  const own = lines.filter((line) => line.startsWith(name))
  return own.map((line) => Number(line.slice(name.length).split(',')[2]))
}

async function lossesInNode(options: Partial<Parameters<typeof MicroGPT.create>[0]> = {}) {
  const gpt = await MicroGPT.create({ docs, ...options } as Parameters<typeof MicroGPT.create>[0])
  return { losses: Array.from(gpt.train(), ({ loss }) => loss), samples: gpt.sample() }
}

const notices = (page: Opened) => page.locator('.notice').allTextContents()
const samples = (page: Opened) => page.locator('#samples .word').allTextContents()

const visits = (site: Site) => {
  test('trains to the end with the losses and samples of Node, bit for bit', async () => {
    const node = await lossesInNode()
    const page = await opened(site)
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
    expect((await samples(page)).slice(0, 20).toReversed()).toEqual(node.samples)
    expect(await page.textContent('#hero-status')).toMatch(
      /^500 steps, .* of computing\. Loss 3\.29 to 2\.52\.$/,
    )
    expect(await notices(page)).toEqual([])
    expect(page.trouble).toEqual([])
  })

  test('pauses, makes one step, continues, and ends with the same losses', async () => {
    const node = await lossesInNode()
    const page = await opened(site)
    await choosePace(page, 'slow')
    await page.fill('#pace', '12')
    await page.click('#play')
    await page.waitForFunction(
      () => Number(document.querySelector('#at-step')!.textContent![0]) > 2,
    )
    await page.click('#play')
    await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'Continue')
    const at = await page.textContent('#at-step')
    await page.waitForTimeout(150)
    expect(await page.textContent('#at-step')).toBe(at)
    await page.click('#one-step')
    const next = `${parseInt(at!, 10) + 1} / 500`
    await page.waitForFunction((to) => document.querySelector('#at-step')!.textContent === to, next)
    await choosePace(page, 'instant')
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('stops by its rule, resets, and keeps the earlier run in the chart', async () => {
    const page = await opened(site)
    await page.selectOption('#stop-kind', 'step')
    await page.fill('#stop-value', '100')
    await page.click('#play')
    await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'Continue')
    expect(await page.textContent('#at-step')).toBe('100 / 500')
    await page.click('#reset')
    await page.waitForSelector('#runs .run-1')
    expect(await page.textContent('#at-step')).toBe('0 / 500')
    await page.selectOption('#stop-kind', 'loss')
    await page.fill('#stop-value', '2.8')
    await page.click('#play')
    await page.waitForFunction(() => document.querySelector('#play')!.textContent === 'Continue')
    const smoothed = Number(await page.textContent('#at-smooth'))
    expect(smoothed).toBeLessThan(2.8)
    expect(smoothed).toBeGreaterThan(2.7)
  })

  test('trains on a pasted text', async () => {
    const lines = ['ähm', 'öhm', 'ühm', 'hm hm'].join('\n')
    const node = await lossesInNode({ docs: parseDocs(lines) })
    const page = await opened(site)
    await page.fill('#paste', lines)
    await page.click('#use-text')
    await page.waitForFunction(() => document.querySelector('#num-docs')!.textContent === '4')
    expect(await page.textContent('#vocab-size')).toBe('7')
    expect(await page.textContent('#longest')).toBe('5')
    expect(await page.locator('#alphabet bdi').allTextContents()).toEqual([
      ...['␣', 'h', 'm', 'ä', 'ö', 'ü', 'BOS'],
    ])
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('new settings make a new model, and invalid ones are explained', async () => {
    const page = await opened(site)
    await ready(page)
    await page.fill('#field-n_embd', '18')
    expect(await page.textContent('#settings-status')).toBe(
      'n_embd (18) must be divisible by n_head (4); try 16 or 20',
    )
    expect(await page.isDisabled('#apply')).toBe(true)
    await page.fill('#field-n_embd', '65536')
    await says(page, '#settings-status', /^this model needs .* the page allows/)
    // The table is cleared: it would show other sizes than the form's.
    expect(await page.locator('#state-dict tbody tr').count()).toBe(0)
    await page.fill('#field-n_embd', '8')
    await says(page, '#totals', /^1,264 parameters: /)
    await page.fill('#field-seed', '7')
    await page.click('#apply')
    await page.waitForFunction(() => location.hash === '#preset=tutorial&seed=7&n_embd=8')
    const node = await lossesInNode({ config: { n_embd: 8 }, seed: 7 })
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('writes a text to its end, or to the last character that the model sees', async () => {
    const page = await site.open('#preset=tutorial&block_size=3')
    await ready(page)
    const ends = /^(The text ends here: the model sees no more than 3 characters\.|This one .*)?$/
    let full = 0
    for (let i = 0; i < (LONG ? 12 : 4) || (full === 0 && i < 60); i++) {
      await page.fill('#prompt', 'an')
      await page.waitForFunction(() => document.querySelectorAll('.bar').length > 1)
      // Then new candidates or a message appear: no request is refused.
      await page.evaluate(() => document.querySelector('#bars')!.replaceChildren())
      await page.click('#whole')
      await page.waitForFunction(
        () =>
          document.querySelectorAll('.bar').length > 1 ||
          document.querySelector('#prompt-status')!.textContent !== '',
      )
      const text = await page.inputValue('#prompt')
      if (text.length === 3) full++
      expect(await page.textContent('#prompt-status')).toMatch(ends)
    }
    expect(full).toBeGreaterThan(0)
    // The worker answers in order, so this answer comes after all earlier ones.
    await page.fill('#prompt', 'a')
    await page.waitForSelector('.bar')
    expect(await page.textContent('#prompt-status')).toBe('')
  })

  test('a link to a panel scrolls there, from the page and from outside', async () => {
    const page = await opened(site)
    await ready(page)
    const topOf = (id: string) =>
      page.evaluate((at) => document.getElementById(at)!.getBoundingClientRect().top, id)
    const bottom = () =>
      page.evaluate(() => scrollY + innerHeight >= document.documentElement.scrollHeight - 2)
    const arrives = async (id: string) => {
      // The panel is in place once it stays still for a while.
      await page.waitForFunction(
        (at) => {
          const seen = globalThis as { place?: number; times?: number }
          const { top } = document.getElementById(at)!.getBoundingClientRect()
          const still = Math.abs(top - (seen.place ?? Infinity)) < 1 && top < innerHeight
          seen.times = still ? (seen.times ?? 0) + 1 : 0
          seen.place = top
          return seen.times > 4
        },
        id,
        { polling: 60 },
      )
      const top = await topOf(id)
      if (!(await bottom())) expect(top, id).toBeLessThan(160)
      expect(top, id).toBeGreaterThanOrEqual(0)
    }
    await page.click('nav a[href="#model"]')
    await arrives('model')
    expect(new URL(page.url()).hash).toBe('')
    await page.goto('about:blank')
    await page.goto(`${site.address}#race`)
    await ready(page)
    await arrives('race')
  })

  test('panels are inert until they work', async () => {
    const page = await site.open('about:blank')
    await page.route('**/page-worker.js', () => {})
    await page.goto(site.address, { waitUntil: 'commit' })
    await page.waitForSelector('footer')
    const inert = () => page.locator('section[inert]').count()
    expect(await inert()).toBe(6)
    const whole = await opened(site)
    await ready(whole)
    expect(await whole.locator('section[inert]').count()).toBe(0)
  })

  test('a link contains the settings', async () => {
    const page = await site.open('#preset=gist&seed=-3&n_layer=2&num_steps=20')
    await ready(page)
    expect(await page.inputValue('#link')).toBe(
      `${site.address}#preset=gist&seed=-3&n_layer=2&num_steps=20`,
    )
    const node = await lossesInNode({
      ...{ preset: 'gist', seed: -3, config: { n_layer: 2, num_steps: 20 } },
    })
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('an invalid link is refused with the reason', async () => {
    // One of each kind; settings.test.ts tests all messages without a page.
    const links: [string, RegExp][] = [
      ['#n_embd=18', /n_embd \(18\) must be divisible by n_head \(4\)/],
      ['#n_embd=60000', /this model needs .* of memory/],
      ['#<img src=x onerror=alert(1)>=1', /there is no setting "<img src"/],
    ]
    const page = await site.open('about:blank')
    for (const [hash, sentence] of links) {
      await page.goto('about:blank')
      await page.goto(site.address + hash)
      await ready(page)
      const said = await notices(page)
      expect(said, hash).toHaveLength(1)
      expect(said[0]).toMatch(/^This link cannot be opened, because /)
      expect(said[0]).toMatch(sentence)
      expect(await page.inputValue('#field-n_embd'), hash).toBe('16')
      expect(page.trouble).toEqual([])
    }
  })

  test('writes character by character, from bars of probabilities', async () => {
    const page = await opened(site)
    await trainToEnd(page)
    await page.fill('#prompt', 'an')
    await page.fill('#temperature', '0')
    await page.waitForFunction(() => document.querySelectorAll('.bar').length === 1)
    expect(await page.textContent('.bar .number')).toBe('100%')
    await page.fill('#temperature', '1')
    await page.fill('#top-k', '3')
    await page.waitForFunction(() => document.querySelectorAll('.bar').length === 3)
    const char = await page.locator('.bar .char').nth(1).textContent()
    await page.locator('.bar').nth(1).click()
    if (char !== 'BOS') expect(await page.inputValue('#prompt')).toBe(`an${char}`)
    // The names contain no upper case.
    await page.fill('#prompt', 'AN')
    await says(page, '#prompt-status', /^Read as “an”/)
    await page.fill('#prompt', 'a1')
    await says(page, '#prompt-status', /not in the alphabet/)
  })

  test('looks inside: the matrices before and now, attention, and the tape', async () => {
    const page = await opened(site)
    await trainToEnd(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('.thumb')
    expect(await page.locator('.thumb').count()).toBe(9)
    await page.locator('.thumb', { hasText: 'attn_wo' }).click()
    await page.waitForFunction(() =>
      /attn_wo/.test(document.querySelector('#matrix-name')!.textContent!),
    )
    await page.focus('#matrix-now')
    await page.keyboard.press('ArrowRight')
    const gpt = await MicroGPT.create({ docs })
    for (const _step of gpt.train()) continue
    const wo = gpt.stateDict.get('layer0.attn_wo')!.data
    expect(await page.textContent('#cell')).toBe(`layer0.attn_wo[0][1]: before 0, now ${wo[1]}`)
    await page.fill('#word', 'emma')
    await page.waitForFunction(() =>
      /e m m a/.test(document.querySelector('#word-status')!.textContent!),
    )
    const loss = gpt.loss(['emma']).toFixed(4)
    expect(await page.textContent('#word-status')).toBe(`BOS e m m a: loss ${loss} after step 500`)
    expect(await page.locator('#heads canvas').count()).toBe(4)
    const ops = await page.locator('#tape tbody td:nth-child(2)').allTextContents()
    expect(ops).toHaveLength(18)
    expect(ops[0]).toBe('embedding')
    expect(ops.at(-1)).toBe('crossEntropy')
    expect(await page.locator('#tape tbody tr').nth(5).textContent()).toContain(
      'layer0.attn_wq [16, 16]',
    )
    await page.click('#attention-details summary')
    const first = await page.locator('#attention-table tbody tr').first().locator('td').first()
    expect(await first.textContent()).toBe('100%')
  })

  test('races the three engines, and finds the same losses', async () => {
    const page = await site.open('#preset=tutorial&num_steps=20')
    await ready(page)
    await page.click('#race-go')
    await page.waitForFunction(() => document.querySelector('#race-word')!.textContent !== '')
    const rows = await page.locator('#race-table tbody tr').allTextContents()
    expect(rows).toHaveLength(3)
    for (const row of rows) expect(row).toContain('20 / 20')
    const verdict = (await page.textContent('#race-word'))!
    const gaps = [...verdict.matchAll(/(\de[-+]\d+) over 20 steps/g)].map(([, gap]) => Number(gap))
    expect(gaps).toHaveLength(2)
    for (const gap of gaps) expect(gap).toBeLessThan(1e-11)
  })
}

inBrowser('the page', visits, { shared: true })
