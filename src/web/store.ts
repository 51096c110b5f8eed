/** An object store in IndexedDB; a transaction succeeds as a whole or changes nothing. */

const NAME = 'microgpt-wasm'
const VERSION = 1
const STORE = 'kept'

/** The result of a request. @throws the error of the request */
export function ask<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener('success', () => resolve(request.result))
    request.addEventListener('error', () => reject(request.error!))
  })
}

/** Time limit for the store: another page may block it. Writing a large run takes a second. */
const PATIENCE_MS = 8000

let opened: Promise<IDBDatabase> | null = null

/** Closes the database; the next transaction opens it again. */
export async function closeStore(): Promise<void> {
  const closing = opened
  opened = null
  ;(await closing?.catch(() => null))?.close()
}

/** @throws {Error} if the store does not answer in time */
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
  // Close the database, so that a newer version of the page can upgrade it.
  database.addEventListener('versionchange', () => {
    database.close()
    opened = null
  })
  database.addEventListener('close', () => (opened = null))
  return database
}

/**
 * Runs a task in one transaction; the task may await its requests, but nothing else. Resolves when
 * the transaction is complete.
 * @throws the error of the browser or of the task; then nothing has changed
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
      // The transaction is over already.
    }
    throw error
  }
}
