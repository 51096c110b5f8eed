/** The entry points of models in a worker; the rest of the code is loaded on first use. */
import type { CreateOptions, LoadOptions } from '../gpt/microgpt.js'
import { snapshot } from '../gpt/options.js'
import type { WorkerModel } from './worker-model.js'
import type { Abortable } from './start.js'

const part = () => import('./start.js')

/**
 * Creates a model in a new worker: MicroGPT.create off the main thread.
 * @param options those of MicroGPT.create, and a signal that cancels the creation
 * @throws what MicroGPT.create throws, the signal's reason, or a MicroGPTError if there are no
 *   workers or worker.js is not next to this module
 */
export async function createWorkerModel(options: CreateOptions & Abortable): Promise<WorkerModel> {
  const given = snapshot(options)
  return (await part()).createModel(given)
}

/**
 * Loads a model from a checkpoint in a new worker: MicroGPT.load off the main thread.
 * @param bytes are moved to the worker, and the array is empty afterwards; pass bytes.slice() to
 *   keep it
 * @param options those of MicroGPT.load, and a signal that cancels the loading
 * @throws what MicroGPT.load and createWorkerModel throw
 */
export async function loadWorkerModel(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions & Abortable,
): Promise<WorkerModel> {
  const given = options && snapshot(options)
  return (await part()).loadModel(bytes, given)
}
