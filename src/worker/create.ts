/** The way in to the worker front door: the rest of it is loaded when it is asked for. */
import type { CreateOptions, LoadOptions } from '../gpt/microgpt.js'
import { snapshot } from '../gpt/options.js'
import type { WorkerModel } from './worker-model.js'
import type { Abortable } from './start.js'

const part = () => import('./start.js')

/**
 * A model in a worker of its own: MicroGPT.create off the main thread.
 * @param options.signal gives up while the model is made
 * @throws what MicroGPT.create throws, the signal's reason, and {MicroGPTError} where there are no
 *   workers or worker.js is not beside this module
 */
export async function createWorkerModel(options: CreateOptions & Abortable): Promise<WorkerModel> {
  const given = snapshot(options)
  return (await part()).createModel(given)
}

/**
 * A model in a worker of its own from a checkpoint: MicroGPT.load off the main thread.
 * @param bytes move to the worker, and the array is empty then: give bytes.slice() to keep them
 * @param options.signal gives up while the model is made
 * @throws what MicroGPT.load throws, and what createWorkerModel does
 */
export async function loadWorkerModel(
  bytes: Uint8Array | ArrayBuffer,
  options?: LoadOptions & Abortable,
): Promise<WorkerModel> {
  const given = options && snapshot(options)
  return (await part()).loadModel(bytes, given)
}
