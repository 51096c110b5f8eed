/** createWorkerModel and its worker in one process, with real messages between them. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CORE_URL, ConfigError, CoreError, MicroGPT, MicroGPTError } from '../../src/index.js'
import { TrainingError, createWorkerModel } from '../../src/index.js'
import { FakeWorker } from './fake-worker.js'

// Node hands over up to 1,000 messages of one channel before it looks at another: a run that sends
// itself messages would not hear the page. Browsers take turns.
vi.mock('../../src/worker/turn.js', () => ({
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
}))

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']
const ENDLESS = { num_steps: 1e9 }

beforeEach(() => {
  FakeWorker.made = []
  vi.stubGlobal('Worker', FakeWorker)
})
afterEach(() => {
  for (const worker of FakeWorker.made) worker.terminate()
  vi.unstubAllGlobals()
})

/** The worker that was made last. */
const worker = () => FakeWorker.made.at(-1)!

describe('a model in a worker', () => {
  test('has the configuration, characters and documents of one on the page', async () => {
    const [here, there] = [await MicroGPT.create({ docs }), await createWorkerModel({ docs })]
    expect(there.config).toEqual(here.config)
    expect(there.tokenizer.chars).toEqual(here.tokenizer.chars)
    expect(there.docs).toEqual(here.docs)
    expect(there.step).toBe(0)
  })

  test('trains, tells and samples as one on the page, bit for bit', async () => {
    const here = await MicroGPT.create({ docs, seed: 7 })
    const there = await createWorkerModel({ docs, seed: 7 })
    const want = [...here.train({ steps: 100 })]
    const run = there.train({ steps: 100 })
    const got = []
    for await (const step of run) got.push(step)
    expect(got).toEqual(want)
    expect(await run.result).toEqual({ status: 'completed', step: 100 })
    expect(there.step).toBe(100)
    expect(await there.params()).toEqual(here.params)
    expect(await there.loss(['anna', 'bob'])).toBe(here.loss(['anna', 'bob']))
    const { data, grad, shape, purpose } = here.stateDict.get('lm_head')!
    expect((await there.stateDict()).get('lm_head')).toEqual({
      ...{ name: 'lm_head', data, grad, shape, purpose },
    })
    expect(await there.sample({ count: 5 })).toEqual(here.sample({ count: 5 }))
    const drawn = []
    for await (const one of there.generate({ prompt: 'an', seed: 3 })) drawn.push(one)
    expect(drawn).toEqual([...here.generate({ prompt: 'an', seed: 3 })])
    expect(drawn.length).toBeGreaterThan(0)
  })

  test('gives copies: what is written into them stays there', async () => {
    const model = await createWorkerModel({ docs })
    const before = await model.params()
    ;(await model.params()).fill(0)
    ;(await model.stateDict()).get('wte')!.data.fill(0)
    expect(await model.params()).toEqual(before)
  })

  test('trains with all that is left where no number of steps is given', async () => {
    const model = await createWorkerModel({ docs, config: { num_steps: 40 } })
    expect(await model.train({ steps: 30 }).result).toEqual({ status: 'completed', step: 30 })
    expect(await model.train().result).toEqual({ status: 'completed', step: 40 })
  })

  test('is told of its steps a batch at a time', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const run = model.train()
    for await (const { step } of run) if (step === 5000) break
    await run.result
    const batches = worker().answers.filter((reply) => 'losses' in reply)
    expect(batches.length).toBeLessThan(5000 / 16)
    expect(Math.max(...batches.map(({ losses }) => losses.length))).toBeGreaterThan(16)
  })
})

describe('a run', () => {
  test('stops at a signal, and the next one goes on from there', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const stop = new AbortController()
    const run = model.train({ signal: stop.signal })
    for await (const _step of run) {
      stop.abort()
      break
    }
    const { status, step } = await run.result
    expect(status).toBe('aborted')
    expect(step).toBeGreaterThan(0)
    expect(model.step).toBe(step)
    const next = model.train({ steps: 3 })
    expect(await next.result).toEqual({ status: 'completed', step: step + 3 })
    const steps = []
    for await (const one of next) steps.push(one.step)
    expect(steps).toEqual([step + 1, step + 2, step + 3])
  })

  test('with a signal that is aborted already is not begun', async () => {
    const model = await createWorkerModel({ docs })
    const run = model.train({ signal: AbortSignal.abort() })
    expect(await run.result).toEqual({ status: 'aborted', step: 0 })
    for await (const _step of run) expect.unreachable()
    expect(worker().sent.map(({ call }) => call)).toEqual(['create'])
  })

  test('that is over does not listen to its signal any more', async () => {
    const model = await createWorkerModel({ docs })
    const stop = new AbortController()
    await model.train({ steps: 2, signal: stop.signal }).result
    stop.abort()
    expect(worker().sent.map(({ call }) => call)).toEqual(['create', 'train'])
    expect(await model.train({ steps: 2 }).result).toEqual({ status: 'completed', step: 4 })
  })

  test('is aborted when its loop is left', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const run = model.train()
    for await (const { step } of run) if (step === 3) break
    expect((await run.result).status).toBe('aborted')
  })

  test('beside another one fails, and the other goes on', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const stop = new AbortController()
    const first = model.train({ signal: stop.signal })
    const second = await model.train({ steps: 1 }).result
    expect(second).toMatchObject({ status: 'failed', error: expect.any(TrainingError) })
    expect(second).toHaveProperty('error.message', expect.stringContaining('training already'))
    stop.abort()
    expect((await first.result).status).toBe('aborted')
  })

  test('that leaves the numbers fails, in its result and in its loop', async () => {
    const config = { learning_rate: 1e3, weight_decay: 1e3 }
    const model = await createWorkerModel({ docs, config })
    const run = model.train({ steps: 5000 })
    const seen: number[] = []
    const loop = async () => {
      for await (const { step } of run) seen.push(step)
    }
    await expect(loop()).rejects.toThrow(TrainingError)
    const result = await run.result
    expect(result).toMatchObject({ status: 'failed', step: seen.length })
    expect(result).toHaveProperty('error.message', expect.stringMatching(/loss of step \d+ is /))
    expect(seen).toEqual(seen.map((_, i) => i + 1))
  })

  test('fails when the model is freed', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const run = model.train()
    for await (const _step of run) {
      model.free()
      break
    }
    expect(await run.result).toMatchObject({ status: 'failed', error: expect.any(TrainingError) })
    expect(worker().terminated).toBe(true)
    await expect(model.sample()).rejects.toThrow('this model has been freed')
  })
})

