/** The worker's side alone: where it is started, and what it answers to messages out of turn. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { whyFailed } from '../../src/engine/web-worker.js'
import { spawn } from '../../src/worker/spawn.js'

type Listener = (event: { data: unknown }) => Promise<void>

/** A script that has been loaded as worker.js is: what it hears, and what it has said. */
async function script() {
  const said: unknown[] = []
  const listeners: Listener[] = []
  vi.stubGlobal('postMessage', (message: unknown) => said.push(message))
  vi.stubGlobal('addEventListener', (_: string, listener: Listener) => listeners.push(listener))
  vi.stubGlobal('removeEventListener', (_: string, listener: Listener) =>
    listeners.splice(listeners.indexOf(listener), 1),
  )
  const { serveWhenAsked } = await import('../../src/worker/serve-worker.js')
  serveWhenAsked()
  return { said, hear: (data: unknown) => listeners.at(-1)!({ data }) }
}

const { assets } = await import('../../src/engine/assets.js')
const hello = { microgpt: 'worker', assets: assets() }

/** The same, and it has been told what it is. */
async function worker() {
  const { said, hear } = await script()
  await hear(hello)
  expect(said.splice(0)).toEqual([{ microgpt: 'ready' }])
  return { said, hear }
}

beforeEach(() => vi.resetModules())
afterEach(() => vi.unstubAllGlobals())

describe('worker.js', () => {
  test('serves a model, and answers each call by its number', async () => {
    const { said, hear } = await worker()
    const argument = { docs: ['ab', 'ba'] }
    await hear({ id: 1, call: 'create', argument })
    await hear({ id: 2, call: 'loss', argument: ['ab'] })
    expect(said).toEqual([
      { id: 1, result: expect.objectContaining({ chars: ['a', 'b'] }) },
      { id: 2, result: expect.any(Number) },
    ])
  })

  test('hears nothing but the message that makes it a worker', async () => {
    const { said, hear } = await script()
    for (const other of [null, 'go', 5, { id: 1, call: 'loss' }, { microgpt: 'worker' }]) {
      await hear(other)
    }
    expect(said).toEqual([])
    await hear(hello)
    expect(said).toEqual([{ microgpt: 'ready' }])
  })
})

describe('the worker', () => {
  const CALLS = ['save', 'train', 'validate', 'sample', 'generate', 'loss', 'params', 'stateDict']
  test.each(CALLS)('has no model to %s yet', async (call) => {
    const { said, hear } = await worker()
    await hear({ id: 5, call, argument: {} })
    const message = 'there is no model in this worker yet'
    expect(said).toEqual([{ id: 5, error: { name: 'TrainingError', message } }])
  })

  test('answers a call that it does not know with an error', async () => {
    const { said, hear } = await worker()
    await hear({ id: 9, call: 'fly', argument: null })
    expect(said).toEqual([{ id: 9, error: expect.objectContaining({ name: 'MicroGPTError' }) }])
  })

  test('does not answer a stop, and one for no run stops none', async () => {
    const { said, hear } = await worker()
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

/** A worker that says nothing by itself. */
class Silent extends EventTarget {
  static made: Silent[] = []
  static refuses: (url: string) => boolean
  readonly start: unknown[]
  readonly sent: unknown[] = []

  constructor(url: string | URL, options?: object) {
    super()
    if (Silent.refuses(String(url))) throw new DOMException('no', 'SecurityError')
    this.start = [String(url), options]
    Silent.made.push(this)
  }

  postMessage(message: unknown): void {
    this.sent.push(message)
  }
}

/** What a worker's error events say. */
function errorsOf(target: Worker): string[] {
  const heard: string[] = []
  target.addEventListener('error', ({ message }) => heard.push(message))
  return heard
}

describe('spawn', () => {
  beforeEach(() => {
    Silent.made = []
    Silent.refuses = () => false
    vi.stubGlobal('Worker', Silent)
    vi.stubGlobal(
      'ErrorEvent',
      class extends Event {
        readonly message: string
        constructor(type: string, { message }: { message: string }) {
          super(type)
          this.message = message
        }
      },
    )
  })
  afterEach(() => vi.useRealTimers())

  test('starts worker.js, and tells it first what it is and where the cores are', () => {
    spawn()
    const [{ start, sent }] = Silent.made as [Silent]
    expect(start).toEqual([expect.stringMatching(/\/worker\.js$/), undefined])
    expect(sent).toEqual([hello])
    expect(hello.assets.urls).toMatchObject({ 'core.wasm': expect.stringMatching(/core\.wasm$/) })
  })

  test('goes by a script of the page where the browser refuses another origin', async () => {
    Silent.refuses = (url) => !url.startsWith('blob:')
    spawn()
    const [url] = Silent.made[0]!.start as [string]
    expect(await (await fetch(url)).text()).toMatch(/^importScripts\("file:.*\/worker\.js"\)$/)
  })

  test('gives up after 10 s of silence, and not when it has heard something', () => {
    vi.useFakeTimers()
    const [dead, alive] = [spawn(), spawn()]
    const [dying, living] = [errorsOf(dead), errorsOf(alive)]
    alive.dispatchEvent(new MessageEvent('message', { data: { microgpt: 'ready' } }))
    vi.advanceTimersByTime(9_900)
    expect(dying).toEqual([])
    vi.advanceTimersByTime(200)
    expect(dying).toEqual([expect.stringMatching(/did not answer within 10 s .*worker\.js/)])
    vi.advanceTimersByTime(60_000)
    expect([dying.length, living.length]).toEqual([1, 0])
  })

  test('says which script could not be loaded, where the browser does not', () => {
    const broken = spawn()
    const heard = errorsOf(broken)
    broken.dispatchEvent(new Event('error'))
    expect(heard).toEqual([
      expect.stringMatching(/could not be loaded; serve .*worker\.js as Java/),
    ])
    // The inline bundle's worker has no file.
    const source = new URL('blob:http://localhost/1')
    expect(whyFailed({}, source)).toMatch(/allow it by worker-src blob: .*Content-Security-Policy/)
    expect(whyFailed({ message: 'x is not defined' }, source)).toBe('x is not defined')
  })
})
