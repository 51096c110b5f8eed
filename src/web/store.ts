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

let opened: Promise<IDBDatabase> | null = null

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
  const database = await opened.catch((error: unknown) => {
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
    const result = await task(transaction.objectStore(STORE))
    await complete
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
