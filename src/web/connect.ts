/** The page's worker: a file beside the page, or in the one-file page its source. */
import { RpcClient } from '../worker/rpc.js'
import type { PageApi } from './page-api.js'

/** The worker's program, where the build puts it into the page; else nothing of this name exists. */
declare const WORKER_SOURCE: string

/** The first worker, started by boot.js. It is used once. */
const scope = globalThis as { early?: Worker & { failed?: boolean } }

/** Whether the first worker makes a model of the shipped names without being asked. */
export const hasBegun = () => scope.early !== undefined && !location.hash.includes('=')

function spawn(): Worker {
  if (typeof WORKER_SOURCE === 'string') {
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    const url = URL.createObjectURL(code)
    try {
      return new Worker(url)
    } finally {
      // Firefox reads it after this turn.
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    }
  }
  const { early } = scope
  delete scope.early
  if (early?.failed) throw new Error('it could not be loaded')
  return early ?? new Worker('page-worker.js')
}

/**
 * @param onFail receives the error when the worker fails later
 * @throws when there can be no worker
 */
export const connectWorker = (onFail: (error: Error) => void): RpcClient<PageApi> =>
  new RpcClient<PageApi>(spawn(), onFail)
