/** Text that the visitor gives the page is inserted where it belongs, and none of it is lost. */
import { gzipSync } from 'node:zlib'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { MOST_TEXT_BYTES } from '../../src/web/files.js'
import { inBrowser } from './browser.js'
import * as shown from './shown.js'
import { curveOf, fileOf, inNode, openFile, ready, says, stepOf } from './visit.js'
import { trainTo, trainToEnd } from './visit.js'

const LINES = Array.from({ length: 5000 }, (_, i) => `w${String(i).padStart(4, '0')}`)
/** Drops a text file that is a byte longer than the page takes. */
const dropLong = (page: Page, file: string) =>
  page.evaluate(
    ([name, length]) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([new Uint8Array(length).fill(97)], name))
      const options = { dataTransfer, cancelable: true, bubbles: true }
      document.querySelector('#drop')!.dispatchEvent(new DragEvent('drop', options))
    },
    [file, MOST_TEXT_BYTES + 1] as const,
  )
const TEXT = 'the quick brown fox jumps over the lazy dog and runs away\n'.repeat(40)

inBrowser('text on the page', (site) => {
  test('a long paste is inserted at the cursor', async () => {
    const page = await site.open('')
    await ready(page)
    await page.fill('#paste', 'first\nlast')
    await page.evaluate(
      (text) => {
        const area = document.querySelector<HTMLTextAreaElement>('#paste')!
        area.setSelectionRange(6, 6)
        const clipboardData = new DataTransfer()
        clipboardData.setData('text/plain', text)
        area.dispatchEvent(new ClipboardEvent('paste', { clipboardData, cancelable: true }))
      },
      `${LINES.join('\n')}\n`,
    )
    await says(page, '#preview-note', /^5,002 documents/)
    const held = 'The field shows the first 5,000 of 30,010 characters; all are used.'
    await says(page, '#held', held)
    const [first, second] = await page.locator('#preview li').allTextContents()
    expect([first, second]).toEqual(['first', 'w0000'])
    await page.click('#use-text')
    await says(page, '#num-docs', /^5,002$/)
    // "last" is the only document without a digit besides "first".
    expect(await shown.listOf(page, 'alphabet')).toEqual(
      expect.arrayContaining(['0', '9', 'a', 'f', 'i', 'l', 'r', 's', 't', 'w', 'BOS']),
    )
    // Words that are too long for a link are left out of it, and the page says so.
    await says(
      page,
      '#copy-status',
      'The words take 30010 bytes, but a link holds 2048. Save a file instead. The link holds the settings only.',
    )
    expect(new URL(await page.inputValue('#link')).hash).toBe('#preset=tutorial&seed=42')
  })

  test('text dropped outside the field changes nothing; on the panel it is inserted', async () => {
    const page = await site.open('')
    await ready(page)
    await trainTo(page, 20)
    const drop = (selector: string) =>
      page.evaluate((at) => {
        const dataTransfer = new DataTransfer()
        dataTransfer.setData('text/plain', 'otto\nanna')
        const options = { dataTransfer, cancelable: true, bubbles: true }
        return document.querySelector(at)!.dispatchEvent(new DragEvent('drop', options))
      }, selector)
    for (const place of ['#picture', '#model', '#prompt']) {
      expect(await drop(place), `${place}: left to the browser`).toBe(true)
    }
    expect(await page.inputValue('#paste')).toBe('')
    expect(await drop('#drop')).toBe(false)
    expect(await page.inputValue('#paste')).toBe('otto\nanna')
    await says(page, '#num-docs', '2,787')
    expect(await stepOf(page)).toBe(20)
  })

  test('a file that cannot be used says why: too long, packed or not, or damaged', async () => {
    const page = await site.open('')
    await ready(page)
    // Random digits, so that half of the packed bytes are needed for half of the text.
    const packed = gzipSync(
      Array.from({ length: 3000 }, (_, i) => `w${(i * 7919) % 9973}`).join('\n'),
    )
    const badCrc = Uint8Array.from(packed)
    badCrc[badCrc.length - 8]! ^= 1
    const tooLong = Buffer.alloc(MOST_TEXT_BYTES + 1, 'anna\n')
    const most = 'the page takes texts of up to 64 MiB'
    const damaged = /it is gzip that is damaged or not complete .*; get it again$/
    const files: [string, Uint8Array, RegExp][] = [
      ['long.txt.gz', gzipSync(tooLong), new RegExp(`it is too long when unpacked: ${most}$`)],
      ['cut.txt.gz', packed.subarray(0, packed.length >> 1), damaged],
      ['crc.txt.gz', badCrc, damaged],
      // Playwright sends no file of more than 50 MB, so the page makes this one itself.
      ['long.txt', tooLong.subarray(0, 5), new RegExp(`${most}$`)],
    ]
    for (const [name, bytes, why] of files) {
      if (name === 'long.txt') await dropLong(page, name)
      else {
        const buffer = Buffer.from(bytes)
        await page.setInputFiles('#file', { name, mimeType: 'text/plain', buffer })
      }
      await says(page, '#data-status', new RegExp(`^${name} cannot be used: ${why.source}`))
      expect(await page.inputValue('#paste'), name).toBe('')
    }
    const buffer = Buffer.from(packed)
    await page.setInputFiles('#file', { name: 'good.txt.gz', mimeType: 'text/plain', buffer })
    await says(page, '#preview-note', /^3,000 documents/)
    await says(page, '#data-status', '')
    expect(page.trouble).toEqual([])
  })

  test('a checkpoint of a long text is resumed with that text', async () => {
    const node = await inNode({
      ...{ docs: undefined as never, text: TEXT, valFraction: 0.1 },
      config: { block_size: 32, num_steps: 60 },
    })
    const page = await site.open('#preset=tutorial&num_steps=60')
    await ready(page)
    await page.fill('#paste', TEXT)
    await says(page, '#found', /one long text/)
    await page.fill('#read-block', '32')
    await page.click('#use-text')
    await says(page, '#docs-term', /^characters$/)
    await trainTo(page, 40)
    const { name, bytes } = await fileOf(page, '#save-model')
    await page.click('#reset')
    await says(page, '#at-step', /^0 /)
    await openFile(page, name, bytes)
    await says(page, '#keep-status', /at step 40, Continue resumes it with the same losses/)
    await says(page, '#at-step', /^40 /)
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(node.losses.slice(40))
  })
})
