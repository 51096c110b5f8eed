/** Where a run's model comes from: made anew, or taken from a file. */
import type { ConfigInput } from '../config/config.js'
import { show } from '../config/checks.js'
import { FIELDS } from '../config/hyperparameters.js'
import type { DataOptions, Mode } from '../data/corpus.js'
import { type LoadOptions, MicroGPT } from '../gpt/microgpt.js'
import { readSafetensors } from '../checkpoint/safetensors/read.js'
import { readData } from './data.js'
import { ENGINES, ENGINE_NAMES, type CliModel } from './engine.js'
import { UsageError } from './exit.js'
import { type OpenModel, withModel } from './files.js'
import { flagOf } from './flags.js'
import type { Flags } from './parse.js'
import { choice, modelSettings, textOf, threadsOf } from './settings.js'

export interface Origin {
  engine: CliModel
  /** 'wasm' and the like. */
  name: string
  preset: string
  seed: bigint
  data: Pick<DataOptions, 'docs' | 'text'>
  /** Whether it was read for sampling alone. */
  readOnly: boolean
}

/** What another value would make another model of. */
const FIXED: readonly (keyof ConfigInput)[] = [
  ...(['n_embd', 'n_head', 'n_layer', 'block_size'] as const),
  ...(['activation', 'init_std', 'zero_init_projections'] as const),
]

/**
 * The flags that a file's own config leaves to be given.
 * @param stored what the file says of itself
 * @throws {UsageError} for one that makes another model of it
 */
export function overFile(
  path: string,
  stored: ReadonlyMap<string, string>,
  flags: Flags,
): LoadOptions {
  const { preset, config } = modelSettings(flags)
  const own = configIn(stored)
  const conflict = (flag: string, given: unknown, has: unknown) => {
    if (given === has) return
    const values = `--${flag} ${String(given)} conflicts with ${path}, which has ${show(has)}`
    throw new UsageError(`${values}; leave it out`)
  }
  if (own) {
    if (flags.has('preset')) conflict('preset', preset, stored.get('preset') ?? 'tutorial')
    for (const field of FIXED) {
      if (field in config && Object.hasOwn(own, field)) {
        conflict(flagOf(field), config[field], own[field])
      }
    }
  }
  const options: LoadOptions = { config, widen: flags.has('widen') }
  return flags.has('preset') || !own ? { ...options, preset } : options
}

/** The config in a file's metadata as far as it can be read; the reader says what is wrong with it. */
function configIn(stored: ReadonlyMap<string, string>): Record<string, unknown> | undefined {
  const text = stored.get('config')
  if (text === undefined) return undefined
  try {
    const config: unknown = JSON.parse(text)
    return typeof config === 'object' && config !== null ? { ...config } : {}
  } catch {
    return {}
  }
}

/** A model as the flags say: --resume and --model name a file. */
export async function originOf(flags: Flags, signal: AbortSignal): Promise<Origin> {
  const { preset, config, seed, data: source, mode, valFraction } = modelSettings(flags)
  const name = choice(flags, 'engine', ENGINE_NAMES)
  const model = textOf(flags, 'model')
  const path = model ?? textOf(flags, 'resume')
  const readOnly = model !== undefined
  const fast = flags.has('fast')
  const threads = readOnly ? 1 : threadsOf(flags)
  const split = valFraction === undefined ? {} : { valFraction }
  if (path === undefined) {
    const data = await readData({ ...source, mode: mode ?? 'docs' }, signal)
    const engine = await ENGINES[name]({ ...data, ...split, preset, config, seed, fast, threads })
    return { engine, name, preset, seed, data, readOnly }
  }
  const fromFile = async (file: OpenModel): Promise<Origin> => {
    const { metadata } = readSafetensors(file)
    const kept: Mode = metadata.get('mode') === 'text' ? 'text' : 'docs'
    if (mode !== undefined && mode !== kept) {
      throw new UsageError(`--mode ${mode} conflicts with ${path}, which has ${kept}; leave it out`)
    }
    const options: LoadOptions = {
      ...overFile(path, metadata, flags),
      ...split,
      fast,
      threads,
    }
    const data =
      readOnly && source.source === undefined
        ? {}
        : await readData({ ...source, mode: kept }, signal)
    if (flags.has('seed')) options.seed = seed
    if (flags.has('fresh')) options.optimizer = false
    const engine = await MicroGPT.load(file, { ...options, ...data })
    return { engine, name, preset: engine.preset, seed: engine.seed, data, readOnly }
  }
  return withModel(path, fromFile)
}

/**
 * What can be seen to be wrong before any file is opened.
 * @throws {UsageError} {ConfigError} for values that cannot be used, or flags that do not go together
 */
export function checkFlags(flags: Flags): void {
  const { mode, valFraction = 0 } = modelSettings(flags)
  threadsOf(flags)
  const engine = choice(flags, 'engine', ENGINE_NAMES)
  const fromFile = flags.has('resume') || flags.has('model')
  const kept = ['out', 'resume', 'model'].find((flag) => flags.has(flag))
  if (kept && engine !== 'wasm') {
    throw new UsageError(`--${kept} needs --engine wasm: the twins keep no checkpoints`)
  }
  const core = {
    'mode text': mode === 'text',
    'val-fraction': valFraction > 0,
    fast: flags.has('fast'),
    threads: flags.has('threads'),
  }
  const only = Object.entries(core).find(([, given]) => given)?.[0]
  if (only && engine !== 'wasm') {
    throw new UsageError(`--${only} needs --engine wasm: the twins are microgpt.py, and no more`)
  }
  const needs = (flag: string, other: string) => {
    if (flags.has(flag)) throw new UsageError(`--${flag} needs ${other} FILE; give both or none`)
  }
  if (!fromFile) {
    needs('fresh', '--resume')
    needs('widen', '--resume or --model')
    if (!flags.has('out')) needs('save-every', '--out')
  }
  if (!flags.has('out')) needs('overwrite', '--out')
  if (flags.has('model')) {
    // Nothing is trained: of the config only the temperature still means something.
    const fields = Object.keys(FIELDS).filter(
      (field) => !FIXED.includes(field as keyof ConfigInput),
    )
    const training = [...fields.map(flagOf), 'val-fraction', 'threads']
    const odd = training.find((flag) => flag !== 'temperature' && flags.has(flag))
    if (odd)
      throw new UsageError(`--${odd} is for training, and --model trains nothing; leave it out`)
  }
}
