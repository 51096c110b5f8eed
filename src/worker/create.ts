/** The way in to the worker front door: the rest of it is loaded when it is asked for. */
import type { CreateOptions } from '../microgpt.js'
import type { WorkerModel } from './model.js'

/**
 * A model in a worker of its own: MicroGPT.create off the main thread.
 * @param options.signal gives up while the model is made
 * @throws what MicroGPT.create throws, and {MicroGPTError} where there are no workers
 */
export async function createWorkerModel(
  options: CreateOptions & { signal?: AbortSignal },
): Promise<WorkerModel> {
  return (await import('./worker.js')).startWorkerModel(options)
}
