/** createWorkerModel: the API of MicroGPT, off the main thread, under the strict policy. */
import { expect, test } from 'vitest'
import { ConfigError, MicroGPT, MicroGPTError, createWorkerModel } from '../../src/index.js'
import { inBrowser } from './browser.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']

test('in Node it throws an error that there are no web workers', async () => {
  await expect(createWorkerModel({ docs })).rejects.toThrow(
    new MicroGPTError('there are no web workers here; use MicroGPT.create or load'),
  )
})

declare const microgpt: typeof import('../../src/index.js')

inBrowser('createWorkerModel', (site) => {
  /** An empty page with the module in `microgpt`. */
  async function pageWith(file: string) {
    const page = await site.open('icon.svg')
    // As a string, because the test transform would change an import().
    await page.evaluate(`import('${site.address}${file}').then((m) => (globalThis.microgpt = m))`)
    return page
  }
  const modules = ['microgpt.js', 'microgpt.inline.js']

  test.each(modules)(
    '%s: the losses, parameters and samples of Node, bit for bit',
    async (file) => {
      const gpt = await MicroGPT.create({ docs, seed: 7 })
      const losses = Array.from(gpt.train({ steps: 100 }), ({ loss }) => loss)
      const page = await pageWith(file)
      const got = await page.evaluate(async (docs_) => {
        const model = await microgpt.createWorkerModel({ docs: docs_, seed: 7 })
        const run = model.train({ steps: 100 })
        const steps: number[] = []
        for await (const { loss } of run) steps.push(loss)
        const result = await run.result
        const params = Array.from(await model.params())
        const wte = (await model.stateDict()).get('wte')!
        const samples = await model.sample({ count: 5 })
        const mean = await model.loss(['anna'])
        model.free()
        const after = await model.sample().catch((error: Error) => error.name)
        return { steps, result, params, shape: wte.shape, samples, mean, after, of: model.step }
      }, docs)
      expect(got.steps).toEqual(losses)
      expect(got.result).toEqual({ status: 'completed', step: 100 })
      expect(got.params).toEqual(Array.from(gpt.params))
      expect(got.shape).toEqual(gpt.stateDict.get('wte')!.shape)
      expect(got.samples).toEqual(gpt.sample({ count: 5 }))
      expect(got.mean).toBe(gpt.loss(['anna']))
      expect(got.after).toBe('TrainingError')
      expect(got.of).toBe(100)
      expect(page.trouble).toEqual([])
    },
  )

  test.each(modules)('%s: a text is trained with validation, saved and resumed', async (file) => {
    const text = 'the quick brown fox jumps over the lazy dog\n'.repeat(9)
    const options = { text, valFraction: 0.2, config: { block_size: 12, batch_size: 2 } }
    const gpt = await MicroGPT.create(options)
    const steps = [...gpt.train({ steps: 60, evalEvery: 25 })]
    const page = await pageWith(file)
    const got = await page.evaluate(async (options_) => {
      const model = await microgpt.createWorkerModel(options_)
      const trained = []
      for await (const step of model.train({ steps: 60, evalEvery: 25 })) trained.push(step)
      const { mode, numParams, docsSeen, counts } = model
      const bytes = await model.save({ optimizer: true })
      model.free()
      const kept = Array.from(bytes)
      const again = await microgpt.loadWorkerModel(bytes, { text: options_.text })
      const losses: number[] = []
      for await (const { loss } of again.train({ steps: 20 })) losses.push(loss)
      const written = []
      for await (const { char } of again.generate({ length: 300, seed: 1 })) written.push(char)
      const about = { mode, numParams, docsSeen, counts, of: again.step, left: bytes.length }
      return { trained, kept, losses, written, about, validated: await again.validate() }
    }, options)
    expect(got.trained).toEqual(steps)
    const { mode, numParams, docsSeen, counts } = gpt
    expect(got.about).toEqual({ mode, numParams, docsSeen, counts, of: 80, left: 0 })
    const kept = Uint8Array.from(got.kept)
    expect(kept).toEqual(gpt.save({ optimizer: true }))
    const inNode = await MicroGPT.load(kept, { text })
    expect(Array.from(inNode.train({ steps: 20 }), ({ loss }) => loss)).toEqual(got.losses)
    expect(Array.from(inNode.generate({ length: 300, seed: 1 }), ({ char }) => char)).toEqual(
      got.written,
    )
    expect(got.validated).toBe(inNode.validate())
    expect(page.trouble).toEqual([])
  })

  test('a run reports whether it was completed, aborted or failed', async () => {
    const page = await pageWith('microgpt.js')
    const got = await page.evaluate(async (docs_) => {
      const create = microgpt.createWorkerModel
      const config = { num_steps: 1e9 }
      const long = await create({ docs: docs_, config })
      const stop = new AbortController()
      const running = long.train({ signal: stop.signal })
      for await (const { step } of running) if (step === 10) stop.abort()
      const aborted = await running.result
      const early = await long.train({ signal: stop.signal }).result
      const goesOn = await long.train({ steps: 3 }).result

      const left = long.train()
      for await (const _ of left) break
      const leftEarly = await left.result

      const wild = await create({ docs: docs_, config: { learning_rate: 1e3, weight_decay: 1e3 } })
      const failed = await wild.train({ steps: 5000 }).result
      const error = failed.status === 'failed' ? failed.error : new Error('none')
      const { name, message } = error
      return { aborted, early, goesOn, leftEarly, failed: failed.status, name, message }
    }, docs)
    expect(got.aborted.status).toBe('aborted')
    expect(got.aborted.step).toBeGreaterThanOrEqual(10)
    expect(got.early).toEqual({ status: 'aborted', step: got.aborted.step })
    expect(got.goesOn).toEqual({ status: 'completed', step: got.aborted.step + 3 })
    expect(got.leftEarly.status).toBe('aborted')
    expect(got.failed).toBe('failed')
    expect(got.name).toBe('TrainingError')
    expect(got.message).toMatch(/the loss of step \d+ is /)
  })

  test('an invalid option and a missing core reject with the right error class', async () => {
    const page = await pageWith('microgpt.js')
    const got = await page.evaluate(async (docs_) => {
      const { createWorkerModel: create, ConfigError: C } = microgpt
      const caught = async (options: object) => {
        const error = (await create({ docs: docs_, ...options }).catch((e: unknown) => e)) as Error
        return { isConfig: error instanceof C, name: error.name, text: error.message }
      }
      return {
        odd: await caught({ config: { n_embd: 18 } }),
        missing: await caught({ core: 'nothing.wasm' }),
        aborted: await caught({ signal: AbortSignal.abort() }),
      }
    }, docs)
    const error = await MicroGPT.create({ docs, config: { n_embd: 18 } }).catch((e: unknown) => e)
    expect(got.odd).toEqual({
      isConfig: true,
      name: 'ConfigError',
      text: (error as ConfigError).message,
    })
    expect(got.missing.name).toBe('CoreError')
    expect(got.missing.text).toContain(`${site.address}nothing.wasm: the server answered 404`)
    expect(got.aborted.name).toBe('AbortError')
  })
})
