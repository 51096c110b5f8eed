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
import { transact } from '../store.js'

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

interface Contents {
  /** The descriptions of all runs, newest first; null for one that cannot be read. */
  runs: { id: string; about: About | null }[]
  /** The marks of the texts. */
  texts: string[]
}

const lastPart = (key: IDBValidKey) => String((key as IDBValidKey[])[1])

async function contents(): Promise<Contents> {
  const [keys, values, texts] = await transact<[IDBValidKey[], unknown[], IDBValidKey[]]>(
    'readonly',
    (store) => [
      store.getAllKeys(all('about')),
      store.getAll(all('about')),
      store.getAllKeys(all('text')),
    ],
  )
  const runs = keys.map((key, i) => {
    const [id, value] = [lastPart(key), values[i]]
    return { id, about: isAbout(value) ? { ...value, id } : null }
  })
  runs.sort((a, b) => (b.about?.time ?? 0) - (a.about?.time ?? 0))
  return { runs, texts: texts.map(lastPart) }
}

/** Removes runs, and texts that no run uses any more. */
async function remove(ids: ReadonlySet<string>, { runs, texts }: Contents): Promise<void> {
  const left = runs.filter(({ id }) => !ids.has(id))
  const needed = new Set(left.map(({ about }) => about?.text))
  // If a record cannot be read, its text is unknown, so all texts are kept.
  const over = left.every(({ about }) => about) ? texts.filter((mark) => !needed.has(mark)) : []
  await transact('readwrite', (store) => [
    ...[...ids].flatMap((id) => [store.delete(['about', id]), store.delete(['run', id])]),
    ...over.map((mark) => store.delete(['text', mark])),
  ])
}

export async function list(): Promise<StoredRun[]> {
  const { runs } = await contents()
  const trouble = 'it was kept by another version of this page, or is damaged'
  return runs.map(({ id, about }) =>
    about ? tell(about) : { id, step: 0, of: 0, time: 0, name: null, trouble },
  )
}

/**
 * Stores a run in one transaction and removes the run that it resumed.
 * @param isFirst whether the run is stored for the first time: a long text is stored only then
 */
export async function put(
  { mark, text, ...about }: StoredRun & { mark: string; text: string },
  state: StoredState,
  replaced: string | null,
  isFirst = true,
): Promise<void> {
  const writesText = isFirst || text.length <= MOST_REWRITTEN
  const [texts] = await transact<[number, ...unknown[]]>('readwrite', (store) => [
    store.count(['text', mark]),
    store.put({ ...about, version: VERSION, text: mark }, ['about', about.id]),
    store.put(state, ['run', about.id]),
    ...(writesText ? [store.put(text, ['text', mark])] : []),
    ...(replaced === null ? [] : ['about', 'run'].map((kind) => store.delete([kind, replaced]))),
  ])
  // Another page may have removed the text when no run was using it.
  if (texts === 0 && !writesText) {
    await transact('readwrite', (store) => [store.put(text, ['text', mark])])
  }
  // The run is stored, so a failure here is not reported; the next new run tries again.
  if (isFirst) await tidy(about.id).catch(() => {})
}

/**
 * Removes runs beyond MOST_RUNS, finished ones first, then the oldest, but not this one; and texts
 * that no run uses any more.
 */
async function tidy(id: string): Promise<void> {
  const found = await contents()
  const others = found.runs.filter((other) => other.id !== id)
  const over = (x: About | null) => Number(!x || x.step >= x.of)
  others.sort((x, y) => over(x.about) - over(y.about))
  await remove(new Set(others.slice(MOST_RUNS - 1).map((other) => other.id)), found)
}

/** @throws {Error} if the run is missing or damaged */
export async function read(
  id: string,
): Promise<{ about: StoredRun; state: StoredState; text: string }> {
  const [about, state] = await transact<[unknown, StoredState | undefined]>('readonly', (store) => [
    store.get(['about', id]),
    store.get(['run', id]),
  ])
  if (!isAbout(about)) throw new Error('it is not there any more')
  const [text] = await transact<[unknown]>('readonly', (store) => [store.get(['text', about.text])])
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
}

export async function forget(id: string): Promise<void> {
  await remove(new Set([id]), await contents())
}
