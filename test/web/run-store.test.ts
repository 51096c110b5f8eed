/** The stored runs of the page: they share texts, and a text is removed with its last run. */
import 'fake-indexeddb/auto'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { transact } from '../../src/web/store.js'
import { forget, list, put, read } from '../../src/web/worker/run-store.js'

let now = 0

/** Stores a run with a text. Each run is newer than the one before. */
function keep(
  id: string,
  text: string,
  { step = 5, of = 10, replaced = null as string | null, isFirst = true } = {},
) {
  const about = { id, step, of, time: ++now, name: null, mark: `hash of ${text}`, text }
  const losses = new Float64Array([step])
  const lists = { losses, smoothed: losses, rates: losses }
  const log = { first: 0, stride: 1, steps: 1, mean: 0, weight: 0, ...lists }
  const file = new Uint8Array([step, 2, 3])
  return put(about, { file, log, ms: 7, initial: null, before: 'b' }, replaced, isFirst)
}

/** All records of the store by key. */
async function records(): Promise<Map<string, unknown>> {
  const [keys, values] = await transact<[IDBValidKey[], unknown[]]>('readonly', (store) => [
    store.getAllKeys(),
    store.getAll(),
  ])
  return new Map(keys.map((key, i) => [(key as string[]).join(' '), values[i]]))
}

const texts = async () => [...(await records()).keys()].filter((key) => key.startsWith('text '))
const ids = async () => (await list()).map(({ id }) => id)

/** Changes a record, as another version of the page or a disk error would. */
async function spoil(key: string[], change: (value: Record<string, unknown>) => unknown) {
  const [value] = await transact<[Record<string, unknown>]>('readonly', (store) => [store.get(key)])
  const changed = change(value)
  await transact('readwrite', (store) => [
    changed === undefined ? store.delete(key) : store.put(changed, key),
  ])
}

beforeEach(async () => {
  await transact('readwrite', (store) => [store.clear()])
})

describe('a text that two runs share', () => {
  test('is stored once, kept while a run uses it, and removed with the last one', async () => {
    await keep('a', 'shared')
    await keep('b', 'shared')
    await keep('c', 'other')
    expect(await texts()).toEqual(['text hash of other', 'text hash of shared'])
    await forget('a')
    expect(await ids()).toEqual(['c', 'b'])
    expect(await texts()).toEqual(['text hash of other', 'text hash of shared'])
    expect((await read('b')).text).toBe('shared')
    await forget('b')
    expect(await texts()).toEqual(['text hash of other'])
    expect((await read('c')).text).toBe('other')
    await forget('c')
    expect((await records()).size).toBe(0)
  })

  test('is kept for a run that replaces another one', async () => {
    await keep('a', 'shared')
    await keep('b', 'shared', { step: 6, replaced: 'a' })
    expect(await ids()).toEqual(['b'])
    expect((await read('b')).text).toBe('shared')
  })

  test('is removed when the last run that uses it is replaced', async () => {
    await keep('a', 'first')
    await keep('b', 'second', { replaced: 'a' })
    expect(await texts()).toEqual(['text hash of second'])
    expect([...(await records()).keys()].sort()).toEqual([
      'about b',
      'run b',
      'text hash of second',
    ])
  })

  test('is removed with the oldest run if there are too many, unless a newer one uses it', async () => {
    await keep('a', 'first')
    await keep('b', 'shared')
    await keep('c', 'shared')
    await keep('d', 'third')
    expect(await ids()).toEqual(['d', 'c', 'b'])
    expect(await texts()).toEqual(['text hash of shared', 'text hash of third'])
    await keep('e', 'third')
    expect(await ids()).toEqual(['e', 'd', 'c'])
    expect((await read('c')).text).toBe('shared')
  })

  test('is kept while there is an unreadable record, which may use it', async () => {
    await keep('a', 'first')
    await keep('b', 'second')
    await spoil(['about', 'a'], (about) => ({ ...about, version: 2 }))
    await forget('b')
    expect(await texts()).toEqual(['text hash of first', 'text hash of second'])
    await forget('a')
    expect((await records()).size).toBe(0)
  })
})

