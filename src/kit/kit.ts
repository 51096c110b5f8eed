/**
 * MicroGPT with save(), and what own models and tools are made of, for all that need none without
 * it: build/microgpt.kit.js.
 */
export { MicroGPT } from '../microgpt.js'
export { Adam } from '../adam.js'
export { Arena, Bounds, Ids } from './arena.js'
export { MAX_BYTES, formatBytes, planBytes } from '../arena-plan.js'
export { FIELDS } from '../fields.js'
export { learningRate } from '../config.js'
export { decodeUtf8, parseDocs, parseText, strip } from '../dataset.js'
export { planGPT } from '../memory.js'
export { gpt } from '../model.js'
export { writeSafetensors } from '../safetensors-writer.js'
export { countParams, gptTable, initialise, mapStateDict } from '../state-dict.js'
export { Graph } from './graph.js'
export { Random } from './random.js'
