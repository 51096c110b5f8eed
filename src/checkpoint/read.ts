/** Reads checkpoints, and checks everything in them. write.ts shows what they contain. */
import type { Arena } from '../engine/arena.js'
import { Metadata, type ReadOptions, attempt, configOf, tokenizerOf } from './metadata.js'
import { MOMENTS, type RunState, VERSION, RANDOM_WORDS, momentsOf } from './write.js'
import { show } from '../config/checks.js'
import type { Config, PresetName } from '../config/config.js'
import { advice } from '../config/terms.js'
import type { Mode } from '../data/corpus.js'
import type { Random, RandomState } from '../random.js'
import { fail } from './safetensors/header.js'
import {
  type CheckpointBytes,
  type Safetensors,
  type StoredTensor,
  copyNumbers,
  readSafetensors,
} from './safetensors/read.js'
import { type ParameterSpec, gptTable } from '../config/parameters.js'
import type { Tokenizer } from '../data/tokenizer.js'

export { type DatasetMark, type RunState, hashOf, writeCheckpoint } from './write.js'

/** At most as many digits as 2^32768, the bound of seeds. */
const SEED = /^-?\d{1,9865}$/

/** As String() writes a finite number. */
const NUMBER = /^-?\d{1,22}(\.\d{1,20})?(e[+-]\d{1,3})?$/

/** The content of a checkpoint; its tensors are views of the file's bytes. */
export interface Checkpoint {
  /** Whether the model was trained on documents or on a text. */
  mode: Mode
  /** The preset that the model was made with. */
  preset: PresetName
  /** All hyperparameters. */
  config: Readonly<Config>
  /** The seed that the model was made with. */
  seed: bigint
  /** Number of training steps. */
  step: number
  /** The tokenizer of the file's alphabet. */
  tokenizer: Tokenizer
  /** The model's matrices, in order. */
  table: ParameterSpec[]
  /** The stored tensors by name. */
  tensors: ReadonlyMap<string, StoredTensor>
  /** What is needed to resume training, or null for a file with parameters only. */
  run: RunState | null
}

/**
 * Reads a checkpoint and checks that it is complete. Its numbers are not copied or checked yet.
 * @param bytes of a safetensors file
 * @throws {CheckpointError} with a code that says what is wrong
 * @throws {ConfigError} for an option that cannot be used
 */
export function readCheckpoint(bytes: CheckpointBytes, options: ReadOptions = {}): Checkpoint {
  const { metadata, tensors } = readSafetensors(bytes, options.maxHeader)
  const words = new Metadata(metadata)
  const version = metadata.get('microgpt')
  if (version !== undefined && version !== VERSION) {
    fail('metadata', `this reads checkpoints of version ${VERSION}, got ${show(version)}`)
  }
  const { preset, config } = configOf(words, options)
  const tokenizer = words.attempt('alphabet', () => tokenizerOf(metadata, tensors, options))
  const table = gptTable(config, tokenizer.vocabSize)
  const hasRun = tensors.has(RANDOM_WORDS)
  // A run goes on from these; parameters alone are of no step and no seed unless they say so.
  const step = words.whole('step', hasRun ? undefined : 0)
  const seed = BigInt(words.matching('seed', SEED, hasRun ? undefined : '42'))
  if (seed >> 32768n > 0n || -seed >> 32768n > 0n) {
    fail('metadata', "the file's seed must be below 2^32768")
  }
  checkStep(words, step, config.num_steps)
  const hint = metadata.has('config') ? '' : `; ${advice('theConfig')} that fit`
  checkTensors(table, tensors, hasRun, { ...options, hint })
  const mode = words.matching('mode', /^(docs|text)$/, 'docs') as Mode
  const run = hasRun ? runOf(words, tensors.get(RANDOM_WORDS)!) : null
  return { mode, preset, config, seed, step, tokenizer, table, tensors, run }
}

