/**
 * The content of a checkpoint: the matrices by name and, for a run that can be resumed, everything
 * else that its next step depends on. There are no times and no paths in it: equal runs give equal
 * bytes.
 *
 *     tensors   wte ... layer0.mlp_fc2                [nout, nin], as in the state_dict
 *               adam.m.wte ... adam.v.layer0.mlp_fc2  the moments, likewise
 *               random.words                          [624], the twister
 *     metadata  format microgpt preset config alphabet seed step
 *               docs_seen num_docs docs_hash random_index random_gauss
 *               mode                                  only for a text: text
 *               num_chars                             only for a run on a text
 *               val_fraction                          only for a run with held-out data
 */
import { show } from '../config/checks.js'
import type { Config } from '../config/config.js'
import { gptTable } from '../config/parameters.js'
import type { Corpus, Mode, Pieces } from '../data/corpus.js'
import type { Tokenizer } from '../data/tokenizer.js'
import type { Arena } from '../engine/arena.js'
import { even } from '../engine/plan.js'
import { CheckpointError } from '../errors.js'
import type { RandomState } from '../random.js'
import { MAX_HEADER } from './safetensors/format.js'
import { type NamedTensor, type PiecewiseFile, safetensorsPieces } from './safetensors/write.js'

/** The version of this format. */
export const VERSION = '1'
export const RANDOM_WORDS = 'random.words'
export const MOMENTS = ['adam.m.', 'adam.v.'] as const

/** Identifies the data of a run, without containing it. */
export interface DatasetMark {
  /** Number of documents; 1 for a text. */
  num_docs: string
  /** Number of characters, for a text only. */
  num_chars?: string
  /** A 64-bit hash of the data and its split, as 16 hexadecimal digits. */
  docs_hash: string
}

/** The state of a run, in addition to parameters and moments. */
export interface RunState extends DatasetMark {
  /** Documents or blocks that steps have used so far. */
  docsSeen: number
  /** The state of the random generator. */
  random: RandomState
  /** The share of the data that is held out; 0 is none. */
  valFraction: number
}

/** The part of a model that its checkpoint describes. */
export interface CheckpointedModel {
  mode: Mode
  preset: string
  config: Readonly<Config>
  seed: bigint
  /** Number of training steps. */
  step: number
  docsSeen: number
  tokenizer: Tokenizer
}

/** Views of Adam's two moments, in the order of the parameters. */
export function momentsOf(arena: Arena): Float64Array[] {
  const count = arena.params.length
  const at = arena.core.moments() >>> 0
  return [arena.view(at, count), arena.view(at + 8 * even(count), count)]
}

/**
 * A 64-bit hash of documents in order, or of a text's ids, and of how they are split. It recognizes
 * other data; it is not cryptographic.
 */
export function hashOf(pieces: Pieces): string {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  const mix = (x: number) => {
    a = Math.imul((a ^ x) + (b >>> 15), 0xc2b2ae35)
    b = Math.imul((b ^ x) + (a >>> 13), 0x27d4eb2f)
  }
  for (const piece of pieces) {
    const isText = typeof piece === 'string'
    for (let i = 0; i < piece.length; i++) mix(isText ? piece.charCodeAt(i) : piece[i]!)
    mix(0x10000)
  }
  for (let i = 0; i < 4; i++) mix(i)
  return [a, b].map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('')
}

/** The mark of the data of a run. */
export function markOf(mode: Mode, { counts: { train, val }, pieces }: Corpus): DatasetMark {
  const count = String(train + val)
  const docs_hash = hashOf(pieces)
  return mode === 'text'
    ? { num_docs: '1', num_chars: count, docs_hash }
    : { num_docs: count, docs_hash }
}

/**
 * A config as JSON. warmup_steps came later than the others: where it is 0 it is left out, so that a
 * run of an older file is saved with the same bytes.
 */
function storedConfig(config: Readonly<Config>): string {
  const { warmup_steps, ...rest } = config
  return JSON.stringify(warmup_steps === 0 ? rest : config)
}

/**
 * The pieces of a checkpoint.
 * @param run without it, the file has the parameters only
 * @throws {CheckpointError} if a number is not finite: such a model is of no use; and if the file
 *   could not be read back
 */
export function writeCheckpoint(
  model: CheckpointedModel,
  arena: Arena,
  run?: RunState,
): PiecewiseFile {
  const { mode, preset, config, seed, step, tokenizer } = model
  const metadata: Record<string, string> = {
    format: 'pt',
    microgpt: VERSION,
    preset,
    config: storedConfig(config),
    // A list, so that two adjacent halves of a surrogate pair remain two characters.
    alphabet: JSON.stringify(tokenizer.chars),
    seed: String(seed),
    step: String(step),
  }
  if (mode === 'text') metadata.mode = mode
  // What a step beyond num_steps is told by from one that cannot be.
  if (step > config.num_steps) metadata.docs_seen = String(model.docsSeen)
  const table = gptTable(config, tokenizer.vocabSize)
  const under = (prefix: string, flat: Float64Array): NamedTensor[] => {
    let end = 0
    return table.map(({ name, shape }) => {
      const part = flat.subarray(end, (end += shape[0] * shape[1]))
      return { name: prefix + name, shape, data: part }
    })
  }
  const tensors = under('', arena.params)
  if (run) {
    const [m, v] = momentsOf(arena)
    tensors.push(...under(MOMENTS[0], m!), ...under(MOMENTS[1], v!))
    const { docsSeen, random, valFraction, ...mark } = run
    if (!(Number.isSafeInteger(docsSeen) && docsSeen >= 0)) {
      const want = 'docsSeen must be a whole number from 0 below 2^53'
      throw new CheckpointError('metadata', `${want}, got ${show(docsSeen)}`)
    }
    const { words, index, gaussNext } = random
    tensors.push({ name: RANDOM_WORDS, shape: [words.length], data: Float64Array.from(words) })
    metadata.docs_seen = String(docsSeen)
    Object.assign(metadata, mark)
    if (valFraction > 0) metadata.val_fraction = String(valFraction)
    metadata.random_index = String(index)
    if (gaussNext !== null) metadata.random_gauss = String(gaussNext)
  }
  for (const { name, data } of tensors) {
    const odd = data.findIndex((x) => !Number.isFinite(x))
    if (odd >= 0) {
      const got = `got ${data[odd]} at ${odd}; take an earlier checkpoint`
      throw new CheckpointError('values', `${name} must hold finite numbers, ${got}`)
    }
  }
  const file = safetensorsPieces(tensors, metadata)
  if (file.headerLength > MAX_HEADER) {
    const what = `the header of this model takes ${file.headerLength} bytes`
    throw new CheckpointError('header', `${what}, of which ${MAX_HEADER} are read`)
  }
  return file
}
