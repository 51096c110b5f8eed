/** The checkpoint files of the page: saved and opened, in the page and in Node. */
import { expect, test } from 'vitest'
import { MicroGPT, parseDocs } from '../../src/index.js'
import { seriousFindings } from './axe.js'
import { type Opened, inBrowser } from './browser.js'
import { atStep, curveOf, docs, fileOf, inNode, openFile, ready, says, stepOf } from './visit.js'
import { trainTo, trainToEnd, useText } from './visit.js'

const OWN = ['anna', 'otto', 'hannah', 'nora', 'theo'].join('\n')

/** Drops a file onto an element by a synthetic event. */
const drop = (page: Opened, selector: string, name: string, bytes: Uint8Array) =>
  page.evaluate(
    ([at, called, numbers]) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([Uint8Array.from(numbers)], called))
      const event = new DragEvent('drop', { dataTransfer, bubbles: true, cancelable: true })
      document.querySelector(at)!.dispatchEvent(event)
      return event.defaultPrevented
    },
    [selector, name, [...bytes]] as const,
  )

inBrowser('files', (site) => {
  test('a file saved in the page equals that of Node byte for byte, and Node can resume it', async () => {
    const page = await site.open('')
    await ready(page)
    await trainTo(page, 250)
    const { name, bytes } = await fileOf(page, '#save-model')
    expect(name).toBe('microgpt-tutorial-step-250.safetensors')
    await says(page, '#keep-status', `Saved as of step 250: ${name}.`)
    const there = await atStep(250)
    expect(Buffer.compare(bytes, there.save({ optimizer: true }))).toBe(0)
    const again = await MicroGPT.load(bytes, { docs })
    const whole = await inNode()
    expect(Array.from(again.train(), ({ loss }) => loss)).toEqual(whole.losses.slice(250))
    expect(again.sample()).toEqual(whole.gpt.sample())
    await page.uncheck('#with-run')
    const bare = await fileOf(page, '#save-model')
    expect(Buffer.compare(bare.bytes, there.save())).toBe(0)
    await page.check('#with-run')
    await trainToEnd(page)
    // Its samples have advanced the random generator, as in Node.
    const last = await fileOf(page, '#save-model')
    expect(Buffer.compare(last.bytes, whole.gpt.save({ optimizer: true }))).toBe(0)
    expect(page.trouble).toEqual([])
  })

  test('a file saved in Node is resumed in the page with the same losses', async () => {
    const options = { preset: 'gist', seed: 7, config: { n_embd: 8, num_steps: 300 } }
    const there = await atStep(123, options)
    const page = await site.open('')
    await ready(page)
    await openFile(page, 'from-node.safetensors', there.save({ optimizer: true }))
    await says(page, '#keep-status', /^from-node.safetensors: at step 123, Continue resumes it/)
    await says(page, '#at-step', '123 / 300')
    expect(await page.inputValue('#field-preset')).toBe('gist')
    expect(await page.inputValue('#field-n_embd')).toBe('8')
    expect(await page.inputValue('#field-seed')).toBe('7')
    expect(new URL(page.url()).hash).toBe('#preset=gist&seed=7&n_embd=8&num_steps=300')
    await page.locator('#inside').scrollIntoViewIfNeeded()
    await page.waitForSelector('.thumb')
    await page.focus('#matrix-now')
    await page.keyboard.press('ArrowRight')
    const cell = there.stateDict.get('wte')!.data[1]
    await says(page, '#cell', new RegExp(`: before ${cell}, now ${cell}$`))
    await says(page, '#matrix-before-caption', 'as loaded, after step 123')
    await trainToEnd(page)
    const whole = await inNode(options)
    const { steps, losses } = await curveOf(page)
    expect(steps).toEqual(Array.from({ length: 177 }, (_, i) => 124 + i))
    expect(losses).toEqual(whole.losses.slice(123))
    const written = await page.locator('#samples .word').allTextContents()
    expect(written.slice(0, 20).toReversed()).toEqual(whole.gpt.sample())
    expect(page.trouble).toEqual([])
  })

  test('the page saves and resumes a run on a pasted text', async () => {
    const page = await site.open('#preset=tutorial&num_steps=60')
    await ready(page)
    await useText(page, OWN)
    await trainTo(page, 31)
    const { bytes } = await fileOf(page, '#save-model')
    await page.click('#reset')
    await says(page, '#at-step', /^0 /)
    await openFile(page, 'mine.safetensors', bytes)
    await says(page, '#at-step', /^31 /)
    await trainToEnd(page)
    const whole = await inNode({ docs: parseDocs(OWN), config: { num_steps: 60 } })
    expect((await curveOf(page)).losses).toEqual(whole.losses.slice(31))
  })

  test('a run on the shipped names is resumed while the page has another text', async () => {
    const page = await site.open('')
    await ready(page)
    await useText(page, OWN)
    const there = await atStep(490)
    await openFile(page, 'names.safetensors', there.save({ optimizer: true }))
    await says(page, '#keep-status', /Its documents are the shipped names\.$/)
    await says(page, '#num-docs', '2,787')
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(Array.from(there.train(), ({ loss }) => loss))
    // From now on the page has the shipped names.
    await page.click('#reset')
    await says(page, '#hero-status', /2,787 documents/)
  })

  test('a run on documents that the page does not have offers a choice', async () => {
    const there = await atStep(40, { docs: ['nora', 'anna', 'abcdefghijklmnopqrstuvwxyz'] })
    const bytes = there.save({ optimizer: true })
    const page = await site.open('')
    await ready(page)
    await trainTo(page, 20)
    await openFile(page, 'other.safetensors', bytes)
    await page.waitForSelector('#choices:not([hidden])')
    expect(await page.textContent('#keep-status')).toBe(
      'other.safetensors was trained on 3 other documents than the 2,787 here. ' +
        'To resume it exactly, load its documents under Your data and open it again.',
    )
    expect(await seriousFindings(page, undefined, '#keep')).toEqual([])
    // The model on the screen is unchanged.
    expect(await stepOf(page)).toBe(20)
    await page.click('#leave-file')
    expect(await page.isHidden('#choices')).toBe(true)

    await openFile(page, 'other.safetensors', bytes)
    await page.click('#adapt')
    await says(page, '#keep-status', /its parameters begin a new run at step 0, on the shipped/)
    await trainToEnd(page)
    const adapted = await MicroGPT.load(bytes, { docs, optimizer: false })
    expect((await curveOf(page)).losses).toEqual(Array.from(adapted.train(), ({ loss }) => loss))

    await openFile(page, 'other.safetensors', bytes)
    await page.click('#sample-only')
    await says(page, '#keep-status', /: it only samples/)
    for (const id of ['#play', '#play', '#one-step']) expect(await page.isDisabled(id)).toBe(true)
    await page.fill('#prompt', 'a')
    await page.waitForSelector('.bar')
    await page.click('#reset')
    await says(page, '#hero-status', /^Ready: 4,064 parameters, 2,787 documents/)
    expect(await page.isDisabled('#play')).toBe(false)
    expect(page.trouble).toEqual([])
  })

  test('a file whose alphabet lacks characters cannot be fine-tuned; one that is too large is refused', async () => {
    const there = await atStep(5, { docs: parseDocs(OWN) })
    const page = await site.open('')
    await ready(page)
    await openFile(page, 'small.safetensors', there.save({ optimizer: true }))
    await page.waitForSelector('#choices:not([hidden])')
    await says(page, '#keep-status', /its alphabet lacks some of their/)
    expect(await page.isHidden('#adapt')).toBe(true)
    await openFile(page, 'bare.safetensors', there.save())
    await says(page, '#keep-status', /^bare.safetensors: it only samples/)

    // Before its memory is allocated.
    const large = await MicroGPT.create({ docs, config: { block_size: 4096, n_embd: 4 } })
    await openFile(page, 'large.safetensors', large.save())
    await says(page, '#keep-status', /this model needs .* of memory, and the page allows/)
  })

  test('a file that is not a valid checkpoint is refused with the reason, and nothing is lost', async () => {
    const whole = await inNode()
    const page = await site.open('')
    await ready(page)
    await trainTo(page, 100)
    const good = (await atStep(10)).save({ optimizer: true })
    const header = (json: string) => {
      const text = json.padEnd(8 * Math.ceil(json.length / 8))
      const bytes = new Uint8Array(8 + text.length)
      new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true)
      bytes.set(new TextEncoder().encode(text), 8)
      return bytes
    }
    const broken = Uint8Array.from(good)
    // The first number after the header becomes Infinity.
    const start = 8 + Number(new DataView(good.buffer, good.byteOffset).getBigUint64(0, true))
    broken.set([0, 0, 0, 0, 0, 0, 0xf0, 0x7f], start)
    const cases: [Uint8Array, RegExp][] = [
      [new Uint8Array(), /cannot be opened: .*8 bytes/],
      [good.slice(0, good.length - 1), /cannot be opened: /],
      [good.slice(0, 200), /cannot be opened: /],
      [broken, /cannot be opened: .*finite/],
      [
        header('{"__proto__":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}'),
        /cannot be opened: /,
      ],
      [header('{"a":{"dtype":"F64","shape":[0],"data_offsets":[0,0]}}'), /has no config/],
      [new TextEncoder().encode('anna\notto\n'), /cannot be opened: /],
    ]
    for (const [i, [bytes, sentence]] of cases.entries()) {
      await openFile(page, `<b>${i}.safetensors`, bytes)
      await says(
        page,
        '#keep-status',
        new RegExp(`^<b>${i}.safetensors cannot be opened: .*[.?] Nothing has changed`),
      )
      await says(page, '#keep-status', sentence)
    }
    expect(await page.locator('#keep-status *').count()).toBe(0)
    expect(await stepOf(page)).toBe(100)
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(whole.losses)
    expect(page.trouble).toEqual([])
  })

  test('a checkpoint is told apart from a text, and accepted wherever it is dropped', async () => {
    const page = await site.open('')
    await ready(page)
    const bytes = (await atStep(77)).save({ optimizer: true })
    expect(await drop(page, '.lead', 'no-extension', bytes)).toBe(true)
    await says(page, '#keep-status', /^no-extension: at step 77/)
    expect(await drop(page, '#loss-chart', 'Run.SafeTensors', bytes.slice(0, 99))).toBe(true)
    await says(page, '#keep-status', /^Run.SafeTensors cannot be opened/)
    // The answer is visible, wherever the file was dropped.
    await page.waitForFunction(() => {
      const { top, bottom } = document.querySelector('#keep-status')!.getBoundingClientRect()
      return top > 60 && bottom < innerHeight
    })
    expect(await stepOf(page)).toBe(77)
    const text = new TextEncoder().encode('{"a": "text"}\n{"of": "lines"}\n')
    expect(await drop(page, '#keep', 'lines.json', text)).toBe(true)
    await says(page, '#found', /^This looks like a list/)
    await page.click('#use-text')
    await says(page, '#data-status', /^From lines.json\./)
    // The button of the Data panel accepts a checkpoint, too.
    await page.click('#use-names')
    await says(page, '#num-docs', /^2,787$/)
    const buffer = Buffer.from(bytes)
    await page.setInputFiles('#file', { name: 'x.safetensors', mimeType: '', buffer })
    await says(page, '#keep-status', /^x.safetensors: at step 77/)
  })

  test('a file can be opened while the model trains', async () => {
    const page = await site.open('#preset=tutorial&num_steps=1000000')
    await ready(page)
    await page.click('#play')
    await says(page, '#play', /^Pause$/)
    const there = await atStep(450)
    await openFile(page, 'late.safetensors', there.save({ optimizer: true }))
    await says(page, '#at-step', /^450 \/ 500$/)
    await trainToEnd(page)
    expect((await curveOf(page)).losses).toEqual(Array.from(there.train(), ({ loss }) => loss))
  })

  test('without the core no file can be saved or opened, and the page says so', async () => {
    const page = await site.open('about:blank')
    await page.route('**/core.wasm', (route) => route.fulfill({ status: 404 }))
    await page.goto(site.address)
    await ready(page)
    await says(page, '#keep-status', /^Checkpoints need the WebAssembly core\.$/)
    expect(await page.isDisabled('#save-model')).toBe(true)
    await openFile(page, 'x.safetensors', (await atStep(3)).save({ optimizer: true }))
    await says(page, '#keep-status', /^x.safetensors cannot be opened: /)
    await trainToEnd(page)
  })

  test('by keyboard: save, open, choose', async () => {
    const page = await site.open('')
    await ready(page)
    // Registered early, because the browser needs a moment before it reports file choosers.
    const chooser = page.waitForEvent('filechooser')
    await page.focus('#save-model')
    const saved = page.waitForEvent('download')
    await page.keyboard.press('Enter')
    await saved
    await page.keyboard.press('Tab')
    await page.keyboard.press('Space')
    expect(await page.isChecked('#with-run')).toBe(false)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    const bytes = (await atStep(5, { docs: parseDocs(OWN) })).save({ optimizer: true })
    const buffer = Buffer.from(bytes)
    await (await chooser).setFiles({ name: 'own.safetensors', mimeType: '', buffer })
    await page.waitForSelector('#choices:not([hidden])')
    await page.keyboard.press('Tab')
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('sample-only')
    await page.keyboard.press('Enter')
    await says(page, '#keep-status', /: it only samples/)
  })
})
