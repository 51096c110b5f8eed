/**
 * The runs in the browser's store. Keys have two parts. A run has a description and a state; texts
 * are stored separately, because runs may share them.
 *
 *     ['about', id]  About
 *     ['run', id]    StoredState
 *     ['text', mark] string
 */
import type { Mode } from '../../data/corpus.js'
import type { LossState } from '../loss-log.js'
import type { StoredRun } from '../page-api.js'
import { ask, transact } from '../store.js'

/** Version of this layout. A record of another version is kept, but cannot be resumed. */
const VERSION = 1
const MOST_RUNS = 3
/** A text of at most this many characters is written again with each save. */
const MOST_REWRITTEN = 2 ** 16

interface About extends StoredRun {
  version: number
  /** The key of its text. */
  text: string
}

export interface StoredState {
  /** 'docs' if absent: runs of earlier versions do not have it. */
  mode?: Mode
  valFraction?: number
  /** A checkpoint that can be resumed. */
  file: Uint8Array
  log: LossState
  /** Milliseconds of training. */
  ms: number
  /** Parameters before training; null if they are those that the seed gives. */
  initial: Float64Array | null
  before: string
}

const all = (kind: string) => IDBKeyRange.bound([kind], [kind, []])
const isWhole = (x: unknown) => Number.isSafeInteger(x) && (x as number) >= 0

function isAbout(value: unknown): value is About {
  if (typeof value !== 'object' || value === null) return false
  const { version, step, of, time, name, text } = value as About
  const numbers = [step, of, time].every(isWhole)
  return version === VERSION && numbers && (name === null || typeof name === 'string') && !!text
}

const tell = ({ id, step, of, time, name }: About): StoredRun => ({ id, step, of, time, name })

/** The descriptions of all runs, newest first; null for one that cannot be read. */
async function abouts(store: IDBObjectStore): Promise<{ id: string; about: About | null }[]> {
  const [keys, values] = await Promise.all([
    ask(store.getAllKeys(all('about'))),
    ask<unknown[]>(store.getAll(all('about'))),
  ])
  const found = keys.map((key, i) => {
    const id = String((key as string[])[1])
    const value = values[i]
    return { id, about: isAbout(value) ? { ...value, id } : null }
  })
  return found.sort((a, b) => (b.about?.time ?? 0) - (a.about?.time ?? 0))
}

/** Removes runs, and texts that no run uses any more. */
async function remove(store: IDBObjectStore, ids: ReadonlySet<string>): Promise<void> {
  for (const id of ids) for (const kind of ['about', 'run']) store.delete([kind, id])
  const [left, texts] = await Promise.all([abouts(store), ask(store.getAllKeys(all('text')))])
  // If a record cannot be read, its text is unknown, so all texts are kept.
  if (left.some(({ about }) => !about)) return
  const needed = new Set(left.map(({ about }) => about!.text))
  for (const key of texts) if (!needed.has(String((key as string[])[1]))) store.delete(key)
}

export function list(): Promise<StoredRun[]> {
  return transact('readonly', async (store) => {
    const found = await abouts(store)
    const trouble = 'it was kept by another version of this page, or is damaged'
    return found.map(({ id, about }) =>
      about ? tell(about) : { id, step: 0, of: 0, time: 0, name: null, trouble },
    )
  })
}

/**
 * Stores a run in one transaction and removes the run that it resumed. All requests are made at once
 * and then committed: the browser completes them even if the worker ends or is frozen meanwhile, as
 * it is when the visitor leaves the page by a link.
 * @param isFirst whether the run is stored for the first time: a long text is stored only then
 */
export async function put(
  { mark, text, ...about }: StoredRun & { mark: string; text: string },
  state: StoredState,
  replaced: string | null,
  isFirst = true,
): Promise<void> {
  await transact('readwrite', async (store) => {
    store.put({ ...about, version: VERSION, text: mark }, ['about', about.id])
    store.put(state, ['run', about.id])
    if (isFirst || text.length <= MOST_REWRITTEN) store.put(text, ['text', mark])
    if (replaced !== null) for (const kind of ['about', 'run']) store.delete([kind, replaced])
    store.transaction.commit()
  })
  // The run is stored, so a failure here is not reported; the next new run tries again.
  if (isFirst) await tidy(about.id).catch(() => {})
}

/**
 * Removes runs beyond MOST_RUNS, finished ones first, then the oldest, but not this one; and texts
 * that no run uses any more.
 */
function tidy(id: string): Promise<void> {
  return transact('readwrite', async (store) => {
    const others = (await abouts(store)).filter((other) => other.id !== id)
    const over = (x: About | null) => Number(!x || x.step >= x.of)
    others.sort((x, y) => over(x.about) - over(y.about))
    await remove(store, new Set(others.slice(MOST_RUNS - 1).map((other) => other.id)))
  })
}

/** @throws {Error} if the run is missing or damaged */
export function read(id: string): Promise<{ about: StoredRun; state: StoredState; text: string }> {
  return transact('readonly', async (store) => {
    const about: unknown = await ask(store.get(['about', id]))
    if (!isAbout(about)) throw new Error('it is not there any more')
    const [state, text] = await Promise.all([
      ask<StoredState | undefined>(store.get(['run', id])),
      ask<unknown>(store.get(['text', about.text])),
    ])
    const { file, log, ms, initial, before } = state ?? ({} as Partial<StoredState>)
    const whole =
      file instanceof Uint8Array &&
      typeof log === 'object' &&
      Number.isFinite(ms) &&
      (initial === null || initial instanceof Float64Array) &&
      typeof before === 'string' &&
      typeof text === 'string'
    if (!whole) throw new Error('it is damaged')
    return { about: tell({ ...about, id }), state: state!, text }
  })
}

export function forget(id: string): Promise<void> {
  return transact('readwrite', (store) => remove(store, new Set([id])))
}
