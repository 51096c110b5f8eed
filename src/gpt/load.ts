/** Loading a checkpoint: checks that the file and the caller's data belong together. */
import type { Arena } from '../engine/arena.js'
import {
  type Checkpoint,
  readCheckpoint,
  restoreNumbers,
  restoreRandom,
} from '../checkpoint/read.js'
import { type RunState, hashOf } from '../checkpoint/write.js'
import type { CheckpointBytes } from '../checkpoint/safetensors/read.js'
import { checkEffect, checkField, checkOptions } from '../config/checks.js'
import { advice, term } from '../config/terms.js'
import { type Corpus, type DataOptions, type Mode, modeOf } from '../data/corpus.js'
import { CheckpointError } from '../errors.js'
import type { LoadOptions } from './options.js'
import type { Random, Seed } from '../random.js'
import { Tokenizer } from '../data/tokenizer.js'

/** A checkpoint that has been read, and what to create its model with. */
export interface Opened {
  file: Checkpoint
  /** The run to resume, or null. */
  run: RunState | null
  data: SplitData
  /** The seed of the generator. */
  seed: Seed
  /** The seed that the caller has passed: the generator starts over with it. */
  given: Seed | undefined
}

type SplitData = DataOptions & { valFraction: number }

/**
 * Reads a file, and checks it against the data that the caller passes.
 * @throws what MicroGPT.load throws
 */
export function openCheckpoint(bytes: CheckpointBytes, options: LoadOptions): Opened {
  const making = 'docs text valFraction core fast threads optimizer seed'
  const reading = 'preset config alphabet widen maxHeader'
  checkOptions('load', options, `${making} ${reading}`.split(' '))
  const { docs, text, seed, optimizer = true, widen = false } = options
  checkField('optimizer', optimizer, { kind: 'boolean' }, true)
  checkField('widen', widen, { kind: 'boolean' }, true)
  const mode = modeOf(options)
  const alphabet = mode ? Tokenizer.of(docs ?? [text!]).chars : []
  const file = readCheckpoint(bytes, { ...(mode ? { alphabet } : {}), ...options })
  checkEffect(options, {
    preset: options.preset !== file.preset && `conflicts with the file's, which is ${file.preset}`,
    alphabet:
      String(options.alphabet) !== String(file.tokenizer.chars) &&
      'conflicts with the one in the file',
    valFraction: mode === null && 'needs data to hold out from: docs or text',
  })
  const run = optimizer ? file.run : null
  const data = dataFor(file.mode, run, options)
  const known = new Set(file.tokenizer.chars)
  const odd = alphabet.find((char) => !known.has(char))
  if (odd !== undefined && run) throw otherData(run, data)
  if (odd !== undefined) file.tokenizer.encode(odd)
  return { file, run, data, seed: (run ? undefined : seed) ?? file.seed, given: seed }
}

/**
 * Copies the parameters into the arena and, to resume a run, the moments and the generator's state.
 * @returns the rest of the run's state, or null if no run is resumed
 * @throws {CheckpointError} if the run was trained on other data
 */
export function restore(
  { file, run, data, given }: Opened,
  arena: Arena,
  { counts, pieces }: Corpus,
  random: Random,
) {
  restoreNumbers(file, arena, run !== null)
  if (!run) return null
  const { num_docs, num_chars, docs_hash, docsSeen } = run
  if (counts.train > 0 && hashOf(pieces) !== docs_hash) {
    throw otherData(run, data)
  }
  restoreRandom(random, run.random)
  if (given !== undefined) random.seed(given)
  const mark = { num_docs, ...(num_chars === undefined ? {} : { num_chars }), docs_hash }
  return { mark, docsSeen }
}

/**
 * The data to create the model with. A resumed run keeps its split.
 * @param mode of the file
 * @throws {CheckpointError} for a text instead of documents or vice versa, or for another split
 */
function dataFor(
  mode: Mode,
  run: RunState | null,
  { docs, text, valFraction }: DataOptions,
): SplitData {
  if ((mode === 'text' ? docs : text) !== undefined) {
    const [was, got] = mode === 'text' ? ['a text', 'docs'] : ['documents', 'a text']
    const message = `the model was trained on ${was}, got ${got}; give ${mode} instead`
    throw new CheckpointError('dataset', message)
  }
  if (run && valFraction !== undefined && valFraction !== run.valFraction) {
    const got = `got ${term('valFraction')} ${valFraction}`
    const what = `the run holds out ${run.valFraction} of its data, ${got}`
    const hint = `leave it out, or ${advice('newRun')}`
    throw new CheckpointError('dataset', `${what}; ${hint}`)
  }
  const fraction = run?.valFraction ?? valFraction ?? 0
  return { ...(docs && { docs }), ...(text && { text }), valFraction: fraction }
}

/** The error for a run that was trained on other data. */
function otherData(run: RunState, { docs }: DataOptions): CheckpointError {
  const { num_docs, num_chars = 0 } = run
  const what = docs
    ? `the run was trained on ${num_docs} other documents, got ${docs.length}`
    : `the run was trained on another text, of ${num_chars} characters`
  return new CheckpointError('dataset', `${what}; give the same, or ${advice('newRun')}`)
}
