/** What the page saves for PyTorch and as ONNX: the bytes that export writes for the same run. */
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { dataText } from '../../src/export/data-text.js'
import { STORY } from '../../src/web/lib/datasets/story-text.js'
import { cli } from '../cli/program.js'
import { seriousFindings } from '../web/axe.js'
import { type Opened, inBrowser, root } from '../web/browser.js'
import { atStep, docs, fileOf, openFile, ready, says, trainTo } from '../web/visit.js'

const folder = mkdtempSync(join(tmpdir(), 'microgpt-page-export-'))
afterAll(() => rmSync(folder, { recursive: true }))
const FILES = ['#save-model', '#save-script', '#save-data', '#save-onnx'] as const

/** The page's four files, by name. */
async function savedBy(page: Opened) {
  const files: Record<string, Buffer> = {}
  for (const selector of FILES) {
    const { name, bytes } = await fileOf(page, selector)
    files[name] = bytes
  }
  return files
}

/** The files of export for a checkpoint, by the names that the page gives them. */
async function exported(checkpoint: string, bytes: Buffer, ...data: string[]) {
  const [model, dir] = [join(folder, checkpoint), join(folder, `${checkpoint}.torch`)]
  const onnx = model.replace(/safetensors$/, 'onnx')
  writeFileSync(model, bytes)
  const run = await cli('export', model, '--pytorch', dir, '--onnx', onnx, ...data)
  expect([run.code, run.stderr]).toEqual([0, ''])
  const names = readdirSync(dir).sort()
  expect(names).toEqual(['data.txt', 'microgpt_torch.py', 'model.safetensors'])
  const [text, script, again] = names.map((name) => readFileSync(join(dir, name)))
  const own = {
    [checkpoint]: again!,
    [checkpoint.replace(/safetensors$/, 'onnx')]: readFileSync(onnx),
  }
  return { files: { ...own, 'data.txt': text!, 'microgpt_torch.py': script! }, output: run.stdout }
}

/** Compares without printing a megabyte where they differ. */
function expectEqual(got: Record<string, Buffer>, want: Record<string, Buffer>) {
  expect(Object.keys(got).sort()).toEqual(Object.keys(want).sort())
  for (const [name, bytes] of Object.entries(want)) {
    expect(Buffer.compare(got[name]!, bytes), name).toBe(0)
  }
}

inBrowser('moving on from the page', (site) => {
  test('the names: the files of the command line, under its strict policy', async () => {
    const page = await site.open('')
    await ready(page)
    await trainTo(page, 120)
    const name = 'microgpt-tutorial-step-120.safetensors'
    const command = `python3 microgpt_torch.py ${name} --data data.txt --num-steps 100000`
    await says(page, '#command', command)
    const got = await savedBy(page)
    const { files, output } = await exported(name, got[name]!)
    expectEqual(got, files)
    // The command line prints the same command, with its own folder.
    const dir = join(folder, `${name}.torch/`)
    expect(output.replaceAll(dir, '').replace('model.safetensors', name)).toContain(command)
    await says(
      page,
      '#torch-status',
      `Saved: data.txt, ${files['data.txt']!.length.toLocaleString('en-US')} bytes.`,
    )
    await says(page, '#onnx-status', /^Saved: microgpt-.*-120\.onnx, [\d,]+ /)
    // The command stays with the checkpoint that was saved, until there is another model.
    await trainTo(page, 130)
    await says(page, '#command', command)
    await page.click('#reset')
    await says(page, '#command', /-step-0\.safetensors/)
    expect(page.trouble).toEqual([])
  })

  test('a long text, in the one-file page without a network', async () => {
    const file = pathToFileURL(`${root}/build/microgpt.html`).href
    const page = await site.open(file, { offline: true })
    await ready(page)
    await page.check('#dataset-text')
    await says(page, '#hero-status', /^Ready: .*characters/)
    await trainTo(page, 3)
    writeFileSync(join(folder, 'story.txt'), STORY)
    const got = await savedBy(page)
    const name = Object.keys(got).find((one) => one.endsWith('-3.safetensors'))!
    const { files } = await exported(name, got[name]!, '--data', join(folder, 'story.txt'))
    expectEqual(got, files)
    expect(page.trouble).toEqual([])
  })

  test('data that no text file holds is refused with the sentence of the command line', async () => {
    const page = await site.open('')
    await ready(page)
    const odd = 'an\ud83d'
    await page.evaluate(() => {
      document.querySelector<HTMLTextAreaElement>('#paste')!.value = 'anna\nan\ud83d\notto'
    })
    await page.click('#use-text')
    await says(page, '#num-docs', /^3$/)
    await page.click('#save-data')
    await says(page, '#torch-status', /./)
    let sentence = ''
    try {
      dataText({ docs: [odd] })
    } catch (error) {
      sentence = `${(error as Error).message}.`
    }
    await says(page, '#torch-status', sentence.replace(/^t/, 'T'))
  })

  test('a model of other data has no data to save; its ONNX file is that of the command line', async () => {
    const there = await atStep(5, { docs: docs.slice(0, 500) })
    const page = await site.open('')
    await ready(page)
    const bytes = there.save({ optimizer: true })
    await openFile(page, 'other.safetensors', bytes)
    await page.waitForSelector('#choices:not([hidden])')
    await page.click('#sample-only')
    await says(page, '#keep-status', /: it only samples/)
    await page.click('#save-data')
    await says(page, '#torch-status', /^The model was trained on other data\.$/)
    const { bytes: onnx } = await fileOf(page, '#save-onnx')
    const model = join(folder, 'other')
    writeFileSync(model, bytes)
    await cli('export', model, '--onnx', `${model}.onnx`)
    expect(Buffer.compare(onnx, readFileSync(`${model}.onnx`))).toBe(0)
  })

  test('a server without the script, and a page without the core', async () => {
    const page = await site.open('about:blank')
    await page.route('**/microgpt_torch.py', (route) => route.fulfill({ status: 404 }))
    await page.goto(site.address)
    await ready(page)
    await page.click('#save-script')
    await says(page, '#torch-status', /^The script cannot be loaded from the server/)
    await page.route('**/core.wasm', (route) => route.fulfill({ status: 404 }))
    await page.reload()
    await ready(page)
    await says(page, '#hero-status', /^Ready/)
    for (const id of FILES) expect(await page.isDisabled(id), id).toBe(true)
  })

  test('fits 320 and 1440 pixels, and axe finds nothing serious', async () => {
    const page = await site.open('')
    await ready(page)
    for (const width of [320, 1440]) {
      await page.setViewportSize({ width, height: 900 })
      const sideways = () => document.documentElement.scrollWidth - innerWidth
      expect(await page.evaluate(sideways), `${width}`).toBe(0)
      // axe-states.test.ts looks at the rest of the page.
      expect(await seriousFindings(page, undefined, '#keep'), `${width}`).toEqual([])
    }
  })
})
