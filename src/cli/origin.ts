/** Makes the model of a run: a new one, or one loaded from a file. */
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
  /** The engine's name, such as 'wasm'. */
  name: string
  preset: string
  seed: bigint
  data: Pick<DataOptions, 'docs' | 'text'>
  /** Whether it was loaded only for sampling (--model). */
  readOnly: boolean
}

/** Fields that cannot change for an existing model. */
const FIXED: readonly (keyof ConfigInput)[] = [
  ...(['n_embd', 'n_head', 'n_layer', 'block_size'] as const),
  ...(['activation', 'init_std', 'zero_init_projections'] as const),
]

/**
 * The load options that the flags give for a checkpoint file.
 * @param stored the file's metadata
 * @throws {UsageError} for a flag that conflicts with the stored model
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

/** The config in a file's metadata; {} if malformed, which loading will report. */
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

/** Makes the model that the flags describe, or loads it from the file of --resume or --model. */
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
 * Checks the flags before any file is opened.
 * @throws {UsageError} {ConfigError} for invalid values and for flags that cannot be combined
 */
export function checkFlags(flags: Flags): void {
  const { mode, valFraction = 0 } = modelSettings(flags)
  threadsOf(flags)
  const engine = choice(flags, 'engine', ENGINE_NAMES)
  const fromFile = flags.has('resume') || flags.has('model')
  const kept = ['out', 'resume', 'model'].find((flag) => flags.has(flag))
  if (kept && engine !== 'wasm') {
    throw new UsageError(`--${kept} needs --engine wasm: the reference engines save no checkpoints`)
  }
  const core = {
    'mode text': mode === 'text',
    'val-fraction': valFraction > 0,
    fast: flags.has('fast'),
    threads: flags.has('threads'),
  }
  const only = Object.entries(core).find(([, given]) => given)?.[0]
  if (only && engine !== 'wasm') {
    const why = 'the reference engines only do what microgpt.py does'
    throw new UsageError(`--${only} needs --engine wasm: ${why}`)
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
    // --model trains nothing: of these fields, only temperature has an effect.
    const fields = Object.keys(FIELDS).filter(
      (field) => !FIXED.includes(field as keyof ConfigInput),
    )
    const training = [...fields.map(flagOf), 'val-fraction', 'threads']
    const odd = training.find((flag) => flag !== 'temperature' && flags.has(flag))
    if (odd)
      throw new UsageError(`--${odd} is for training, and --model trains nothing; leave it out`)
  }
}
