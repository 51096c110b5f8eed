/** Whether the data that a caller gives is what a checkpoint's run can go on with. */
import type { RunState } from './checkpoint.js'
import type { DataOptions, Mode } from './corpus.js'
import { CheckpointError } from './errors.js'

/**
 * The data to make the model with: a run keeps its own split.
 * @param mode of the file
 * @throws {CheckpointError} for a text where documents are needed, or the other way, or another split
 */
export function dataFor(
  mode: Mode,
  run: RunState | null,
  { docs, text, valFraction }: DataOptions,
): DataOptions {
  if ((mode === 'text' ? docs : text) !== undefined) {
    const [was, got] = mode === 'text' ? ['a text', 'docs'] : ['documents', 'a text']
    const message = `the model was trained on ${was}, got ${got}; give ${mode} instead`
    throw new CheckpointError('dataset', message)
  }
  if (run && valFraction !== undefined && valFraction !== run.valFraction) {
    const what = `the run holds out ${run.valFraction} of its data, got valFraction ${valFraction}`
    const hint = 'leave it out, or give optimizer: false (--fresh) for a new run'
    throw new CheckpointError('dataset', `${what}; ${hint}`)
  }
  const fraction = run?.valFraction ?? valFraction ?? 0
  return { ...(docs && { docs }), ...(text && { text }), valFraction: fraction }
}

/** What is said of a run that was trained on other data. */
export function otherData(run: RunState, { docs }: DataOptions): CheckpointError {
  const { num_docs, num_chars = 0 } = run
  const what = docs
    ? `the run was trained on ${num_docs} other documents, got ${docs.length}`
    : `the run was trained on another text, of ${num_chars} characters`
  const hint = `or optimizer: false (--fresh) for a new run on ${docs ? 'these' : 'this'}`
  return new CheckpointError('dataset', `${what}; give the same, ${hint}`)
}
