/** Threads in a page: the same bits as Node if it is cross-origin isolated, else an error. */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { HEADERS } from '../../src/web/server.js'
import { type Site, inBrowser } from './browser.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']
const config = { n_layer: 2, batch_size: 5, num_steps: 60 }

declare const microgpt: typeof import('../../src/index.js')

/** An empty page with the module in `microgpt`. */
async function pageWith(site: Site) {
  const page = await site.open('icon.svg')
  // As a string, because the test transform would change an import().
  const file = `${site.address}microgpt.js`
  await page.evaluate(`import('${file}').then((m) => (globalThis.microgpt = m))`)
  return page
}

inBrowser('threads in an isolated page', (site) => {
  test.each(['MicroGPT', 'createWorkerModel'] as const)('%s: same bits as Node', async (way) => {
    const gpt = await MicroGPT.create({ docs, config })
    const losses = Array.from(gpt.train(), ({ loss }) => loss)
    const page = await pageWith(site)
    const got = await page.evaluate(
      async ([way_, options]) => {
        const steps: number[] = []
        if (way_ === 'MicroGPT') {
          const model = await microgpt.MicroGPT.create(options)
          for (const { loss } of model.train()) steps.push(loss)
          const all = {
            steps,
            params: Array.from(model.params),
            samples: model.sample({ count: 4 }),
          }
          model.free()
          return all
        }
        const model = await microgpt.createWorkerModel(options)
        for await (const { loss } of model.train()) steps.push(loss)
        const params = Array.from(await model.params())
        return { steps, params, samples: await model.sample({ count: 4 }) }
      },
      [way, { docs, config, threads: 3 }] as const,
    )
    expect(got.steps).toEqual(losses)
    expect(got.params).toEqual(Array.from(gpt.params))
    expect(got.samples).toEqual(gpt.sample({ count: 4 }))
    expect(page.trouble).toEqual([])
  })
})

const { 'cross-origin-opener-policy': _, ...open } = Object.fromEntries(
  Object.entries(HEADERS).map(([name, value]) => [name.toLowerCase(), value]),
)

inBrowser(
  'threads in a page that is not isolated',
  (site) => {
    test('are refused with what they require, and auto uses one thread', async () => {
      const page = await pageWith(site)
      const got = await page.evaluate(
        async (options) => {
          const { MicroGPT: Model } = microgpt
          const auto = await Model.create({ ...options, threads: 'auto' })
          const why = await Model.create({ ...options, threads: 2 }).catch((e: Error) => e)
          return { threads: auto.threads, name: (why as Error).name, why: (why as Error).message }
        },
        { docs, config: { n_embd: 128, block_size: 64, batch_size: 8 } },
      )
      expect(got.threads).toBe(1)
      expect(got.name).toBe('ConfigError')
      expect(got.why).toMatch(/cross-origin isolated page \(COOP, COEP\).*try 1/)
    })
  },
  { headers: open },
)
