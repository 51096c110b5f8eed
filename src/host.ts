/**
 * What a page takes that has microgpt.js and core.wasm alone; and the classes that the files beside
 * it are built on, so that an error or a tensor is of one class everywhere.
 */
export { MicroGPT } from './microgpt.js'
export { createWorkerModel, loadWorkerModel } from './worker/create.js'
export * from './errors.js'
export { Tokenizer } from './tokenizer.js'
export { PRESETS, resolveConfig } from './config.js'
export { CORE_URL, loadCore } from './core.js'
export { Arena, Bounds, Ids, Tensor } from './arena.js'
export { Graph } from './graph.js'
export { Random } from './random.js'
export { DocumentPass } from './train.js'
