/** What of a worker's model must not go stale: its signals, its steps, and what it was given. */
import { afterEach, describe, expect, test, vi } from 'vitest'
import type { CreateOptions, LoadOptions, StepResult, WorkerRun } from '../../src/index.js'
import {
  ConfigError,
  MicroGPT,
  TrainingError,
  createWorkerModel,
  loadWorkerModel,
} from '../../src/index.js'
import { digest } from '../helpers/digest.js'
import { all, useFakeWorkers, worker } from './fake-worker.js'

// See model.test.ts: a run in this process must let the page be heard.
vi.mock('../../src/worker/turn.js', () => ({
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
}))

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']
const ENDLESS = { num_steps: 1e9 }

useFakeWorkers()
afterEach(() => void vi.restoreAllMocks())

/** The steps that a run tells before it fails, and its error. */
async function untilFailure(run: WorkerRun): Promise<[StepResult[], unknown]> {
  const steps: StepResult[] = []
  try {
    for await (const step of run) steps.push(step)
  } catch (error) {
    return [steps, error]
  }
  return [steps, null]
}

/** A signal that knows how many listen to it. */
class Counted extends AbortController {
  listening = 0

  constructor() {
    super()
    const { signal } = this
    const { addEventListener: add, removeEventListener: remove } = signal
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      this.listening++
      add.apply(signal, args)
    }
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      this.listening--
      remove.apply(signal, args)
    }
  }
}

describe('a signal', () => {
  test('of several runs ends the current one, and later ones', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const stop = new Counted()
    const { signal } = stop
    expect(await model.train({ steps: 2, signal }).result).toEqual({ status: 'completed', step: 2 })
    const run = model.train({ signal })
    expect(stop.listening).toBe(1)
    for await (const { step } of run) if (step === 4) stop.abort()
    const { status, step } = await run.result
    expect(status).toBe('aborted')
    expect(await model.train({ signal }).result).toEqual({ status: 'aborted', step })
    expect(await model.train({ steps: 1 }).result).toEqual({ status: 'completed', step: step + 1 })
    expect(stop.listening).toBe(0)
  })

  test('that is aborted between two runs ends neither', async () => {
    const model = await createWorkerModel({ docs })
    const stop = new Counted()
    await model.train({ steps: 2, signal: stop.signal }).result
    const next = model.train({ steps: 300 })
    stop.abort()
    expect(await next.result).toEqual({ status: 'completed', step: 302 })
  })

  test('is heard no more once a run has failed, or its worker has', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const stop = new Counted()
    const { signal } = stop
    const bad = await model.train({ steps: -1, signal }).result
    expect([bad.status, stop.listening]).toEqual(['failed', 0])
    const run = model.train({ signal })
    worker().fail('boom')
    expect([(await run.result).status, stop.listening]).toEqual(['failed', 0])
    const made = new Counted()
    await createWorkerModel({ docs, signal: made.signal })
    await expect(createWorkerModel({ docs: [], signal: made.signal })).rejects.toThrow('docs')
    expect(made.listening).toBe(0)
    const late = createWorkerModel({ docs, signal: made.signal })
    made.abort('never mind')
    await expect(late).rejects.toBe('never mind')
    expect(made.listening).toBe(0)
  })

  test('that kept a run from beginning is no reason to end the next one', async () => {
    const model = await createWorkerModel({ docs })
    const never = model.train({ signal: AbortSignal.abort() })
    const odd = model.train({ signal: 'stop' as never })
    const next = model.train({ steps: 400 })
    // The end of a loop ends its run, which is another one's number by now, or was.
    expect(await all(never)).toEqual([])
    expect((await untilFailure(odd))[1]).toBeInstanceOf(ConfigError)
    expect(await next.result).toEqual({ status: 'completed', step: 400 })
  })
})