/** Copies a file's parameters into an arena, and its run's moments. @throws {CheckpointError} */
export function restoreNumbers(
  { table, tensors }: Checkpoint,
  arena: Arena,
  withRun: boolean,
): void {
  const parts: [string, Float64Array][] = [['', arena.params]]
  if (withRun) momentsOf(arena).forEach((flat, i) => parts.push([MOMENTS[i]!, flat]))
  for (const [prefix, flat] of parts) {
    let end = 0
    for (const { name, shape } of table) {
      const part = flat.subarray(end, (end += shape[0] * shape[1]))
      copyNumbers(tensors.get(prefix + name)!, part)
      checkValues(prefix + name, part)
    }
  }
}

/** Sets a generator to a file's state. @throws {CheckpointError} if the state is not valid */
export function restoreRandom(random: Random, state: RandomState): void {
  attempt('metadata', "the generator's state cannot be used", () => random.restore(state))
}

/** @throws {CheckpointError} for a step that no run with these settings can have reached */
function checkStep(words: Metadata, step: number, given: number): void {
  const own = words.get('config')
  const { num_steps = given }: { num_steps?: number } = own === undefined ? {} : JSON.parse(own)
  if (step <= num_steps || step <= words.whole('docs_seen', 0)) return
  fail('metadata', `the file's step must be from 0 to num_steps (${num_steps}), got ${step}`)
}

function checkTensors(
  table: readonly ParameterSpec[],
  tensors: Safetensors['tensors'],
  hasRun: boolean,
  { widen = false, hint = '' }: ReadOptions & { hint?: string },
): void {
  const want = new Map<string, readonly number[]>()
  for (const prefix of hasRun ? ['', ...MOMENTS] : ['']) {
    for (const { name, shape } of table) want.set(prefix + name, shape)
  }
  if (hasRun) want.set(RANDOM_WORDS, [624])
  for (const [name, shape] of want) {
    const tensor = tensors.get(name)
    if (!tensor) fail('tensors', `the file has no tensor ${name}; is it of another model?`)
    const [got, wanted] = [tensor.shape, shape].map((list) => `[${list.join(', ')}]`)
    if (got !== wanted) fail('shape', `${name} must be of shape ${wanted}, got ${got}${hint}`)
    if (tensor.dtype !== 'F64' && !(widen && name !== RANDOM_WORDS)) {
      const how = widen ? '' : `; ${advice('anyWidth')}`
      fail('dtype', `${name} must be of dtype F64, got ${tensor.dtype}${how}`)
    }
  }
  const odd = [...tensors.keys()].find((name) => !want.has(name))
  if (odd !== undefined) {
    fail('tensors', `the file has an unexpected tensor ${show(odd)} for this model${hint}`)
  }
}

function runOf(words: Metadata, stored: StoredTensor): RunState {
  const twister = new Float64Array(624)
  copyNumbers(stored, twister)
  const hasGauss = words.get('random_gauss') !== undefined
  const hasText = words.get('num_chars') !== undefined
  const chars = hasText ? { num_chars: String(words.whole('num_chars')) } : {}
  return {
    docsSeen: words.whole('docs_seen'),
    num_docs: String(words.whole('num_docs')),
    ...chars,
    docs_hash: words.matching('docs_hash', /^[0-9a-f]{16}$/),
    // The forms in which String() writes a number below 1.
    valFraction: Number(
      words.matching('val_fraction', /^(0|0\.\d{1,30}|\d(\.\d{1,30})?e-[1-9]\d{0,2})$/, '0'),
    ),
    random: {
      words: Array.from(twister),
      index: words.whole('random_index'),
      gaussNext: hasGauss ? Number(words.matching('random_gauss', NUMBER)) : null,
    },
  }
}

/** @throws {CheckpointError} for a number that is not finite, or a negative second moment */
function checkValues(name: string, data: Float64Array): void {
  const second = name.startsWith(MOMENTS[1])
  const i = data.findIndex((x) => !Number.isFinite(x) || (second && x < 0))
  if (i >= 0) {
    const want = second ? 'finite numbers from 0' : 'finite numbers'
    fail('values', `${name} must hold ${want}, got ${data[i]} at ${i}; take an earlier checkpoint`)
  }
}
