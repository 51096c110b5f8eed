/** Starts the worker from page-worker.js, or in the one-file page from its embedded source. */
import { RpcClient } from '../worker/rpc.js'
import type { PageApi } from './page-api.js'

/** Source of the worker, defined by the build of the one-file page; otherwise not declared. */
declare const WORKER_SOURCE: string

/** The first worker, started by boot.js. It is used once. */
const scope = globalThis as { early?: Worker & { failed?: boolean } }

/** Whether boot.js has started a worker that already makes the default model. */
export const hasBegun = () => scope.early !== undefined && !location.hash.includes('=')

function spawn(): Worker {
  if (typeof WORKER_SOURCE === 'string') {
    const code = new Blob([WORKER_SOURCE], { type: 'text/javascript' })
    const url = URL.createObjectURL(code)
    try {
      return new Worker(url)
    } finally {
      // Firefox reads the URL later, so it must not be revoked at once.
      setTimeout(() => URL.revokeObjectURL(url), 10_000)
    }
  }
  const { early } = scope
  delete scope.early
  if (early?.failed) throw new Error('it could not be loaded')
  return early ?? new Worker('page-worker.js')
}

/**
 * Starts a worker and connects to it.
 * @param onFail receives the error if the worker fails later
 * @throws if no worker can be started
 */
export const connectWorker = (onFail: (error: Error) => void): RpcClient<PageApi> =>
  new RpcClient<PageApi>(spawn(), onFail)
