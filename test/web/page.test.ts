/** The page as a visitor uses it. */
import { expect, test } from 'vitest'
import { parseDocs } from '../../src/index.js'
import { LONG, type Opened, type Site, inBrowser } from './browser.js'
import { choosePace, curveOf, inNode, ready, says, trainToEnd, useText } from './visit.js'

/** Opens the page and waits until all panels are ready and open. */
async function opened(site: Site, hash = ''): Promise<Opened> {
  const page = await site.open(hash)
  await ready(page)
  return page
}

const lossesOf = async (page: Opened) => (await curveOf(page)).losses

const notices = (page: Opened) => page.locator('.notice').allTextContents()
const visits = (site: Site) => {
  test('pauses, makes one step, continues, and ends with the same losses', async () => {
    const node = await inNode({ config: { num_steps: 100 } })
    const page = await opened(site, '#preset=tutorial&num_steps=100')
    await choosePace(page, 'slow')
    await page.fill('#pace', '12')
    await says(page, '#pace-value', '12 per second')
    await page.click('#play')
    await says(page, '#at-step', /^([3-9]|\d\d)/)
    await page.click('#play')
    await says(page, '#play', 'Continue')
    const at = await page.textContent('#at-step')
    await page.waitForTimeout(150)
    expect(await page.textContent('#at-step')).toBe(at)
    await page.click('#one-step')
    await says(page, '#at-step', `${parseInt(at!, 10) + 1} / 100`)
    await choosePace(page, 'instant')
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('trains on a pasted text', async () => {
    const lines = ['ähm', 'öhm', 'ühm', 'hm hm'].join('\n')
    const node = await inNode({ docs: parseDocs(lines), config: { num_steps: 100 } })
    const page = await opened(site, '#preset=tutorial&num_steps=100')
    await useText(page, lines)
    await says(page, '#vocab-size', '7')
    expect(await page.locator('#alphabet bdi').allTextContents()).toEqual([
      ...['␣', 'h', 'm', 'ä', 'ö', 'ü', 'BOS'],
    ])
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('new settings make a new model, and invalid ones are explained', async () => {
    const page = await opened(site, '#preset=tutorial&num_steps=100')
    await page.fill('#field-n_embd', '18')
    await says(
      page,
      '#settings-status',
      'n_embd (18) must be divisible by n_head (4); try 16 or 20',
    )
    await page.waitForSelector('#apply:disabled')
    await page.fill('#field-n_embd', '65536')
    await says(page, '#settings-status', /^this model needs .* the page allows/)
    // The table is cleared: it would show other sizes than the form's.
    await says(page, '#state-dict tbody', '')
    await page.fill('#field-n_embd', '8')
    await says(page, '#totals', /^1,264 parameters: /)
    await page.fill('#field-seed', '7')
    await page.click('#apply')
    await page.waitForFunction(() => location.hash.startsWith('#preset=tutorial&seed=7&'))
    expect(new URL(page.url()).hash).toBe('#preset=tutorial&seed=7&n_embd=8&num_steps=100')
    const node = await inNode({ config: { n_embd: 8, num_steps: 100 }, seed: 7 })
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
      await says(page, '#prompt-status', ends)
    }
    expect(full).toBeGreaterThan(0)
    // The worker answers in order, so this answer comes after all earlier ones.
    await page.evaluate(() => document.querySelector('#bars')!.replaceChildren())
    await page.fill('#prompt', 'a')
    await page.waitForSelector('.bar')
    await says(page, '#prompt-status', '')
  })

  test('a link to a panel scrolls there, from the page and from outside', async () => {
    const page = await opened(site)
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
    expect(await page.locator('section[inert]').count()).toBe(6)
    await page.unroute('**/page-worker.js')
    await page.reload()
    await ready(page)
    expect(await page.locator('section[inert]').count()).toBe(0)
  })

  test('a link contains the settings', async () => {
    const page = await site.open('#preset=gist&seed=-3&n_layer=2&num_steps=20')
    await ready(page)
    expect(await page.inputValue('#link')).toBe(
      `${site.address}#preset=gist&seed=-3&n_layer=2&num_steps=20`,
    )
    const node = await inNode({
      ...{ preset: 'gist', seed: -3, config: { n_layer: 2, num_steps: 20 } },
    })
    await trainToEnd(page)
    expect(await lossesOf(page)).toEqual(node.losses)
  })

  test('an invalid link is refused with the reason', async () => {
    // Two kinds; settings.test.ts tests all messages without a page.
    const links: [string, RegExp][] = [
      ['#n_embd=60000', /this model needs .* of memory/],
      ['#<img src=x onerror=alert(1)>=1', /there is no setting "<img src"/],
    ]
    const page = await site.open('about:blank')
    for (const [hash, sentence] of links) {
      await page.goto('about:blank')
      await page.goto(site.address + hash)
      await ready(page)
      await says(page, '.notice', sentence)
      const said = await notices(page)
      expect(said, hash).toHaveLength(1)
      expect(said[0]).toMatch(/^This link cannot be opened, because /)
      expect(await page.inputValue('#field-n_embd'), hash).toBe('16')
      expect(page.trouble).toEqual([])
    }
  })

  test('writes character by character, from bars of probabilities', async () => {
    const page = await opened(site)
    await page.fill('#prompt', 'an')
    await page.fill('#temperature', '0')
    await page.waitForFunction(() => document.querySelectorAll('.bar').length === 1)
    await says(page, '.bar .number', '100%')
    await page.fill('#temperature', '1')
    await page.fill('#top-k', '3')
    await page.waitForFunction(() => document.querySelectorAll('.bar').length === 3)
    const char = await page.locator('.bar .char').nth(1).textContent()
    await page.locator('.bar').nth(1).click()
    if (char !== 'BOS') {
      await page.waitForFunction(
        (text) => document.querySelector<HTMLInputElement>('#prompt')!.value === text,
        `an${char}`,
      )
    }
    // The names contain no upper case.
    await page.fill('#prompt', 'AN')
    await says(page, '#prompt-status', /^Read as “an”/)
    await page.fill('#prompt', 'a1')
    await says(page, '#prompt-status', /not in the alphabet/)
  })

  test('looks inside by keyboard: a matrix before and now, and the attention', async () => {
    const page = await opened(site, '#preset=tutorial&num_steps=20')
    await trainToEnd(page)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('.thumb')
    expect(await page.locator('.thumb').count()).toBe(9)
    await page.locator('.thumb', { hasText: 'attn_wo' }).click()
    await says(page, '#matrix-name', /attn_wo/)
    await page.focus('#matrix-now')
    await page.keyboard.press('ArrowRight')
    const { gpt } = await inNode({ config: { num_steps: 20 } })
    const wo = gpt.stateDict.get('layer0.attn_wo')!.data
    await says(page, '#cell', `layer0.attn_wo[0][1]: before 0, now ${wo[1]}`)
    await page.fill('#word', 'emma')
    const loss = gpt.loss(['emma']).toFixed(4)
    await says(page, '#word-status', `BOS e m m a: loss ${loss} after step 20`)
    expect(await page.locator('#heads canvas').count()).toBe(4)
    await page.click('#attention-details summary')
    await says(page, '#attention-table tbody td', '100%')
  })
}

inBrowser('the page', visits)
