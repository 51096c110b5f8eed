/** What a checkpoint holds, without its data and without making the model. */
import { type Checkpoint, readCheckpoint } from '../checkpoint.js'
import { CheckpointError } from '../errors.js'
import { type StoredTensor, copyNumbers, readSafetensors } from '../safetensors.js'
import { UsageError } from './exit.js'
import { named, readModel } from './files.js'
import { inspectionText } from './inspect-text.js'
import { type Inspection, measure, planned } from './inspection.js'
import { overFile } from './origin.js'
import type { Flags } from './parse.js'
import { visible } from './visible.js'

/** What a file says beside what any model of its shape would. */
interface StoredFacts {
  path: string
  bytes: number
  dtype: string
  seed: string
  step: number
  alphabet: readonly string[] | null
  /** null where the file holds the parameters alone. */
  run: { num_docs: string; docs_hash: string; docs_seen: number } | null
}

export type FileInspection = Inspection & { checkpoint: StoredFacts }

/** @throws {CheckpointError} {UsageError} */
export function inspectFile(path: string, flags: Flags): FileInspection {
  const idle = ['data', 'vocab-size', 'seed'].find((flag) => flags.has(flag))
  if (idle) throw new UsageError(`--${idle} says nothing about ${path}; leave it out`)
  const bytes = readModel(path)
  try {
    const { metadata, tensors } = readSafetensors(bytes)
    const options = overFile(path, metadata.has('config'), flags)
    const alphabet = metadata.has('alphabet') ? [] : standIns(tensors.get('wte'))
    const file = readCheckpoint(bytes, { ...options, alphabet, widen: true })
    const inspection = planned(file.preset, file.config, file.tokenizer.vocabSize)
    measure(inspection.parameters, ({ name }) => numbersOf(file.tensors.get(name)!))
    const facts = factsOf(path, bytes, file)
    if (alphabet.length > 0) facts.alphabet = null
    return { ...inspection, checkpoint: facts }
  } catch (error) {
    throw error instanceof CheckpointError ? named(path, error) : error
  }
}

/** Characters for the ids of a file that does not say which they are. */
function standIns(wte: StoredTensor | undefined): string[] {
  const count = Math.max(0, (wte?.shape[0] ?? 0) - 1)
  if (!wte || wte.bytes.length < count) return []
  return Array.from({ length: count }, (_, id) => String.fromCodePoint(0x100 + id))
}

function numbersOf(tensor: StoredTensor): Float64Array {
  const data = new Float64Array(tensor.shape[0]! * tensor.shape[1]!)
  copyNumbers(tensor, data)
  return data
}

function factsOf(path: string, bytes: Uint8Array, file: Checkpoint): StoredFacts {
  const { seed, step, tokenizer, run, tensors } = file
  const dtypes = new Set([...tensors.values()].map(({ dtype }) => dtype))
  return {
    path,
    bytes: bytes.length,
    dtype: [...dtypes].join(' '),
    seed: String(seed),
    step,
    alphabet: tokenizer.chars,
    run: run && { num_docs: run.num_docs, docs_hash: run.docs_hash, docs_seen: run.docsSeen },
  }
}

/** @param width columns that a line may take */
export function fileText(inspection: FileInspection, width: number): string {
  const { path, bytes, dtype, seed, step, alphabet, run } = inspection.checkpoint
  const chars = alphabet ? alphabet.slice(0, 200).join('') : 'not in the file'
  const kept = run
    ? `a run that can go on: ${run.docs_seen} documents seen, of ${run.num_docs} (${run.docs_hash})`
    : 'the parameters alone: to sample from, or to begin a new run with'
  const lines = [
    `${path}: ${bytes.toLocaleString('en-US')} bytes, ${dtype}`,
    `step ${step} of ${inspection.config.num_steps}, seed ${seed.slice(0, 60)}`,
    `alphabet: ${chars}`,
    kept,
  ]
  return `${lines.map(visible).join('\n')}\n\n${inspectionText(inspection, width)}`
}
