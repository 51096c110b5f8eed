/** An object store in IndexedDB; a transaction succeeds as a whole or changes nothing. */

const NAME = 'microgpt-wasm'
const VERSION = 1
const STORE = 'kept'

/** A request for some T, whatever its own type: TypeScript takes those of IDBRequest as unrelated. */
type Asked<T> = Pick<IDBRequest<T>, 'result' | 'error'> & EventTarget

/** The result of a request. @throws the error of the request */
function ask<T>(request: Asked<T>): Promise<T> {
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
 * Makes all requests of one transaction at once and commits it. The browser then completes it even if
 * this worker ends or is frozen meanwhile, as it is when the visitor leaves the page by a link: a
 * transaction that waited for a frozen worker would block the page that is opened next.
 * @returns the results of the requests, in order, when the transaction is complete
 * @throws the error of the browser or of the function; then nothing has changed
 */
export async function transact<T extends unknown[]>(
  mode: IDBTransactionMode,
  requests: (store: IDBObjectStore) => { [I in keyof T]: Asked<T[I]> },
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
    // Chromium may read a large value only after the transaction is complete.
    const results = Promise.all(requests(transaction.objectStore(STORE)).map((each) => ask(each)))
    results.catch(() => {})
    transaction.commit()
    await inTime(complete)
    return (await inTime(results)) as T
  } catch (error) {
    try {
      transaction.abort()
    } catch {
      // The transaction is committed or over already.
    }
    throw error
  }
}
