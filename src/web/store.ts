/** One object store in IndexedDB: whole transactions, or nothing. */

const NAME = 'microgpt-wasm'
const VERSION = 1
const STORE = 'kept'

/** The result of a request. @throws what the browser refused it with */
export function ask<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error!))
  })
}

/** A store that another page holds in a transaction does not answer; a large run takes a second. */
const PATIENCE_MS = 8000

let opened: Promise<IDBDatabase> | null = null

/** Closes the database; the next transaction opens it again. */
export async function closeStore(): Promise<void> {
  const closing = opened
  opened = null
  ;(await closing?.catch(() => null))?.close()
}

/** @throws {Error} when the store takes longer than it should */
async function inTime<T>(promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout>
  const late = new Promise<never>((_, reject) => {
    const message = "the browser's store does not answer; close other tabs of this page"
    timer = setTimeout(() => reject(new Error(message)), PATIENCE_MS)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

async function open(): Promise<IDBDatabase> {
  if (typeof indexedDB === 'undefined') throw new Error('it has no IndexedDB')
  const request = indexedDB.open(NAME, VERSION)
  request.addEventListener('upgradeneeded', () => request.result.createObjectStore(STORE))
  const database = await ask(request)
  // A later version of the page may want to change the store: this one must not stand in its way.
  database.addEventListener('versionchange', () => {
    database.close()
    opened = null
  })
  database.addEventListener('close', () => (opened = null))
  return database
}

/**
 * All that the task asks for in one transaction; the task may wait for its requests and for nothing
 * else. Resolves once the browser has it all.
 * @throws what the browser or the task failed with: then nothing has been changed
 */
export async function transact<T>(
  mode: IDBTransactionMode,
  task: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  opened ??= open()
  const database = await inTime(opened).catch((error: unknown) => {
    opened = null
    throw error
  })
  const transaction = database.transaction(STORE, mode)
  const complete = new Promise<void>((resolve, reject) => {
    transaction.addEventListener('complete', () => resolve())
    transaction.addEventListener('abort', () =>
      reject(transaction.error ?? new Error('it was broken off')),
    )
  })
  complete.catch(() => {})
  try {
    const result = await inTime(task(transaction.objectStore(STORE)))
    await inTime(complete)
    return result
  } catch (error) {
    try {
      transaction.abort()
    } catch {
      // It is over already.
    }
    throw error
  }
}
