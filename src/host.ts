/** The public API but for two functions that read checkpoints: build/microgpt.js. */
export { MicroGPT } from './microgpt.js'
export type {
  CreateOptions,
  GenerateOptions,
  Generated,
  LoadOptions,
  SampleOptions,
  StepResult,
  TrainOptions,
} from './microgpt.js'
export { createWorkerModel, loadWorkerModel } from './worker/create.js'
export type { WorkerModel } from './worker/model.js'
export type { RunResult, WorkerRun } from './worker/run.js'
export type { ParameterCopy } from './worker/messages.js'
export * from './errors.js'
export type { Checkpoint, DatasetMark, ReadOptions, RunState } from './checkpoint.js'
export { writeSafetensors } from './safetensors.js'
export type { Dtype, NamedTensor, Safetensors, StoredTensor } from './safetensors.js'
export { FIELDS, PRESETS, learningRate, resolveConfig } from './config.js'
export type { Activation, Config, ConfigInput, Field, PresetName, Schedule } from './config.js'
export { Random } from './random.js'
export type { GaussMath, RandomState, Seed } from './random.js'
export { decodeUtf8, parseDocs, parseText, strip } from './dataset.js'
export type { Data, DataOptions, Mode } from './corpus.js'
export { Tokenizer } from './tokenizer.js'
export { CORE_URL, loadCore } from './core.js'
export type { Core, CoreSource } from './core.js'
export { Arena, Bounds, Ids, MAX_BYTES, Tensor, formatBytes, planBytes } from './arena.js'
export type { ArenaPlan } from './arena.js'
export { Adam } from './adam.js'
export type { AdamOptions } from './adam.js'
export { countParams, gptTable, initialise, mapStateDict } from './state-dict.js'
export type { Parameter, ParameterSpec, StateDict } from './state-dict.js'
export { Graph } from './graph.js'
export type { OpRecord } from './graph.js'
export { gpt } from './model.js'
export type { Attend } from './model.js'
export type { Candidate } from './sample.js'
export { planGPT } from './memory.js'
