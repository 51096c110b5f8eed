/** createWorkerModel and its worker in one process, with real messages between them. */
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'
import { inspect } from 'node:util'
import { describe, expect, test, vi } from 'vitest'
import { ConfigError, CoreError, MicroGPT, MicroGPTError, coreUrl } from '../../src/index.js'
import { CheckpointError, TrainingError, createWorkerModel } from '../../src/index.js'
import { loadWorkerModel } from '../../src/index.js'
import type { CreateOptions, WorkerModel } from '../../src/index.js'
import { FakeWorker, all, useFakeWorkers, worker } from './fake-worker.js'

// Node hands over up to 1,000 messages of one channel before it looks at another: a run that sends
// itself messages would not hear the page. Browsers take turns.
vi.mock('../../src/worker/turn.js', () => ({
  nextTurn: () => new Promise((resolve) => setImmediate(resolve)),
}))

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']
const ENDLESS = { num_steps: 1e9 }

useFakeWorkers()

const TEXT = 'the quick brown fox jumps over the lazy dog\n'.repeat(9)
/** Options of both, and whether equal models come of them. */
const DATA: [string, CreateOptions][] = [
  ['documents', { docs: [...docs, ...docs, 'bob'], seed: 7, preset: 'gist' }],
  ['documents with some held out', { docs: [...docs, ...docs], valFraction: 0.3 }],
  ['a text', { text: TEXT, valFraction: 0.2, seed: 12345678901234567890n }],
  ['a text, in batches', { text: TEXT, config: { block_size: 4, batch_size: 3 } }],
]

/** What of a model can be told without asking its worker. */
function properties(gpt: MicroGPT | WorkerModel) {
  const { mode, preset, config, valFraction, seed, docs: order, valDocs, counts } = gpt
  const { numParams, threads, step, docsSeen, tokenizer } = gpt
  const { chars } = tokenizer
  const made = { mode, preset, config, valFraction, seed, order, valDocs, counts, chars }
  return { ...made, numParams, threads, step, docsSeen }
}

