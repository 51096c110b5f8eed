/** The tables of flags, one per command. Parsing and --help use them. */
import { type Config, PRESETS } from '../config/config.js'
import { FIELDS, type Field } from '../config/hyperparameters.js'
import { ENCODINGS } from '../data/decode.js'

export interface Flag {
  /** The name without the two dashes; the parser also accepts `_` for `-`. */
  name: string
  /** The placeholder for the value in --help; a flag without it is a switch. */
  value?: string
  /** Whether --no-NAME turns the switch off. */
  negatable?: true
  /** Another name for the same flag. */
  alias?: string
  about: string
}

/** The flag that sets a field of the config. */
export function flagOf(field: string): string {
  return field === 'num_steps' ? 'steps' : field.replaceAll('_', '-')
}

/** The default as text, followed by the presets with a different one. */
const byPreset = (value: (config: Readonly<Config>) => unknown) => {
  const [first, ...others] = Object.entries(PRESETS).map(([name, config]) => [name, value(config)])
  const odd = others
    .filter(([, its]) => its !== first![1])
    .map(([name, its]) => `; ${name}: ${its}`)
  return `(${first![1]}${odd.join('')})`
}

function fieldFlag(field: keyof typeof FIELDS, spec: Field): Flag {
  const name = flagOf(field)
  const alias = name === 'steps' ? { alias: 'num-steps' } : {}
  const about = `${spec.about} ${byPreset((config) => config[field])}`
  if (spec.kind === 'boolean') return { name, negatable: true, about }
  if (spec.kind === 'choice') return { name, value: spec.choices.join('|'), about }
  if (spec.kind === 'number' && spec.off) {
    return {
      name,
      value: 'X|off',
      about: about.replaceAll('null', 'off').replace('; off is off', ''),
    }
  }
  return { name, value: spec.kind === 'integer' ? 'N' : 'X', ...alias, about }
}

const FIELD_FLAGS = (Object.keys(FIELDS) as (keyof typeof FIELDS)[])
  .map((field) => fieldFlag(field, FIELDS[field]))
  .sort((a, b) => Number(b.name === 'steps') - Number(a.name === 'steps'))

/** Flags for how the file of --data is read. */
const READING: readonly Flag[] = [
  { name: 'column', value: 'NAME', about: 'of CSV or TSV: the column of the documents' },
  { name: 'field', value: 'NAME', about: 'of JSON Lines: the field of the documents' },
  { name: 'encoding', value: 'NAME', about: `${ENCODINGS.join(', ')} (utf-8)` },
  {
    name: 'encoding-errors',
    value: 'strict|replace',
    about: 'refuse malformed bytes in it, or replace them by U+FFFD (strict)',
  },
]

const MODEL_FLAGS: readonly Flag[] = [
  {
    name: 'preset',
    value: Object.keys(PRESETS).join('|'),
    about: 'where the other values come from (tutorial)',
  },
  {
    name: 'data',
    value: 'FILE|URL|-',
    about:
      'text, one document per line; - is standard input (the names that come with the program)',
  },
  {
    name: 'mode',
    value: 'docs|text',
    about: 'learn from its lines, or from all of it as one text, in blocks of block_size (docs)',
  },
  {
    name: 'val-fraction',
    value: 'F',
    about: 'hold out that part of it: the last of the shuffled documents, or of the text (0)',
  },
  ...READING,
  { name: 'seed', value: 'N', about: 'any whole number; the same seed gives the same run (42)' },
  ...FIELD_FLAGS,
]

const COMMON_FLAGS: readonly Flag[] = [
  { name: 'debug', about: 'show the stack of an error' },
  { name: 'help', about: 'show this' },
]

const WIDEN: Flag = {
  name: 'widen',
  about: 'read a file of F32, F16 or BF16 too, widened exactly',
}

const ENGINE: Flag = {
  name: 'engine',
  value: 'wasm|value|typed',
  about: 'the core, or one of the two reference engines in TypeScript (wasm)',
}

const FAST: Flag = {
  name: 'fast',
  about:
    'fused multiply-add where this Node has it: faster, but not the same bits on every machine',
}

const THREADS: Flag = {
  name: 'threads',
  value: 'auto|N',
  about: 'number of training threads, or auto; the results are identical (auto)',
}

export const TRAIN_FLAGS: readonly Flag[] = [
  ...MODEL_FLAGS,
  ENGINE,
  FAST,
  THREADS,
  {
    name: 'eval-every',
    value: 'N',
    about: 'validate on what is held out every N steps, and at the end (a tenth of --steps)',
  },
  { name: 'out', value: 'FILE', about: 'save the model there, at the end or when it is stopped' },
  { name: 'overwrite', about: 'with --out: replace a checkpoint that is there already' },
  { name: 'save-every', value: 'N', about: 'and every N steps' },
  {
    name: 'resume',
    value: 'FILE',
    about: 'continue a saved run on the same data, and save it there unless --out is given',
  },
  {
    name: 'fresh',
    about:
      'with --resume: begin a new run from its parameters, on any data with characters that it knows',
  },
  WIDEN,
  { name: 'samples', value: 'N', about: 'documents to invent when trained (20; of a text 1)' },
  {
    name: 'log-every',
    value: 'N',
    about: 'a line every N steps (a tenth of them; on a terminal none)',
  },
  { name: 'quiet', about: 'print the samples only' },
  { name: 'json', about: 'print one JSON object per line, and one for every step' },
  ...COMMON_FLAGS,
]

export const SAMPLE_FLAGS: readonly Flag[] = [
  { name: 'model', value: 'FILE', about: 'a model that train --out has saved: trains nothing' },
  WIDEN,
  { name: 'count', value: 'N', alias: 'samples', about: 'documents to invent (20; of a text 1)' },
  { name: 'prompt', value: 'TEXT', about: 'how each of them begins' },
  { name: 'length', value: 'N', about: 'of a text only: characters to go on for (200)' },
  { name: 'top-k', value: 'K', about: 'draw only among the K most likely characters' },
  ...MODEL_FLAGS,
  ENGINE,
  FAST,
  THREADS,
  { name: 'quiet', about: 'with --json: the samples only' },
  { name: 'json', about: 'print one JSON object per line' },
  ...COMMON_FLAGS,
]

export const INSPECT_FLAGS: readonly Flag[] = [
  { name: 'vocab-size', value: 'N', about: 'plan for N tokens: reads no data, allocates nothing' },
  ...MODEL_FLAGS,
  { name: 'json', about: 'print one JSON object' },
  ...COMMON_FLAGS,
]

export const EXPORT_FLAGS: readonly Flag[] = [
  {
    name: 'pytorch',
    value: 'DIR',
    about: 'write the model, its data and a PyTorch script into a new or empty folder',
  },
  {
    name: 'data',
    value: 'FILE|URL|-',
    about: 'with --pytorch: the data of the run (the names that come with the program)',
  },
  ...READING,
  {
    name: 'onnx',
    value: 'FILE',
    about: 'write an ONNX file, which must not exist: ids [batch, positions] to logits',
  },
  { name: 'float32', about: 'with --onnx: round the parameters to float32' },
  ...COMMON_FLAGS,
]
