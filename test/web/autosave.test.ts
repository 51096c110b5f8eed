/** The runs that the page saves automatically: resumed after a reload or a crash, or forgotten. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { type Page, chromium } from 'playwright-core'
import { afterAll, expect, test } from 'vitest'
import { parseDocs } from '../../src/index.js'
import { seriousFindings } from './axe.js'
import { FLAGS, LONG, QUICKEST, type Opened, type Site, inBrowser, root } from './browser.js'
import { hurriedPage, inWorker } from './clock.js'
import { tabs } from './tab.js'
import {
  atStep,
  choosePace,
  curveOf,
  inNode,
  openFile,
  openPanels,
  ready,
  says,
  stepOf,
} from './visit.js'
import { trainTo, trainToEnd, useText } from './visit.js'

const OFFER = /^A run at step \d+ of \d+ on .*, from \d+ .*, can be resumed\./
const KEPT = /^Saved at step /
const offer = (page: Page) => page.textContent('.offer')
const end = (page: Page) => says(page, '#play', /^Train again$/)

/** Waits until the page has saved the run at this step or a later one. */
const kept = (page: Page, step: number) =>
  page.waitForFunction((least) => {
    const said = /^Saved at step ([\d,]+),/.exec(document.querySelector('#autosave')!.textContent!)
    return said !== null && Number(said[1]!.replaceAll(',', '')) >= least
  }, step)

type Damage = 'delete' | 'version' | 'nonsense' | 'cut' | 'losses'

/**
 * The first part of each key in the page's store.
 * @param change 'copy' copies the records to another store; a kind and a damage put the copies back
 *   and damage those of that kind
 */
const records = (page: Page, change?: 'copy' | [kind: string, how: Damage]) =>
  page.evaluate(async (what) => {
    const wait = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.addEventListener('success', () => resolve(request.result))
        request.addEventListener('error', () => reject(request.error!))
      })
    const open = async (name: string) => {
      const request = indexedDB.open(name)
      request.addEventListener('upgradeneeded', () => request.result.createObjectStore('kept'))
      return wait(request)
    }
    const all = async (database: IDBDatabase) => {
      const store = database.transaction('kept').objectStore('kept')
      const [keys, values] = [store.getAllKeys(), store.getAll()]
      await wait(values)
      return keys.result.map((key, i) => [key as string[], values.result[i]] as const)
    }
    const own = await open('microgpt-wasm')
    if (what) {
      const copies = await open('copies')
      const [from, to] = what === 'copy' ? [own, copies] : [copies, own]
      const entries = await all(from)
      const store = to.transaction('kept', 'readwrite').objectStore('kept')
      store.clear()
      for (const [key, value] of entries) {
        const how = key[0] === what[0] ? what[1] : ''
        if (how === 'delete') continue
        const { file } = value
        const damaged = {
          version: { ...value, version: 99 },
          nonsense: ['<b>', 17],
          cut: { ...value, file: file?.slice(0, 500) },
          losses: { ...value, log: { steps: -1 } },
        }
        store.put(damaged[how as 'cut'] ?? value, key)
      }
      await wait(store.count())
      copies.close()
    }
    const keys = await all(own)
    own.close()
    return keys.map(([[first]]) => first!)
  }, change)

/** Waits until the page has listed the stored runs again: the list has lost what was put into it. */
async function listed(page: Page): Promise<void> {
  await page.evaluate(() => {
    const mark = document.createElement('li')
    mark.id = 'not-listed-yet'
    document.querySelector('#kept')!.append(mark)
  })
  // Each new model has the runs listed.
  await page.click('#reset')
  await page.waitForSelector('#not-listed-yet', { state: 'detached' })
}

/** A page whose clock runs faster, so that it saves several times a second. */
const hurried = hurriedPage()
afterAll(() => rmSync(hurried, { recursive: true }))