describe('a model in a worker', () => {
  test.each(DATA)('has the properties of one on the page: %s', async (_name, options) => {
    const [here, there] = [await MicroGPT.create(options), await createWorkerModel(options)]
    expect(properties(there)).toEqual(properties(here))
    for (const _ of here.train({ steps: 7, batch_size: 2 })) continue
    await there.train({ steps: 7, batch_size: 2 }).result
    expect(there.docsSeen).toBe(14)
    expect(properties(there)).toEqual(properties(here))
  })

  test.each(DATA)('gives the bytes of one on the page to keep: %s', async (_name, options) => {
    const [here, there] = [await MicroGPT.create(options), await createWorkerModel(options)]
    for (const _ of here.train({ steps: 5 })) continue
    await there.train({ steps: 5 }).result
    expect(await there.save()).toEqual(here.save())
    expect(await there.save({ optimizer: true })).toEqual(here.save({ optimizer: true }))
  })

  test('validates as one on the page does, and on the way', async () => {
    const options = { text: TEXT, valFraction: 0.3, config: { batch_size: 2 } }
    const [here, there] = [await MicroGPT.create(options), await createWorkerModel(options)]
    expect(await there.validate()).toBe(here.validate())
    const want = [...here.train({ steps: 50, evalEvery: 7, batch_size: 3 })]
    expect(await all(there.train({ steps: 50, evalEvery: 7, batch_size: 3 }))).toStrictEqual(want)
    const due = want.filter(({ valLoss }) => valLoss !== undefined)
    expect(due.map(({ step }) => step)).toEqual([7, 14, 21, 28, 35, 42, 49, 50])
    expect(await there.validate()).toBe(due.at(-1)!.valLoss)
  })

  test('draws as one on the page: side by side, and of a text as long as it is told', async () => {
    const [here, there] = [await MicroGPT.create({ docs }), await createWorkerModel({ docs })]
    const many = { count: 9, sideBySide: true, temperature: 1 }
    expect(await there.sample(many)).toEqual(here.sample(many))
    const text = { text: TEXT }
    const [page, far] = [await MicroGPT.create(text), await createWorkerModel(text)]
    expect(await far.sample({ length: 30, count: 2 })).toEqual(
      page.sample({ length: 30, count: 2 }),
    )
    const options = { prompt: 'the', length: 500, topK: 3 }
    expect(await all(far.generate(options))).toEqual([...page.generate(options)])
  })

  test('does not draw on when the loop is left, and tells some characters at a time', async () => {
    const model = await createWorkerModel({ text: TEXT })
    for await (const { char } of model.generate({ length: 1e12 })) {
      expect(char).toHaveLength(1)
      break
    }
    expect(await model.sample({ length: 3 })).toHaveLength(1)
    const answers = worker().answers.map((answer) => 'part' in answer)
    expect(answers.slice(0, 2)).toEqual([false, true])
    expect(answers.slice(-2)).toEqual([false, false])
    await expect(all(model.generate({ prompt: 'ü' }))).rejects.toThrow('the alphabet')
  })

  test('is not sent back the documents that it was given, and sends its arrays on', async () => {
    const model = await createWorkerModel({ docs, valFraction: 0.5 })
    const words = inspect(worker().answers, { depth: null })
    expect(words).toContain('numParams')
    for (const doc of docs) expect(words).not.toContain(doc)
    await model.train({ steps: 2 }).result
    await model.params()
    await model.stateDict()
    await model.save()
    const moved = worker().moved.map((list) => list.length)
    const matrices = (await MicroGPT.create({ docs })).stateDict.size
    expect(moved).toEqual([1, 2, 0, 1, 2 * matrices, 1])
    for (const buffer of worker().moved.flat()) expect((buffer as ArrayBuffer).byteLength).toBe(0)
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
    const batches = worker().answers.filter((reply) => 'part' in reply)
    expect(batches.length).toBeLessThan(5000 / 16)
  })

  test('is told of each step at once where one takes longer than a message may wait', async () => {
    const model = await createWorkerModel({ docs })
    let ms = 0
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => (ms += 60))
    await model.train({ steps: 5 }).result
    clock.mockRestore()
    expect(worker().answers.filter((reply) => 'part' in reply)).toHaveLength(5)
  })
})

describe('a model from a checkpoint', () => {
  test.each(DATA)(
    'goes on as one on the page: %s',
    async (_name, { docs: list, text, ...more }) => {
      const data = { ...(list && { docs: list }), ...(text !== undefined && { text }) }
      const first = await MicroGPT.create({ ...data, ...more } as CreateOptions)
      for (const _ of first.train({ steps: 5 })) continue
      const file = first.save({ optimizer: true })
      const here = await MicroGPT.load(file, data)
      const there = await loadWorkerModel(file, data)
      expect(file).toHaveLength(0)
      expect(properties(there)).toEqual(properties(here))
      expect(properties(there)).toEqual(properties(first))
      expect(await all(there.train({ steps: 5 }))).toEqual([...first.train({ steps: 5 })])
      expect(await there.save({ optimizer: true })).toEqual(first.save({ optimizer: true }))
    },
  )

  test('samples without the data, and says what it lacks to train', async () => {
    const first = await MicroGPT.create({ docs })
    const model = await loadWorkerModel(first.save())
    expect(await model.sample({ count: 5 })).toHaveLength(5)
    expect([model.docs, model.valDocs, model.counts]).toEqual([[], [], { train: 0, val: 0 }])
    const result = await model.train().result
    expect(result).toMatchObject({ status: 'failed', error: expect.any(TrainingError) })
  })

  test('leaves what lies around the file in its memory where it is', async () => {
    const file = (await MicroGPT.create({ docs })).save()
    const room = new Uint8Array(file.length + 16).fill(7)
    room.set(file, 8)
    const model = await loadWorkerModel(room.subarray(8, 8 + file.length))
    expect(await model.save()).toEqual(file)
    expect(room.subarray(8, 8 + file.length)).toEqual(file)
  })

  test('is moved to the worker, from an ArrayBuffer too', async () => {
    const file = (await MicroGPT.create({ docs })).save()
    const { buffer } = file.slice()
    const model = await loadWorkerModel(buffer)
    expect(buffer.byteLength).toBe(0)
    expect(await model.save()).toEqual(file)
  })

  test('is refused as on the page, in the class and with the code of the page', async () => {
    const file = (await MicroGPT.create({ docs })).save({ optimizer: true })
    const refusals: [Uint8Array, object][] = [
      [file.slice(0, 100), {}],
      [file.slice(), { text: TEXT }],
      [file.slice(), { docs: ['anna'] }],
    ]
    for (const [bytes, options] of refusals) {
      const here = await MicroGPT.load(bytes, options).catch((error: unknown) => error)
      const there = await loadWorkerModel(bytes, options).catch((error: unknown) => error)
      expect(here).toBeInstanceOf(CheckpointError)
      expect(there).toBeInstanceOf(CheckpointError)
      expect((there as CheckpointError).code).toBe((here as CheckpointError).code)
      expect((there as Error).message).toBe((here as Error).message)
      expect(worker().terminated).toBe(true)
    }
  })
})

