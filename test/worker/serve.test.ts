/** The worker's side alone: where it is started, and what it answers to messages out of turn. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { spawn } from '../../src/worker/spawn.js'

/** A scope of a worker: what it hears, and what it has said. */
function scope(name: string) {
  const said: unknown[] = []
  const listeners: ((event: { data: unknown }) => Promise<void>)[] = []
  vi.stubGlobal('name', name)
  vi.stubGlobal('postMessage', (message: unknown) => said.push(message))
  vi.stubGlobal('addEventListener', (_: string, listener: (typeof listeners)[0]) =>
    listeners.push(listener),
  )
  return { said, listeners, hear: (data: unknown) => listeners[0]!({ data }) }
}

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllGlobals())

describe('worker.js', () => {
  test('serves a model, and answers each call by its number', async () => {
    const { said, hear } = scope('microgpt-wasm')
    await import('../../src/worker/serve-worker.js')
    const argument = { docs: ['ab', 'ba'] }
    await hear({ id: 1, call: 'create', argument })
    await hear({ id: 2, call: 'loss', argument: ['ab'] })
    expect(said).toEqual([
      { id: 1, result: expect.objectContaining({ chars: ['a', 'b'] }) },
      { id: 2, result: expect.any(Number) },
    ])
  })

  test('does not in a page', async () => {
    const page = scope('microgpt-wasm')
    vi.stubGlobal('document', {})
    await import('../../src/worker/serve-worker.js')
    expect(page.listeners).toEqual([])
  })
})

describe('the worker', () => {
  const CALLS = ['save', 'train', 'validate', 'sample', 'generate', 'loss', 'params', 'stateDict']
  test.each(CALLS)('has no model to %s yet', async (call) => {
    const { said, hear } = scope('microgpt-wasm')
    await import('../../src/worker/serve-worker.js')
    await hear({ id: 5, call, argument: {} })
    const message = 'there is no model in this worker yet'
    expect(said).toEqual([{ id: 5, error: { name: 'TrainingError', message } }])
  })

  test('answers a call that it does not know with an error', async () => {
    const { said, hear } = scope('microgpt-wasm')
    await import('../../src/worker/serve-worker.js')
    await hear({ id: 9, call: 'fly', argument: null })
    expect(said).toEqual([{ id: 9, error: expect.objectContaining({ name: 'MicroGPTError' }) }])
  })

  test('does not answer a stop, and one for no run stops none', async () => {
    const { said, hear } = scope('microgpt-wasm')
    await import('../../src/worker/serve-worker.js')
    await hear({ id: 1, call: 'create', argument: { docs: ['ab', 'ba'] } })
    await hear({ id: 2, call: 'stop' })
    expect(said).toHaveLength(1)
    await hear({ id: 2, call: 'train', argument: { steps: 20 } })
    expect(said.at(-1)).toEqual({ id: 2, result: { status: 'completed', step: 20 } })
  })
})

test('a turn is more than a promise: what waits in the event loop comes first', async () => {
  const { nextTurn } = await import('../../src/worker/turn.js')
  let over = false
  const turn = nextTurn().then(() => (over = true))
  for (let i = 0; i < 100; i++) await Promise.resolve()
  expect(over).toBe(false)
  await turn
})

test('without message channels a turn is a timer', async () => {
  vi.stubGlobal('MessageChannel', undefined)
  const { nextTurn } = await import('../../src/worker/turn.js')
  let late = false
  setTimeout(() => (late = true))
  await nextTurn()
  expect(late).toBe(true)
})

describe('errors', () => {
  test('cross over with their class and sentence, whatever was thrown', async () => {
    const { packError, unpackError } = await import('../../src/worker/portable.js')
    const { CheckpointError, ConfigError, CoreError, MicroGPTError } =
      await import('../../src/errors.js')
    const over = (thrown: unknown) => unpackError(structuredClone(packError(thrown)))
    expect(over(new CoreError('no core'))).toEqual(new CoreError('no core'))
    expect(over(new CoreError('no core'))).toBeInstanceOf(CoreError)
    const config = new ConfigError('n_embd', 18, 'n_embd 18 is odd')
    expect(over(config)).toBeInstanceOf(ConfigError)
    expect(over(config)).toMatchObject({ field: 'n_embd', value: 18, message: config.message })
    const odd = new ConfigError('core', () => {}, 'core is odd')
    expect(over(odd)).toMatchObject({ value: '[object Function]', message: 'core is odd' })
    const file = new CheckpointError('dtype', 'a dtype of none')
    expect(over(file)).toBeInstanceOf(CheckpointError)
    expect(over(file)).toMatchObject({ code: 'dtype', message: 'a dtype of none' })
    expect(over(new RangeError('out of memory'))).toEqual(
      new MicroGPTError('RangeError: out of memory'),
    )
    expect(over('a word')).toEqual(new MicroGPTError('a word'))
  })
})

describe('spawn', () => {
  test('starts worker.js', () => {
    const made: unknown[][] = []
    vi.stubGlobal('Worker', function Worker(url: URL, options: unknown) {
      made.push([url.href, options])
    })
    spawn()
    expect(made).toEqual([[expect.stringMatching(/\/worker\.js$/), { type: 'classic' }]])
  })

  test('goes by a script of the page where the browser refuses another origin', async () => {
    const made: [string, unknown][] = []
    vi.stubGlobal('Worker', function Worker(url: string | URL, options: unknown) {
      if (!String(url).startsWith('blob:')) throw new DOMException('no', 'SecurityError')
      made.push([String(url), options])
    })
    spawn()
    const [[url, options]] = made as [[string, unknown]]
    expect(options).toEqual({ type: 'classic' })
    expect(await (await fetch(url)).text()).toMatch(/^importScripts\("file:.*\/worker\.js"\)$/)
  })
})