const keeping = (site: Site) => {
  /** Opens the page again, in the same browser. */
  const reopen = async (page: Page, hash = ''): Promise<Opened> => {
    const trouble: string[] = []
    const next = Object.assign(await page.context().newPage(), { trouble })
    next.on('pageerror', ({ message }) => trouble.push(message))
    await next.goto(site.address + hash)
    return next
  }

  test('a run resumed after a reload has the losses of an uninterrupted one, bit for bit', async () => {
    const whole = await inNode({ config: { num_steps: 200 }, seed: 5 })
    const page = await site.open('#preset=tutorial&seed=5&num_steps=200')
    await ready(page)
    await choosePace(page, 'slow')
    await page.fill('#pace', '2')
    await page.click('#play')
    // It saves automatically while it trains.
    await kept(page, 10)
    await page.goto('about:blank')
    await page.goto(site.address)
    await page.waitForSelector('.offer')
    expect(await offer(page)).toMatch(OFFER)
    expect(await offer(page)).toContain('of 200 on the shipped names')
    expect(await seriousFindings(page, undefined, '#offers')).toEqual([])
    const from = Number(/step (\d+)/.exec((await offer(page))!)![1])
    expect(from).toBeGreaterThanOrEqual(10)
    await page.click('.offer button')
    await end(page)
    expect(await page.locator('.offer').count()).toBe(0)
    // The chart and its CSV begin at the first step of the run.
    const { steps, losses } = await curveOf(page)
    expect(steps).toEqual(Array.from({ length: 200 }, (_, i) => i + 1))
    expect(losses).toEqual(whole.losses)
    expect(await page.inputValue('#field-seed')).toBe('5')
    const written = await page.locator('#samples .word').allTextContents()
    const samples = whole.gpt.sample().filter((text) => text !== '')
    expect(written.slice(0, samples.length).toReversed()).toEqual(samples)
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('.thumb')
    await page.focus('#matrix-now')
    await page.keyboard.press('ArrowRight')
    const init = await atStep(0, { config: { num_steps: 200 }, seed: 5 })
    const [before, now] = [init, whole.gpt].map((gpt) => gpt.stateDict.get('wte')!.data[1])
    await says(page, '#cell', new RegExp(`: before ${before}, now ${now}$`))
    expect(page.trouble).toEqual([])
  })

  test('a run on a pasted text is resumed after a crash of the page', async () => {
    const text = 'anna\notto\nhannah\nnora\ntheo\n<b>x</b>'
    const config = { num_steps: 120, batch_size: 2 }
    const whole = await inNode({ docs: parseDocs(text), config })
    const page = await site.open('#preset=tutorial&num_steps=120&batch_size=2')
    await ready(page)
    await useText(page, text)
    await trainTo(page, 40)
    await kept(page, 40)
    const crashed = page.waitForEvent('crash')
    const cdp = await page.context().newCDPSession(page)
    cdp.send('Page.crash').catch(() => {})
    await crashed
    const next = await reopen(page)
    await next.waitForSelector('.offer')
    expect(await offer(next)).toContain('at step 40 of 120 on your text, from')
    await next.click('.offer button')
    await end(next)
    expect((await curveOf(next)).losses).toEqual(whole.losses)
    await says(next, '#num-docs', '6')
    await says(next, '#data-status', /^From your text\./)
    expect(next.trouble).toEqual([])
  })

  test.runIf(LONG)('a run is resumed after a crash of the whole browser', async () => {
    const whole = await inNode({ config: { num_steps: 60 } })
    const folder = mkdtempSync(join(tmpdir(), 'keep-'))
    const launch = async () => {
      const options = { executablePath: QUICKEST, args: FLAGS }
      const context = await chromium.launchPersistentContext(folder, options)
      const page = context.pages()[0]!
      await page.goto(`${site.address}#preset=tutorial&num_steps=60`)
      return page
    }
    try {
      const page = await launch()
      await ready(page)
      await trainTo(page, 30)
      await kept(page, 30)
      const closed = new Promise((resolve) => page.context().on('close', resolve))
      const cdp = await page.context().newCDPSession(page)
      cdp.send('Browser.crash').catch(() => {})
      await closed
      const next = await launch()
      await next.waitForSelector('.offer')
      await next.click('.offer button')
      await end(next)
      expect((await curveOf(next)).losses).toEqual(whole.losses)
      await next.context().close()
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  })

  test('a resumed run that was fine-tuned from a file still shows what the file had', async () => {
    const text = 'anna\notto\nhannah'
    const there = await atStep(30, { docs: parseDocs(text), config: { num_steps: 50 } })
    const page = await site.open('')
    await ready(page)
    await useText(page, text)
    await openFile(page, 'bare.safetensors', there.save())
    await says(page, '#keep-status', /begin a new run at step 0/)
    await trainTo(page, 20)
    const half = await curveOf(page)
    await kept(page, 20)
    await page.reload()
    await page.waitForSelector('.offer')
    await page.click('.offer button')
    await end(page)
    const { losses } = await curveOf(page)
    expect(losses.slice(0, 20)).toEqual(half.losses)
    expect(losses).toHaveLength(50)
    await says(page, '#matrix-before-caption', 'as the file had it')
  })

  test('a resumed run replaces the stored one; a finished run is shown; a forgotten one is deleted', async () => {
    const page = await site.open('#preset=tutorial&num_steps=60')
    await ready(page)
    // A first visit gets no offer, and an untrained model is not saved.
    await page.click('#reset')
    await page.reload()
    await ready(page)
    await listed(page)
    expect(await page.locator('#offers *, #kept li').count()).toBe(0)
    await trainTo(page, 30)
    await kept(page, 30)
    await page.reload()
    await page.waitForSelector('.offer')
    await page.click('.offer button')
    await end(page)
    await kept(page, 60)
    expect(await records(page)).toEqual(['about', 'run', 'text'])
    await page.reload()
    await page.waitForSelector('.offer')
    expect(await offer(page)).toMatch(/^A finished run of 60 steps on the shipped names, from /)
    const [first] = await page.locator('.offer button').allTextContents()
    expect(first).toBe('Show')
    await page.click('.offer button')
    await end(page)
    expect((await curveOf(page)).losses).toHaveLength(60)
    await says(page, '#hero-status', /^60 steps, /)
    await page.reload()
    await page.waitForSelector('.offer')
    await page.locator('.offer button', { hasText: 'Forget' }).click()
    await page.waitForFunction(() => document.querySelector('#kept')!.childElementCount === 0)
    expect(await page.locator('.offer').count()).toBe(0)
    expect(await records(page)).toEqual([])
    await page.reload()
    await ready(page)
    await listed(page)
    expect(await page.locator('.offer').count()).toBe(0)
    expect(page.trouble).toEqual([])
  })

  test('runs that are not resumed stay stored, three at most', async () => {
    const page = await site.open('#preset=tutorial&num_steps=100')
    await ready(page)
    for (const step of LONG ? [60, 50, 40, 30, 20] : [50, 40, 30, 20]) {
      await trainTo(page, step)
      await kept(page, step)
      await page.click('#reset')
      await says(page, '#at-step', /^0 /)
      await says(page, '#autosave', KEPT)
    }
    await page.reload()
    await page.waitForFunction(() => document.querySelector('#kept')!.childElementCount === 3)
    const rows = await page.locator('#kept li').allTextContents()
    expect(rows.map((row) => /step (\d+)/.exec(row)![1])).toEqual(['20', '30', '40'])
    expect(await records(page)).toEqual(['about', 'about', 'about', 'run', 'run', 'run', 'text'])
    await openPanels(page)
    await page.locator('#kept li').nth(1).locator('button').first().click()
    await end(page)
    const { steps } = await curveOf(page)
    expect(steps).toHaveLength(100)
  })

  test('a failed save leaves the run that was saved before intact', async () => {
    const whole = await inNode({ config: { num_steps: 90 } })
    const page = await site.open('about:blank')
    // After step 100 the store refuses the state of a run, once its description has been written.
    const line = `{ const { put } = IDBObjectStore.prototype; let step = 0
      IDBObjectStore.prototype.put = function (value, key) {
        if (key[0] === 'about') step = value.step
        if (key[0] === 'run' && step > 30) throw new DOMException('full', 'QuotaExceededError')
        return put.call(this, value, key) } }`
    await inWorker(page, line)
    await page.goto(`${site.address}#preset=tutorial&num_steps=90`)
    await ready(page)
    await trainTo(page, 30)
    await kept(page, 30)
    await trainTo(page, 60)
    await says(
      page,
      '#autosave',
      /^Runs are not saved in this browser: .* no more room\. Save to a file/,
    )
    await page.reload()
    await page.waitForSelector('.offer')
    expect(await offer(page)).toContain('at step 30 of 90')
    await page.click('.offer button')
    await end(page)
    expect((await curveOf(page)).losses).toEqual(whole.losses)
  })

  test('a damaged record is reported, and the page still works', async () => {
    const cases: ['about' | 'run' | 'text', Damage, RegExp][] = [
      ['about', 'version', /cannot be resumed: it was kept by another version/],
      ['about', 'nonsense', /cannot be resumed: it was kept by another version/],
      ['run', 'nonsense', /cannot be resumed: it is damaged/],
      ['run', 'delete', /cannot be resumed: it is damaged/],
      ['run', 'cut', /cannot be resumed: .*is the copy whole\?$/],
      ['run', 'losses', /cannot be resumed: its losses cannot be read/],
      ['text', 'delete', /cannot be resumed: it is damaged/],
      ['text', 'nonsense', /cannot be resumed: it is damaged/],
    ]
    const page = await site.open('#preset=tutorial&num_steps=50')
    await ready(page)
    await trainTo(page, 20)
    await kept(page, 20)
    await records(page, 'copy')
    // run-store.test.ts holds which damage the store notices, without a page.
    for (const [kind, how, sentence] of LONG ? cases : [cases[0]!, cases[4]!, cases[6]!]) {
      const which = `${kind}: ${how}`
      await records(page, [kind, how])
      await page.reload()
      await page.waitForSelector('.offer')
      if (kind === 'about') {
        expect(await offer(page), which).toMatch(sentence)
        expect(await page.locator('.offer button').allTextContents(), which).toEqual(['Forget'])
      } else {
        await page.click('.offer button')
        await page.waitForSelector('.notice')
        await says(page, '.notice', sentence)
      }
      expect(await page.locator('#offers b, #kept b, .notice b').count(), which).toBe(0)
      await openPanels(page)
      await page.locator('#kept button', { hasText: 'Forget' }).click()
      await page.waitForFunction(() => document.querySelector('#kept')!.childElementCount === 0)
      if (LONG || kind === 'about') {
        await trainToEnd(page)
        expect(await stepOf(page), which).toBe(50)
        await kept(page, 50)
      } else {
        await page.click('#one-step')
        await says(page, '#at-step', /^1 /)
      }
      expect(page.trouble, which).toEqual([])
    }
  })

  test.each([
    [
      'no IndexedDB',
      "Object.defineProperty(globalThis, 'indexedDB', { value: undefined })",
      /it has no IndexedDB/,
    ],
    [
      'a browser that refuses access',
      `IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }`,
      /the browser keeps nothing for this page/,
    ],
    [
      'a store of a later version',
      `{ const { open } = IDBFactory.prototype
        IDBFactory.prototype.open = function (name) { return open.call(this, name, 1) }
        const r = open.call(indexedDB, 'microgpt-wasm', 2)
        r.onsuccess = () => r.result.close() }`,
      /a later version of this page has its runs there/,
    ],
  ])('%s: the page says so, and still trains', async (_name, line, why) => {
    const page = await site.open('about:blank')
    await inWorker(page, line)
    await page.goto(`${site.address}#preset=tutorial&num_steps=30`)
    await ready(page)
    await says(page, '#autosave', /^Runs are not saved in this browser: /)
    await says(page, '#autosave', why)
    await trainToEnd(page)
    expect(await page.locator('.notice, .offer').allTextContents()).toEqual([])
    expect(page.trouble).toEqual([])
  })
}
inBrowser('autosave', keeping, { folder: hurried })

inBrowser('autosave in real time', (site) => {
  test('microgpt.html opened from a file saves its runs, or says that it does not', async () => {
    const page = await site.open(pathToFileURL(`${root}/build/microgpt.html`).href)
    await ready(page)
    await trainTo(page, 250)
    await says(page, '#autosave', /^Saved at step 250|^Runs are not saved in this browser: /)
    const said = await page.textContent('#autosave')
    await page.reload()
    await ready(page)
    if (KEPT.test(said!)) {
      await page.click('.offer button')
      await end(page)
      expect((await curveOf(page)).losses).toEqual((await inNode()).losses)
    } else await trainToEnd(page)
    expect(page.trouble).toEqual([])
  })
})

const withTabs = (site: Site): void => {
  test('a hidden tab continues training, saves its run, and is up to date when it is shown again', async () => {
    const url = `${site.address}#preset=tutorial&num_steps=100000000`
    const [tab, other] = await tabs(site.browser(), [url, 'about:blank'])
    const textOf = async (selector: string) =>
      (await tab!.value<string>(`document.querySelector('${selector}')?.textContent`)) ?? ''
    const step = async () => Number((await textOf('#at-step')).replace(/ .*|,/g, ''))
    const pass = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))
    await tab!.toFront()
    while (!(await textOf('#hero-status')).startsWith('Ready')) await pass(50)
    expect(await tab!.value(`document.visibilityState`)).toBe('visible')
    await tab!.value(`document.querySelector('#play').click()`)
    while ((await step()) === 0) await pass(50)
    await other!.toFront()
    while ((await tab!.value(`document.visibilityState`)) !== 'hidden') await pass(50)
    expect(
      await tab!.value(
        `new Promise((resolve) => { requestAnimationFrame(() => resolve('frame')); setTimeout(() => resolve('none'), 400) })`,
      ),
    ).toBe('none')
    // Saved because the tab was hidden.
    while (!KEPT.test(await textOf('#autosave'))) await pass(50)
    const before = await step()
    let after = before
    while (after - before <= 500) {
      await pass(100)
      after = await step()
    }
    expect(await textOf('#autosave')).toMatch(KEPT)
    await tab!.toFront()
    while ((await tab!.value(`document.visibilityState`)) !== 'visible') await pass(50)
    while ((await step()) < after) await pass(50)
    await tab!.value(`document.querySelector('#play').click()`)
  })
}
inBrowser('autosave in a window with tabs', withTabs, { whole: true })
