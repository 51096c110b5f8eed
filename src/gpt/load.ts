/** A model from a checkpoint: what the file and the caller's data have to do with each other. */
import type { Arena } from '../engine/arena.js'
import {
  type Checkpoint,
  readCheckpoint,
  restoreNumbers,
  restoreRandom,
} from '../checkpoint/read.js'
import { type RunState, hashOf } from '../checkpoint/write.js'
import type { CheckpointBytes } from '../checkpoint/safetensors/read.js'
import { checkOptions } from '../config/checks.js'
import { advice, term } from '../config/terms.js'
import { type Corpus, type DataOptions, type Mode, modeOf } from '../data/corpus.js'
import { CheckpointError } from '../errors.js'
import type { LoadOptions } from './options.js'
import type { Random, Seed } from '../random.js'
import { Tokenizer } from '../data/tokenizer.js'

/** A file, and what to make its model with. */
export interface Opened {
  file: Checkpoint
  /** What is to be taken up, if anything is. */
  run: RunState | null
  data: SplitData
  /** What the generator is made with. */
  seed: Seed
  /** What it is started over with after all, where the caller has given one. */
  given: Seed | undefined
}

type SplitData = DataOptions & { valFraction: number }

/**
 * Reads a file, and checks it against the data that the caller gives with it.
 * @throws as MicroGPT.load does
 */
export function openCheckpoint(bytes: CheckpointBytes, options: LoadOptions): Opened {
  const making = 'docs text valFraction core fast threads optimizer seed'
  const reading = 'preset config alphabet widen maxHeader'
  checkOptions('load', options, `${making} ${reading}`.split(' '))
  const { docs, text, seed, optimizer = true } = options
  const mode = modeOf(options)
  const alphabet = mode ? Tokenizer.of(docs ?? [text!]).chars : []
  const file = readCheckpoint(bytes, { ...(mode ? { alphabet } : {}), ...options })
  const run = optimizer ? file.run : null
  const data = dataFor(file.mode, run, options)
  const known = new Set(file.tokenizer.chars)
  const odd = alphabet.find((char) => !known.has(char))
  if (odd !== undefined && run) throw otherData(run, data)
  if (odd !== undefined) file.tokenizer.encode(odd)
  return { file, run, data, seed: (run ? undefined : seed) ?? file.seed, given: seed }
}

/**
 * Takes the parameters over and, of a run, the moments and the generator.
 * @returns what else the run says, if one is taken up
 * @throws {CheckpointError} when it was trained on other data than there is here
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
 * The data to make the model with: a run keeps its own split.
 * @param mode of the file
 * @throws {CheckpointError} for a text where documents are needed, or the other way, or another split
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

/** What is said of a run that was trained on other data. */
function otherData(run: RunState, { docs }: DataOptions): CheckpointError {
  const { num_docs, num_chars = 0 } = run
  const what = docs
    ? `the run was trained on ${num_docs} other documents, got ${docs.length}`
    : `the run was trained on another text, of ${num_chars} characters`
  return new CheckpointError('dataset', `${what}; give the same, or ${advice('newRun')}`)
}
