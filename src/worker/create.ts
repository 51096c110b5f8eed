/** The way in to the worker front door: the rest of it is loaded when it is asked for. */
import { beside } from '../beside.js'
import type { CreateOptions } from '../microgpt.js'
import type { WorkerModel } from './model.js'

/**
 * A model in a worker of its own: MicroGPT.create off the main thread.
 * @param options.signal gives up while the model is made
 * @throws what MicroGPT.create throws, and {MicroGPTError} where there are no workers
 *   or worker.js is not beside this module
 */
export async function createWorkerModel(
  options: CreateOptions & { signal?: AbortSignal },
): Promise<WorkerModel> {
  const { startWorkerModel } = await beside('worker.js', import('./worker.js'))
  return startWorkerModel(options)
}
