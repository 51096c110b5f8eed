/** free() releases the memory while the model is still referenced. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { inBrowser, root } from './browser.js'

declare const microgpt: typeof import('../../src/index.js')

test('in Node, four freed models let the process grow by less than the size of two', () => {
  const url = JSON.stringify(pathToFileURL(join(root, 'build/index.js')).href)
  const program = `import { MicroGPT } from ${url}
    const config = { num_steps: 1, n_embd: 512, n_head: 8, n_layer: 2 }
    const kept = []
    const sizes = []
    for (let i = 0; i < 4; i++) {
      const gpt = await MicroGPT.create({ docs: ['anna', 'otto'], config })
      for (const _ of gpt.train());
      gpt.free()
      kept.push(gpt)
      for (let k = 0; k < 3; k++) {
        globalThis.gc()
        await new Promise((resolve) => setTimeout(resolve, 30))
      }
      sizes.push(process.memoryUsage().rss / 2 ** 20)
    }
    console.log(sizes[3] - sizes[0], kept.length)`
  const flags = ['--expose-gc', '--input-type=module', '-e', program]
  const [grown] = execFileSync(process.execPath, flags, { encoding: 'utf8' }).split(' ')
  // A model takes 195 MiB; the JavaScript engine may release the last one late.
  expect(Number(grown)).toBeLessThan(390)
})

inBrowser('models in a page', (site) => {
  test('200 can be made one after the other if each is freed, even while all are referenced', async () => {
    const page = await site.open('icon.svg')
    const file = `${site.address}microgpt.js`
    await page.evaluate(`import('${file}').then((m) => (globalThis.microgpt = m))`)
    const made = await page.evaluate(async () => {
      const kept = []
      for (let i = 0; i < 200; i++) {
        const gpt = await microgpt.MicroGPT.create({ docs: ['anna', 'otto'] })
        gpt.train({ steps: 1 }).next()
        gpt.free()
        kept.push(gpt)
      }
      return kept.length
    })
    expect(made).toBe(200)
  })
})
