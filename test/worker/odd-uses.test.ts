/** A worker's model used out of turn: after it was freed, while it trains, while it is made. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { MicroGPT, TrainingError, createWorkerModel, loadWorkerModel } from '../../src/index.js'
import type { WorkerModel } from '../../src/index.js'
import { FakeWorker, all, useFakeWorkers, worker } from './fake-worker.js'

// See model.test.ts: a run in this process must let the page be heard.
vi.mock('../../src/worker/turn.js', () => ({
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
}))

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']
const ENDLESS = { num_steps: 1e9 }
const FREED = 'this model has been freed; create another one'

const unhandled = vi.fn()
beforeEach(() => void process.on('unhandledRejection', unhandled))
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', unhandled)
  expect(unhandled).not.toHaveBeenCalled()
})
// Last, so that the workers end first.
useFakeWorkers()

const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => null,
    (error: unknown) => error,
  )

/** Every call of a model that asks its worker. */
const CALLS: [string, (model: WorkerModel) => Promise<unknown>][] = [
  ['train', (model) => all(model.train())],
  ['validate', (model) => model.validate()],
  ['sample', (model) => model.sample()],
  ['generate', (model) => all(model.generate())],
  ['loss', (model) => model.loss(['anna'])],
  ['save', (model) => model.save({ optimizer: true })],
  ['params', (model) => model.params()],
  ['stateDict', (model) => model.stateDict()],
]

describe('after free()', () => {
  test('every call fails with a TrainingError that says so, and sends nothing', async () => {
    const model = await createWorkerModel({ docs, valFraction: 0.3 })
    model.free()
    model.free()
    const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(model) as object)
    const own = new Set(['constructor', 'free', 'runUntil'])
    expect(CALLS.map(([name]) => name).toSorted()).toEqual(
      methods.filter((name) => !own.has(name)).toSorted(),
    )
    for (const [name, call] of CALLS) {
      const error = await errorOf(call(model))
      expect(error, name).toBeInstanceOf(TrainingError)
      expect((error as Error).message, name).toBe(FREED)
    }
    expect(worker().sent.map(({ call }) => call)).toEqual(['create'])
  })

  test('what needs no worker stays: the properties, the documents and the tokenizer', async () => {
    const model = await createWorkerModel({ docs })
    await model.train({ steps: 3 }).result
    const order = (await MicroGPT.create({ docs })).docs
    model.free()
    expect([model.step, model.docsSeen, model.docs]).toEqual([3, 3, order])
    const { tokenizer } = model
    expect(tokenizer.decode(tokenizer.encode('anna'))).toBe('anna')
  })

  test('a run that its signal keeps from beginning is aborted, as before', async () => {
    const model = await createWorkerModel({ docs })
    model.free()
    const run = model.train({ signal: AbortSignal.abort() })
    expect(await run.result).toEqual({ status: 'aborted', step: 0 })
  })

  test('every call fails likewise once the worker has failed, with that error', async () => {
    const model = await createWorkerModel({ docs })
    worker().fail('boom')
    model.free()
    for (const [name, call] of CALLS) {
      const error = (await errorOf(call(model))) as Error
      expect(error.message, name).toBe('the worker failed: boom')
    }
  })
})

