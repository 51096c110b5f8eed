/**
 * What a checkpoint holds: the matrices by their names and, for a run that will go on, all else that
 * its next step depends on. No times and no places: equal runs give equal bytes.
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
import type { Arena } from './arena.js'
import { even } from './arena-plan.js'
import type { Config } from './config.js'
import type { Corpus, Mode } from './corpus.js'
import type { RandomState } from './random.js'
import { fail } from './safetensors-header.js'
import { type NamedTensor, writeSafetensors } from './safetensors-writer.js'
import type { StateDict } from './state-dict.js'
import type { Tokenizer } from './tokenizer.js'

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

/** What a model says of itself. */
export interface Described {
  mode: Mode
  preset: string
  config: Readonly<Config>
  seed: bigint
  /** Steps made. */
  step: number
  tokenizer: Tokenizer
  stateDict: StateDict
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
export function markOf(docs: Corpus['all'], valFraction = 0): DatasetMark {
  let a = 0x9e3779b9
  let b = 0x85ebca6b
  const mix = (x: number) => {
    a = Math.imul((a ^ x) + (b >>> 15), 0xc2b2ae35)
    b = Math.imul((b ^ x) + (a >>> 13), 0x27d4eb2f)
  }
  const split = valFraction > 0 ? [`split ${valFraction}`] : []
  for (const doc of [...docs, ...split]) {
    if (typeof doc === 'string') for (let i = 0; i < doc.length; i++) mix(doc.charCodeAt(i))
    else for (let i = 0; i < doc.length; i++) mix(doc[i]!)
    mix(0x10000)
  }
  for (let i = 0; i < 4; i++) mix(i)
  const docs_hash = [a, b].map((x) => (x >>> 0).toString(16).padStart(8, '0')).join('')
  const text = docs.find((doc) => typeof doc !== 'string')
  const chars = text ? { num_chars: String(text.length) } : {}
  return { num_docs: String(docs.length), ...chars, docs_hash }
}

/** JSON keeps the sign of every number but zero's. */
const exact = (x: unknown) => (Object.is(x, -0) ? '-0' : JSON.stringify(x))

/**
 * @param run without it the file holds the parameters alone
 * @throws {CheckpointError} when a number is not finite: such a model is not worth keeping
 */
export function writeCheckpoint(model: Described, arena: Arena, run?: RunState): Uint8Array {
  const { mode, preset, config, seed, step, tokenizer, stateDict } = model
  const fields = Object.entries(config).map(([name, value]) => `"${name}":${exact(value)}`)
  const metadata: Record<string, string> = {
    format: 'pt',
    microgpt: VERSION,
    preset,
    config: `{${fields.join(',')}}`,
    // A list: halves of a surrogate pair that stand next to each other stay two characters.
    alphabet: JSON.stringify(tokenizer.chars),
    seed: String(seed),
    step: String(step),
  }
  if (mode === 'text') metadata.mode = mode
  const slices = [...stateDict.values()]
  const under = (prefix: string, flat: Float64Array): NamedTensor[] => {
    let end = 0
    return slices.map(({ name, shape, data }) => {
      const part = flat.subarray(end, (end += data.length))
      return { name: prefix + name, shape, data: part }
    })
  }
  const tensors = under('', arena.params)
  if (run) {
    const [m, v] = momentsOf(arena)
    tensors.push(...under(MOMENTS[0], m!), ...under(MOMENTS[1], v!))
    const { words, index, gaussNext } = run.random
    tensors.push({ name: WORDS, shape: [words.length], data: Float64Array.from(words) })
    metadata.docs_seen = String(run.docsSeen)
    metadata.num_docs = run.num_docs
    if (run.num_chars !== undefined) metadata.num_chars = run.num_chars
    metadata.docs_hash = run.docs_hash
    if (run.valFraction > 0) metadata.val_fraction = String(run.valFraction)
    metadata.random_index = String(index)
    if (gaussNext !== null) metadata.random_gauss = exact(gaussNext)
  }
  for (const { name, data } of tensors) checkValues(name, data)
  return writeSafetensors(tensors, metadata)
}

/** @throws {CheckpointError} for a number that no model has */
export function checkValues(name: string, data: Float64Array): void {
  const second = name.startsWith(MOMENTS[1])
  const i = data.findIndex((x) => !Number.isFinite(x) || (second && x < 0))
  if (i >= 0) {
    const want = second ? 'finite numbers from 0' : 'finite numbers'
    fail('values', `${name} must hold ${want}, got ${data[i]} at ${i}; take an earlier checkpoint`)
  }
}
