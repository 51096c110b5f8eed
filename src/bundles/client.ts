/** build/client.js: models in workers alone, for pages that train on no other thread. */
export * from '../errors.js'
export { createWorkerModel, loadWorkerModel } from '../worker/create.js'
export type { WorkerModel } from '../worker/worker-model.js'