describe('errors come back in their class', () => {
  test('of an option: with the field and the sentence of the page', async () => {
    const config = { n_embd: 18 }
    const here = (await MicroGPT.create({ docs, config }).catch((e: unknown) => e)) as ConfigError
    const there = createWorkerModel({ docs, config })
    await expect(there).rejects.toBeInstanceOf(ConfigError)
    await expect(there).rejects.toMatchObject({ field: 'n_embd', message: here.message })
    expect(worker().terminated).toBe(true)
  })

  test('of a call: and the worker goes on', async () => {
    const model = await createWorkerModel({ docs })
    await expect(model.sample({ temperature: -1 })).rejects.toBeInstanceOf(MicroGPTError)
    expect(await model.sample({ count: 2 })).toHaveLength(2)
  })

  test('of an argument that cannot cross over: and the worker goes on', async () => {
    const model = await createWorkerModel({ docs })
    const odd = { count: 1, onSample: () => {} }
    await expect(model.sample(odd)).rejects.toMatchObject({ name: 'DataCloneError' })
    expect(await model.sample({ count: 2 })).toHaveLength(2)
  })

  test('of no call that waits: nobody hears them', async () => {
    const model = await createWorkerModel({ docs })
    worker().say({ id: 99, error: { name: 'RangeError', message: 'out of memory' } })
    worker().say({ id: 1, result: 'made already' })
    expect(await model.sample({ count: 2 })).toHaveLength(2)
  })

  test('of the worker itself: its script threw, or could not be loaded', async () => {
    for (const [message, text] of [
      ['x is not defined', 'the worker failed: x is not defined'],
      [undefined, 'the worker could not be loaded'],
    ] as const) {
      const model = await createWorkerModel({ docs, config: ENDLESS })
      const run = model.train()
      worker().fail(message)
      const error = new MicroGPTError(text)
      expect(await run.result).toEqual({ status: 'failed', step: 0, error })
      await expect(model.params()).rejects.toThrow(error)
    }
  })

  test('in Node, which has no Worker: that there is none', async () => {
    vi.unstubAllGlobals()
    await expect(createWorkerModel({ docs })).rejects.toThrow('there are no web workers here')
  })
})

describe('giving up while the model is made', () => {
  test('before', async () => {
    const signal = AbortSignal.abort(new Error('never mind'))
    await expect(createWorkerModel({ docs, signal })).rejects.toThrow('never mind')
    expect(FakeWorker.made).toEqual([])
  })

  test('meanwhile', async () => {
    const stop = new AbortController()
    class Slow extends FakeWorker {
      override postMessage(): void {
        queueMicrotask(() => stop.abort(new Error('too slow')))
      }
    }
    vi.stubGlobal('Worker', Slow)
    const made = createWorkerModel({ docs, signal: stop.signal })
    await expect(made).rejects.toThrow('too slow')
    expect(worker().terminated).toBe(true)
  })

  test('after: it is too late', async () => {
    const stop = new AbortController()
    const model = await createWorkerModel({ docs, signal: stop.signal })
    stop.abort()
    expect(await model.sample({ count: 1 })).toHaveLength(1)
  })
})

describe('the core that it is given', () => {
  const href = CORE_URL.href
  const bytes = readFileSync(CORE_URL)
  const wasm = { headers: { 'content-type': 'application/wasm' } }
  test.each([
    ['an address', () => href],
    ['a URL', () => CORE_URL],
    ['an address beside the page', () => 'core.wasm'],
    ['bytes', () => Uint8Array.from(bytes)],
    ['a Response', () => new Response(bytes, wasm)],
    ['a Response yet to come', () => Promise.resolve(new Response(bytes))],
    ['a Module', () => WebAssembly.compile(bytes)],
  ])('%s', async (_name, core) => {
    vi.stubGlobal('document', { baseURI: new URL('index.html', CORE_URL).href })
    const model = await createWorkerModel({ docs, core: core() as string })
    vi.stubGlobal('document', undefined)
    expect(await model.train({ steps: 1 }).result).toEqual({ status: 'completed', step: 1 })
  })

  test('is looked for from the page, and the error says where', async () => {
    const page = pathToFileURL('/nowhere/index.html').href
    vi.stubGlobal('document', { baseURI: page })
    const made = createWorkerModel({ docs, core: 'core.wasm' })
    await expect(made).rejects.toBeInstanceOf(CoreError)
    await expect(made).rejects.toThrow('/nowhere/core.wasm')
    await expect(createWorkerModel({ docs, core: 'http://' })).rejects.toThrow('is not a URL')
  })
})