describe('free() while', () => {
  test('a run trains: it fails, with the steps that were told before', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const run = model.train()
    const steps: number[] = []
    const loop = async () => {
      for await (const { step } of run) {
        if (steps.push(step) === 2) model.free()
      }
    }
    await expect(loop()).rejects.toThrow(FREED)
    const result = await run.result
    expect(result).toMatchObject({ status: 'failed', step: model.step })
    expect(result).toHaveProperty('error', expect.any(TrainingError))
    expect(steps).toEqual(Array.from({ length: model.step }, (_, i) => i + 1))
    expect(worker().terminated).toBe(true)
  })

  test('calls wait for their answers: each fails', async () => {
    const model = await createWorkerModel({ docs, valFraction: 0.3, config: ENDLESS })
    const pending = CALLS.map(([, call]) => errorOf(call(model)))
    model.free()
    for (const error of await Promise.all(pending)) {
      expect(error).toBeInstanceOf(TrainingError)
      expect((error as Error).message).toBe(FREED)
    }
  })

  test('a text is generated: the loop over its characters fails', async () => {
    const model = await createWorkerModel({ text: 'one note to ten\n'.repeat(20) })
    const loop = async () => {
      for await (const _ of model.generate({ length: 1e12 })) model.free()
    }
    await expect(loop()).rejects.toThrow(FREED)
  })
})

describe('two runs at once', () => {
  test('the second fails and changes nothing; after the first, another one continues', async () => {
    const here = await MicroGPT.create({ docs, config: ENDLESS })
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const stop = new AbortController()
    const first = model.train({ signal: stop.signal })
    const others = [{}, { steps: 1 }, { steps: 0 }, { steps: 1, batch_size: 4 }]
    for (const { result } of others.map((options) => model.train(options))) {
      const error = new TrainingError('this model is training already; wait, or abort that run')
      expect(await result).toEqual({ status: 'failed', step: expect.any(Number), error })
    }
    stop.abort()
    const { status, step } = await first.result
    expect(status).toBe('aborted')
    expect(await all(first)).toStrictEqual([...here.train({ steps: step })])
    expect(await all(model.train({ steps: 9 }))).toStrictEqual([...here.train({ steps: 9 })])
    expect(await model.save({ optimizer: true })).toEqual(here.save({ optimizer: true }))
  })

  test('are possible in two models', async () => {
    const seeds = [1, 2]
    const models = await Promise.all(seeds.map((seed) => createWorkerModel({ docs, seed })))
    const runs = models.map((model) => all(model.train({ steps: 100 })))
    for (const [i, seed] of seeds.entries()) {
      const here = await MicroGPT.create({ docs, seed })
      expect(await runs[i]).toStrictEqual([...here.train({ steps: 100 })])
    }
  })
})

describe('while a model is made', () => {
  /** A worker that is busy: it answers nothing. */
  class Busy extends FakeWorker {
    override postMessage(request: Parameters<FakeWorker['postMessage']>[0], transfer: []): void {
      if ('microgpt' in request) this.say({ microgpt: 'ready' })
      else this.sent.push(structuredClone(request, { transfer }))
    }
  }
  beforeEach(() => vi.stubGlobal('Worker', Busy))

  const file = async () => (await MicroGPT.create({ docs })).save({ optimizer: true })
  const isAsked = () => vi.waitUntil(() => worker()?.sent.length === 1)

  test('a signal ends the loading, and the promise rejects with its reason', async () => {
    const bytes = await file()
    const stop = new AbortController()
    const error = errorOf(loadWorkerModel(bytes, { docs, signal: stop.signal }))
    await isAsked()
    stop.abort(new Error('never mind'))
    expect(await error).toHaveProperty('message', 'never mind')
    expect(worker().terminated).toBe(true)
    // The file has been moved to the worker that is gone.
    expect(bytes).toHaveLength(0)
  })

  test('a worker that fails while it loads is an error, and it is ended', async () => {
    const error = errorOf(loadWorkerModel(await file()))
    await isAsked()
    worker().fail('boom')
    expect(await error).toHaveProperty('message', 'the worker failed: boom')
    expect(worker().terminated).toBe(true)
  })

  test('a worker that fails is an error at once, even while the core is loading', async () => {
    const core = new Promise<Response>(() => {})
    const error = errorOf(createWorkerModel({ docs, core }))
    await vi.waitUntil(() => worker() !== undefined)
    worker().fail()
    expect(await error).toHaveProperty('message', 'the worker could not be loaded')
    expect(worker().sent).toEqual([])
  })
})