describe('runs', () => {
  test('are read back as they were stored', async () => {
    await keep('a', 'anna\notto', { step: 9 })
    const { about, state, text } = await read('a')
    expect(about).toEqual({ id: 'a', step: 9, of: 10, time: now, name: null })
    expect(text).toBe('anna\notto')
    expect(state).toMatchObject({ file: new Uint8Array([9, 2, 3]), ms: 7, initial: null })
    expect(state.log.losses).toEqual(new Float64Array([9]))
  })

  test('are listed newest first, and replace their earlier versions', async () => {
    await keep('a', 'x', { step: 1 })
    await keep('b', 'x')
    await keep('a', 'x', { step: 2 })
    expect(await list()).toMatchObject([
      { id: 'a', step: 2 },
      { id: 'b', step: 5 },
    ])
    expect(await texts()).toHaveLength(1)
  })

  test('that are finished are removed first', async () => {
    await keep('a', 'x')
    await keep('b', 'x', { step: 10 })
    await keep('c', 'x')
    await keep('d', 'x')
    expect(await ids()).toEqual(['d', 'c', 'a'])
  })

  test.each<[string, string[], (value: Record<string, unknown>) => unknown, RegExp]>([
    ['no record', ['about', 'a'], () => undefined, /not there any more/],
    [
      'another version',
      ['about', 'a'],
      (about) => ({ ...about, version: 0 }),
      /not there any more/,
    ],
    [
      'a fractional step',
      ['about', 'a'],
      (about) => ({ ...about, step: 0.5 }),
      /not there any more/,
    ],
    ['no state', ['run', 'a'], () => undefined, /damaged/],
    ['no file', ['run', 'a'], (run) => ({ ...run, file: null }), /damaged/],
    ['an invalid time', ['run', 'a'], (run) => ({ ...run, ms: NaN }), /damaged/],
    ['invalid parameters', ['run', 'a'], (run) => ({ ...run, initial: [1] }), /damaged/],
    ['no text', ['text', 'hash of x'], () => undefined, /damaged/],
  ])('with %s are refused, and others are not', async (_, key, change, message) => {
    await keep('a', 'x')
    await keep('b', 'y')
    await spoil(key, change)
    await expect(read('a')).rejects.toThrow(message)
    expect((await read('b')).text).toBe('y')
  })

  test('that cannot be read are listed with the reason', async () => {
    await keep('a', 'x')
    await spoil(['about', 'a'], (about) => ({ ...about, name: 5 }))
    expect(await list()).toMatchObject([{ id: 'a', trouble: expect.stringMatching(/damaged/) }])
  })

  test('are unchanged when a new one cannot be stored', async () => {
    await keep('a', 'x')
    const before = await records()
    const bad = { file: new Uint8Array(1), log: () => {} } as never
    const about = { id: 'b', step: 1, of: 2, time: ++now, name: null, mark: 'm', text: 'y' }
    await expect(put(about, bad, 'a')).rejects.toThrow()
    expect(await records()).toEqual(before)
  })
})

describe('transactions', () => {
  test('are committed at once, so none waits for a worker that the browser has frozen', async () => {
    const calls: string[] = []
    const { commit } = IDBTransaction.prototype
    const { transaction } = IDBDatabase.prototype
    const spies = [
      vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (
        this: IDBDatabase,
        ...args
      ) {
        calls.push('begun')
        // Nothing else runs between the first request and the commit.
        queueMicrotask(() => calls.push('later'))
        return transaction.apply(this, args)
      }),
      vi.spyOn(IDBTransaction.prototype, 'commit').mockImplementation(function (
        this: IDBTransaction,
      ) {
        calls.push('committed')
        commit.call(this)
      }),
    ]
    for (const id of ['a', 'b', 'c', 'd']) await keep(id, `text of ${id}`)
    await keep('e', 'text of b', { replaced: 'c' })
    await list()
    await read('e')
    await forget('e')
    for (const spy of spies) spy.mockRestore()
    expect(calls.length).toBeGreaterThan(30)
    expect(calls).toEqual(calls.map((_, i) => ['begun', 'committed', 'later'][i % 3]))
  })

  test('fail if they are aborted after their requests have succeeded', async () => {
    const done = transact('readwrite', (store) => {
      const { transaction } = store
      transaction.commit = () => {}
      const request = store.put(1, ['x'])
      request.addEventListener('success', () => transaction.abort())
      return [request]
    })
    await expect(done).rejects.toThrow()
    expect((await records()).size).toBe(0)
  })

  test('put a long text back that another page has removed', async () => {
    const text = 'x'.repeat(2 ** 17)
    await keep('a', text)
    await transact('readwrite', (store) => [store.delete(['text', `hash of ${text}`])])
    await keep('a', text, { isFirst: false })
    expect((await read('a')).text).toBe(text)
  })
})