describe('an option that there is not is refused by its name', () => {
  const odd = { signs: 1 } as object
  const refused = async (call: string, promise: Promise<unknown>) => {
    const error = (await promise.catch((e: unknown) => e)) as ConfigError
    expect(error).toBeInstanceOf(ConfigError)
    expect(error.field).toBe('signs')
    expect(error.message).toMatch(`${call} has no option "signs"; its options are `)
  }

  test('of a model that is made', async () => {
    await refused('create', createWorkerModel({ docs, ...odd }))
    await refused('load', loadWorkerModel((await MicroGPT.create({ docs })).save(), odd))
  })

  test('of a call', async () => {
    const model = await createWorkerModel({ docs })
    await refused('sample', model.sample(odd))
    await refused('save', model.save(odd))
    await refused('generate', all(model.generate(odd)))
    await refused('train', all(model.train({ steps: 1, ...odd })))
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

  test('that nobody reads keeps some of its steps, and one that is read loses none', async () => {
    const config = { n_embd: 1, n_head: 1, block_size: 1, num_steps: 80_000 }
    const model = await createWorkerModel({ docs: ['ab', 'ba'], config })
    const unread = model.train({ steps: 40_000 })
    expect(await unread.result).toMatchObject({ status: 'completed' })
    const kept = await all(unread)
    expect(kept.length).toBeLessThan(36_000)
    expect(kept.at(-1)!.step).toBe(40_000)
    expect(await all(model.train({ steps: 40_000 }))).toHaveLength(40_000)
  })

  test('can be looped over twice at a time', async () => {
    const model = await createWorkerModel({ docs })
    const run = model.train({ steps: 300 })
    const [one, other] = await Promise.all([all(run), all(run)])
    expect(one).toHaveLength(300)
    expect(other).toEqual(one)
  })

  test('with something else than a signal fails', async () => {
    const model = await createWorkerModel({ docs })
    const result = await model.train({ signal: 'stop' as never }).result
    expect(result).toMatchObject({ status: 'failed', error: expect.any(ConfigError) })
    expect(result).toHaveProperty('error.field', 'signal')
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

  test('of an option: with its value, whatever it is', async () => {
    const n_embd = { toString: 1 } as unknown as number
    const error = await createWorkerModel({ docs, config: { n_embd } }).catch((e: unknown) => e)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ field: 'n_embd', value: { toString: 1 } })
  })

  test('of a call: and the worker goes on', async () => {
    const model = await createWorkerModel({ docs })
    await expect(model.sample({ temperature: -1 })).rejects.toBeInstanceOf(MicroGPTError)
    expect(await model.sample({ count: 2 })).toHaveLength(2)
  })

  test('of an argument that cannot cross over: and the worker goes on', async () => {
    const model = await createWorkerModel({ docs })
    const odd = { count: 1, onSample: () => {} }
    await expect(model.sample(odd)).rejects.toBeInstanceOf(ConfigError)
    await expect(model.sample(odd)).rejects.toMatchObject({
      field: 'onSample',
      message: 'sample: onSample cannot be sent to a worker, because it is or holds a Function',
    })
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

  test('while its core is on the way, and does not come', async () => {
    const stop = new AbortController()
    const core = new Promise<ArrayBuffer>(() => {}) as unknown as ArrayBuffer
    const made = createWorkerModel({ docs, core, signal: stop.signal })
    setTimeout(() => stop.abort(new Error('too slow')))
    await expect(made).rejects.toThrow('too slow')
    expect(worker().terminated).toBe(true)
    expect(worker().sent).toEqual([])
  })

  test('after: it is too late', async () => {
    const stop = new AbortController()
    const model = await createWorkerModel({ docs, signal: stop.signal })
    stop.abort()
    expect(await model.sample({ count: 1 })).toHaveLength(1)
  })
})

describe('a wrong argument is an error of this package', () => {
  const error = async (promise: Promise<unknown>) => promise.catch((e: unknown) => e)
  test.each([
    ['no options', () => createWorkerModel(undefined as never)],
    ['a number for options', () => createWorkerModel(5 as never)],
    ['a signal that is none', () => createWorkerModel({ docs, signal: 1 as never })],
    [
      'a function in the config',
      () => createWorkerModel({ docs, config: { n_embd: Math.cos } as never }),
    ],
    ['no options to load', () => loadWorkerModel(new Uint8Array(9), null as never)],
    ['a string for a file', () => loadWorkerModel('model.safetensors' as never)],
    ['nothing for a file', () => loadWorkerModel(undefined as never)],
    [
      'an empty file that was moved before',
      async () => {
        const bytes = new Uint8Array(4)
        structuredClone(bytes, { transfer: [bytes.buffer] })
        return loadWorkerModel(bytes)
      },
    ],
  ])('%s', async (_name, call) => {
    expect(await error(call())).toBeInstanceOf(MicroGPTError)
  })

  test('of a call of the model', async () => {
    const model = await createWorkerModel({ docs })
    const calls = [
      () => model.sample(null as never),
      () => model.sample(7 as never),
      () => model.save(null as never),
      () => model.loss(undefined as never),
      () => model.loss([1] as never),
      () => all(model.generate(null as never)),
      () => all(model.train(null as never)),
    ]
    for (const call of calls) expect(await error(call())).toBeInstanceOf(MicroGPTError)
    expect(await model.train({ steps: 1 }).result).toEqual({ status: 'completed', step: 1 })
  })
})

describe('the core that it is given', () => {
  const href = coreUrl().href
  const bytes = readFileSync(coreUrl())
  const wasm = { headers: { 'content-type': 'application/wasm' } }
  test.each([
    ['an address', () => href],
    ['a URL', () => coreUrl()],
    ['an address beside the page', () => 'core.wasm'],
    ['bytes', () => Uint8Array.from(bytes)],
    ['a Response', () => new Response(bytes, wasm)],
    ['a Response yet to come', () => Promise.resolve(new Response(bytes))],
    ['a Module', () => WebAssembly.compile(bytes)],
  ])('%s', async (_name, core) => {
    vi.stubGlobal('document', { baseURI: new URL('index.html', coreUrl()).href })
    const model = await createWorkerModel({ docs, core: core() as string })
    vi.stubGlobal('document', undefined)
    expect(await model.train({ steps: 1 }).result).toEqual({ status: 'completed', step: 1 })
  })

  test('is found from inside a worker, where there is no document', async () => {
    vi.stubGlobal('location', { href: new URL('worker.js', coreUrl()).href })
    const model = await createWorkerModel({ docs, core: 'core.wasm' })
    expect(await model.sample({ count: 1 })).toHaveLength(1)
  })

  test('as a URL finds the one for threads beside it', async () => {
    vi.stubGlobal('document', { baseURI: coreUrl().href })
    const model = await createWorkerModel({ docs, core: coreUrl(), threads: 2 })
    expect(model.threads).toBe(2)
    expect(await model.train({ steps: 3, batch_size: 4 }).result).toMatchObject({ step: 3 })
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
