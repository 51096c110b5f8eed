/**
 * What a checkpoint holds: the matrices by their names and, for a run that can be resumed, everything
 * else that its next step depends on. No times and no paths: equal runs give equal bytes.
 *
 *     tensors   wte ... layer0.mlp_fc2                [nout, nin], as in the state_dict
 *               adam.m.wte ... adam.v.layer0.mlp_fc2  the moments, likewise
 *               random.words                          [624], the twister
 *     metadata  format microgpt preset config alphabet seed step
 *               docs_seen num_docs docs_hash random_index random_gauss
 *               mode                                  of a text only: text
 *               num_chars                             of a run on a text
 *               val_fraction                          of a run with a part held out
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
import { MAX_HEADER } from './safetensors/read.js'
import { type NamedTensor, type PiecewiseFile, safetensorsPieces } from './safetensors/write.js'

/** The version of what is written here. */
export const VERSION = '1'
export const WORDS = 'random.words'
export const MOMENTS = ['adam.m.', 'adam.v.'] as const

/** Which documents a run has been trained on, without them. */
export interface DatasetMark {
  /** A text is one. */
  num_docs: string
  /** Of a text only. */
  num_chars?: string
  docs_hash: string
}

/** The state of a run beside its parameters. */
export interface RunState extends DatasetMark {
  docsSeen: number
  random: RandomState
  /** The part held out; 0 is none. */
  valFraction: number
}

/** What a checkpoint says about its model. */
export interface Described {
  mode: Mode
  preset: string
  config: Readonly<Config>
  seed: bigint
  /** Steps made. */
  step: number
  docsSeen: number
  tokenizer: Tokenizer
}

/** Adam's moments: views, in the order of the parameters. */
export function momentsOf(arena: Arena): Float64Array[] {
  const count = arena.params.length
  const at = arena.core.moments() >>> 0
  return [arena.view(at, count), arena.view(at + 8 * even(count), count)]
}

/**
 * 64 bits over some documents in their order, or over a text's ids, and over how they are split:
 * they tell other data, and hold off no forger.
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

/** Which data a run has been trained on. */
export function markOf(mode: Mode, { counts: { train, val }, pieces }: Corpus): DatasetMark {
  const count = String(train + val)
  const docs_hash = hashOf(pieces)
  return mode === 'text'
    ? { num_docs: '1', num_chars: count, docs_hash }
    : { num_docs: count, docs_hash }
}

/**
 * A config as JSON, in the order in which it has always been written, so that a run which is resumed
 * gives the same bytes. warmup_steps came later: where it is 0 it is left out.
 */
function storedConfig(config: Readonly<Config>): string {
  const { n_embd, n_head, n_layer, block_size, head_dim, warmup_steps, ...rest } = config
  const later = warmup_steps === 0 ? {} : { warmup_steps }
  return JSON.stringify({ n_embd, n_head, n_layer, block_size, head_dim, ...rest, ...later })
}

/**
 * @param run without it the file holds the parameters alone
 * @throws {CheckpointError} when a number is not finite: such a model is not worth keeping; and when
 *   the file could not be read back
 */
export function writeCheckpoint(model: Described, arena: Arena, run?: RunState): PiecewiseFile {
  const { mode, preset, config, seed, step, tokenizer } = model
  const metadata: Record<string, string> = {
    format: 'pt',
    microgpt: VERSION,
    preset,
    config: storedConfig(config),
    // A list: halves of a surrogate pair that stand next to each other stay two characters.
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
    tensors.push({ name: WORDS, shape: [words.length], data: Float64Array.from(words) })
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
