/** inspect FILE: what a checkpoint contains. Reads no training data and builds no model. */
import { type Checkpoint, readCheckpoint } from '../checkpoint/read.js'
import type { RunState } from '../checkpoint/write.js'
import type { Mode } from '../data/corpus.js'
import {
  type StoredTensor,
  byteLengthOf,
  copyNumbers,
  readSafetensors,
} from '../checkpoint/safetensors/read.js'
import { UsageError } from './exit.js'
import { withModel } from './files.js'
import { inspectionText } from './inspect-text.js'
import { type Inspection, measure, planned } from './inspection.js'
import { overFile } from './origin.js'
import type { Flags } from './parse.js'
import { visible } from './visible.js'

/** Facts stored in the file, in addition to those of any model of its shape. */
interface StoredFacts {
  path: string
  bytes: number
  dtype: string
  mode: Mode
  seed: string
  step: number
  alphabet: readonly string[] | null
  /** null if the file holds only parameters. */
  run: {
    num_docs: string
    num_chars?: string
    docs_hash: string
    docs_seen: number
    val_fraction: number
  } | null
}

export type FileInspection = Inspection & { checkpoint: StoredFacts }

/** Flags that have no meaning for a checkpoint file. */
const NO_USE = [
  ...['data', 'mode', 'val-fraction', 'vocab-size', 'seed'],
  ...['encoding', 'encoding-errors', 'column', 'field'],
]

/** @throws {CheckpointError} {UsageError} */
export async function inspectFile(path: string, flags: Flags): Promise<FileInspection> {
  const idle = NO_USE.find((flag) => flags.has(flag))
  if (idle) throw new UsageError(`--${idle} says nothing about ${path}; leave it out`)
  return withModel(path, async (file) => {
    const { metadata, tensors } = readSafetensors(file)
    const options = overFile(path, metadata, flags)
    const alphabet = metadata.has('alphabet') ? [] : standIns(tensors.get('wte'))
    const read = readCheckpoint(file, { ...options, alphabet, widen: true })
    const inspection = await planned(read.preset, read.config, read.tokenizer.vocabSize)
    measure(inspection.parameters, ({ name }) => numbersOf(read.tensors.get(name)!))
    const facts = factsOf(path, file.byteLength, read)
    if (alphabet.length > 0) facts.alphabet = null
    return { ...inspection, checkpoint: facts }
  })
}

/** Placeholder characters for a file without an alphabet: one per token, except the end token. */
function standIns(wte: StoredTensor | undefined): string[] {
  const count = Math.max(0, (wte?.shape[0] ?? 0) - 1)
  if (!wte || byteLengthOf(wte) < count) return []
  return Array.from({ length: count }, (_, id) => String.fromCodePoint(0x100 + id))
}

function numbersOf(tensor: StoredTensor): Float64Array {
  const data = new Float64Array(tensor.shape[0]! * tensor.shape[1]!)
  copyNumbers(tensor, data)
  return data
}

function factsOf(path: string, bytes: number, file: Checkpoint): StoredFacts {
  const { mode, seed, step, tokenizer, run, tensors } = file
  const dtypes = new Set([...tensors.values()].map(({ dtype }) => dtype))
  return {
    path,
    bytes,
    dtype: [...dtypes].join(' '),
    mode,
    seed: String(seed),
    step,
    alphabet: tokenizer.chars,
    run: run && runFacts(run),
  }
}

function runFacts({ num_docs, num_chars, docs_hash, docsSeen, valFraction }: RunState) {
  const chars = num_chars === undefined ? {} : { num_chars }
  return { num_docs, ...chars, docs_hash, docs_seen: docsSeen, val_fraction: valFraction }
}

/** One line about the run: how much of its data it has seen. */
function seenOf({ mode, run }: StoredFacts): string {
  if (!run) return 'the parameters alone: to sample from, or to begin a new run with'
  const { num_docs, num_chars, docs_hash, docs_seen, val_fraction } = run
  const what =
    mode === 'text'
      ? `${docs_seen} blocks seen, of a text of ${num_chars ?? 0} characters`
      : `${docs_seen} documents seen, of ${num_docs}`
  const held = val_fraction > 0 ? `, ${val_fraction} of it held out` : ''
  return `a run that can go on: ${what} (${docs_hash})${held}`
}

/** @param width most columns per line */
export function fileText(inspection: FileInspection, width: number): string {
  const { path, bytes, dtype, mode, seed, step, alphabet } = inspection.checkpoint
  const chars = alphabet ? alphabet.slice(0, 200).join('') : 'not in the file'
  const lines = [
    `${path}: ${bytes.toLocaleString('en-US')} bytes, ${dtype}`,
    `step ${step} of ${inspection.config.num_steps}, seed ${seed.slice(0, 60)}${mode === 'text' ? ', mode text' : ''}`,
    `alphabet: ${chars}`,
    seenOf(inspection.checkpoint),
  ]
  return `${lines.map(visible).join('\n')}\n\n${inspectionText(inspection, width)}`
}
