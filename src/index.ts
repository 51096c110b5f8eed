/** The public API. */
export { MicroGPT } from './gpt/microgpt.js'
export type * from './gpt/options.js'
export type { EngineOptions } from './gpt/runtime.js'
export { createWorkerModel, loadWorkerModel } from './worker/create.js'
export type { WorkerModel } from './worker/worker-model.js'
export type { RunResult, WorkerRun } from './worker/worker-run.js'
export type { ParameterCopy } from './worker/model-api.js'
export * from './errors.js'

// configuration and data
export { PRESETS, resolveConfig } from './config/config.js'
export type { Activation, Config, ConfigInput, PresetName, Schedule } from './config/config.js'
export { FIELDS, type Field } from './config/hyperparameters.js'
export { learningRate } from './config/schedule.js'
export {
  countParams,
  gptTable,
  type ParameterName,
  type ParameterSpec,
} from './config/parameters.js'
export { Tokenizer } from './data/tokenizer.js'
export { decodeUtf8, parseDocs, parseText, strip } from './data/text.js'
export type { Data, DataOptions, Mode } from './data/corpus.js'
export { Random, type GaussMath, type RandomState, type Seed } from './random.js'

// checkpoints
export { readCheckpoint, type Checkpoint } from './checkpoint/read.js'
export type { DatasetMark, RunState } from './checkpoint/write.js'
export { readSafetensors } from './checkpoint/safetensors/read.js'
export type {
  ByteSource,
  CheckpointBytes,
  Dtype,
  Safetensors,
  StoredTensor,
} from './checkpoint/safetensors/read.js'
export {
  safetensorsPieces,
  writeSafetensors,
  type Bytes,
  type NamedTensor,
  type PiecewiseFile,
} from './checkpoint/safetensors/write.js'

// the tape, for custom models
export { loadCore, type Core, type CoreSource } from './engine/core.js'
export { coreUrl } from './engine/assets.js'
export { Arena } from './engine/arena.js'
export { Bounds, Ids, Tensor } from './engine/tensor.js'
export { Graph, type Caches } from './engine/graph.js'
export type { OpRecord } from './engine/tape.js'
export { recordModel } from './engine/record-model.js'
export { Adam, type AdamOptions } from './engine/adam.js'
export { MAX_BYTES, formatBytes, planBytes, type ArenaPlan } from './engine/plan.js'
export { gpt, type Context } from './gpt/model.js'
export { planGPT } from './gpt/memory.js'
export { initialise, mapStateDict, type Parameter, type StateDict } from './gpt/state-dict.js'