describe('steps', () => {
  const wild = { learning_rate: 1e3, weight_decay: 1e3 }

  /** Those that a model on the page makes before it fails. */
  async function before(): Promise<StepResult[]> {
    const steps: StepResult[] = []
    const here = await MicroGPT.create({ docs, config: wild })
    const run = () => {
      for (const step of here.train({ steps: 5000 })) steps.push(step)
    }
    expect(run).toThrow(TrainingError)
    expect(steps.length).toBeGreaterThan(1)
    return steps
  }

  test('made since the last message are told when the run fails', async () => {
    const want = await before()
    // No time passes: all that there is to tell comes with the end.
    vi.spyOn(performance, 'now').mockReturnValue(0)
    const model = await createWorkerModel({ docs, config: wild })
    const run = model.train({ steps: 5000 })
    const [steps, error] = await untilFailure(run)
    expect(steps).toStrictEqual(want)
    expect(error).toBeInstanceOf(TrainingError)
    expect(await run.result).toMatchObject({ status: 'failed', step: want.length, error })
    expect([model.step, model.docsSeen]).toEqual([want.length, want.length])
  })

  test('are told each by itself where each takes long, and none twice', async () => {
    const want = await before()
    let ms = 0
    vi.spyOn(performance, 'now').mockImplementation(() => (ms += 60))
    const model = await createWorkerModel({ docs, config: wild })
    const [steps] = await untilFailure(model.train({ steps: 5000 }))
    expect(steps).toStrictEqual(want)
  })

  test('that were told before the worker failed stay: for loops that are late, too', async () => {
    const model = await createWorkerModel({ docs, config: ENDLESS })
    const run = model.train()
    const steps: StepResult[] = []
    const loop = async () => {
      for await (const step of run) {
        if (steps.push(step) === 3) worker().fail('boom')
      }
    }
    await expect(loop()).rejects.toThrow('the worker failed: boom')
    const result = await run.result
    expect(result).toMatchObject({ status: 'failed', step: steps.length })
    expect(model.step).toBe(steps.length)
    expect(steps.map(({ step }) => step)).toEqual(steps.map((_, i) => i + 1))
    const [again, error] = await untilFailure(run)
    expect(again).toStrictEqual(steps)
    expect(error).toHaveProperty('message', 'the worker failed: boom')
    await expect(model.sample()).rejects.toThrow('the worker failed: boom')
    expect(await model.train().result).toMatchObject({ status: 'failed', step: steps.length })
  })

  test('of one run are told to that run alone', async () => {
    const model = await createWorkerModel({ docs, config: { num_steps: 400 } })
    const here = await MicroGPT.create({ docs, config: { num_steps: 400 } })
    const runs = [model.train({ steps: 100 })]
    await runs[0]!.result
    runs.push(model.train({ steps: 50, evalEvery: 99 }), model.train({ steps: 60 }))
    await Promise.all(runs.map(({ result }) => result))
    expect(await all(runs[0]!)).toStrictEqual([...here.train({ steps: 100 })])
    expect((await untilFailure(runs[1]!))[0]).toEqual([])
    expect(await all(runs[2]!)).toStrictEqual([...here.train({ steps: 60 })])
  })
})

test('texts generated at the same time equal those generated alone', async () => {
  const config = { block_size: 6, n_layer: 2, init_std: 0.4, zero_init_projections: false }
  const text = { text: 'one note to ten, ten notes to none\n'.repeat(6), config }
  const [here, there] = [await MicroGPT.create(text), await createWorkerModel(text)]
  const options = [1, 2, 3].map((seed) => ({ seed, temperature: 2, length: 300, prompt: 'ten' }))
  const want = options.map((one) => [...here.generate(one)])
  let ms = 0
  vi.spyOn(performance, 'now').mockImplementation(() => (ms += 20))
  const got = await Promise.all([
    ...options.map((one) => all(there.generate(one))),
    there.sample({ count: 2 }),
  ])
  expect(got.slice(0, 3)).toStrictEqual(want)
})

describe('what the caller changes while the model is made', () => {
  /** Writes something else into what was given. */
  function ruin(given: { docs?: readonly string[]; config?: object }): void {
    const list = given.docs as string[]
    list.splice(0, 2, 'zzz')
    list.reverse()
    Object.assign(given.config!, { n_embd: 4, num_steps: 1 })
    Object.assign(given, { docs: ['q'], preset: 'gist', seed: 1, optimizer: false })
  }
  const life = async (model: MicroGPT | Awaited<ReturnType<typeof createWorkerModel>>) => ({
    docs: model.docs,
    valDocs: model.valDocs,
    config: model.config,
    samples: await model.sample({ count: 3 }),
    file: digest(await model.save({ optimizer: true })),
  })
  const data = () => ({ docs: [...docs], config: { num_steps: 40 } })

  test('is not what it is made with', async () => {
    const options = (): CreateOptions => ({ ...data(), valFraction: 0.4, seed: 5 })
    const want = await life(await MicroGPT.create(options()))
    const given = options()
    const pending = createWorkerModel(given)
    ruin(given)
    expect(await life(await pending)).toStrictEqual(want)
  })

  test('nor what it is loaded with', async () => {
    const file = (await MicroGPT.create(data())).save({ optimizer: true })
    const want = await life(await MicroGPT.load(file, data()))
    const given: LoadOptions = data()
    const pending = loadWorkerModel(file.slice(), given)
    ruin(given)
    expect(await life(await pending)).toStrictEqual(want)
  })
})
