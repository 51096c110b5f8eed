/** The calls from the page to its worker. All arrays are transferred or copied, never shared. */
import type { Config, ConfigInput, PresetName } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import type { PathColumns } from './lib/path-log.js'
import type { LossState } from './loss-log.js'

export interface Settings {
  preset: PresetName
  /** Fields that differ from the preset. */
  config: ConfigInput
  /** An integer of any size, as decimal digits. */
  seed: string
}

/** A text to train on; the name is null for the shipped names. */
export interface SourceText {
  text: string
  name: string | null
  /** One document per line, or one long text. */
  mode: Mode
  /** The fraction held out for validation. */
  valFraction: number
}

export type EngineName = 'wasm' | 'typed' | 'value'

export type StopRule = { kind: 'end' } | { kind: 'loss' | 'step'; value: number }

/**
 * How fast training is shown: as fast as possible, a whole run in `ms` milliseconds, or `rate`
 * steps per second. A single step always takes as long as the engine needs.
 */
export type Pace =
  { kind: 'instant' } | { kind: 'watch'; ms: number } | { kind: 'slow'; rate: number }

/** Options for sampling a text. */
export interface Drawing {
  prompt: string
  temperature: number
  topK: number | null
}

/**
 * What to use from a checkpoint: its run, its parameters for a new run, or its parameters for
 * sampling only.
 */
export type LoadPurpose = 'run' | 'parameters' | 'sample'

/** The parameters, or their gradients from the latest step. */
export type Shown = 'data' | 'grad'

/** Facts about the training data; texts are shortened for display. */
export interface DataSummary {
  mode: Mode
  numDocs: number
  chars: string[]
  /** Length of the longest document, or of the whole text, in characters. */
  longest: number
  longestDoc: string
}

export interface Ready {
  engine: EngineName
  mode: Mode
  config: Readonly<Config>
  numParams: number
  vocabSize: number
  /** Documents, or characters of a text, to train on; 0 for a model that only samples. */
  numDocs: number
  /** Documents, or characters of a text, held out for validation. */
  numVal: number
  /** Documents of which the model sees only the first block_size tokens. */
  cut: number
  /** The first documents in training order, shortened for display. */
  firstDocs: string[]
  /** The characters of the tokenizer in the order of their ids, without BOS. */
  chars: readonly string[]
  /** Only for a model from a file or from the run store. */
  restored?: Restored
}

/** A model from a file, or from the run store. */
export interface Restored {
  from: 'file' | 'store'
  purpose: LoadPurpose
  settings: Settings
  step: number
  /** The losses of a stored run; null for a file. */
  log: LossState | null
  /** The text that replaces the page's text; null if it stays. */
  text: SourceText | null
  /** Caption of the "before" parameters: initial, or as loaded from the file. */
  before: string
}

/** A run in the run store. */
export interface StoredRun {
  id: string
  step: number
  /** Steps of the whole run. */
  of: number
  /** Milliseconds since 1970. */
  time: number
  /** Name of its text; null for the shipped names. */
  name: string | null
  /** Why it cannot be resumed. */
  trouble?: string
}

export interface Sample {
  /** The step after which it was drawn. */
  step: number
  text: string
  /** Whether it is in the training data. */
  known: boolean
}

export interface RunProgress {
  /** Steps finished. */
  step: number
  /** Losses and learning rates of the steps since the last message. */
  losses: Float64Array
  lrs: Float64Array
  samples: Sample[]
  /** The document of the last step, or the first of its batch, shortened for display. */
  doc: string
  /** The latest validation loss and the step it was measured after. */
  validation?: { step: number; loss: number }
  /** Milliseconds of training in this run, without messages and samples. */
  ms: number
  state: 'running' | 'paused' | 'stopped' | 'finished' | 'failed'
  error?: string
}

export interface Matrix {
  name: string
  rows: number
  columns: number
  /** [rows, columns] */
  values: Float64Array
}

export interface PageCandidate {
  char: string
  probability: number
}

export interface TapeRow {
  op: string
  inputs: string[]
  output: string
  /** Nanoseconds; null if not measured. */
  forward: number | null
  backward: number | null
}

export interface Look {
  /** The step after which it was computed. */
  step: number
  /** The input tokens, then the target of the last position; '' is BOS. */
  tokens: string[]
  /** The character of each token id, '' for BOS: the columns of `probabilities`. */
  chars: string[]
  /** [rows, vocab_size] */
  probabilities: Float64Array
  /** [n_layer, n_head, rows, rows] */
  attention: Float64Array
  layers: number
  heads: number
  rows: number
  loss: number
  tape: TapeRow[]
}

/** The parameters and gradients of a model, flat, in state_dict order. */
export interface ParameterNumbers {
  step: number
  values: Float64Array
  gradients: Float64Array
  /** The parameters before training; null unless requested. */
  start: Float64Array | null
}

/** A run that began with equal numbers instead of random ones. */
export interface EqualRun {
  /** The value of all numbers that are usually random. */
  value: number
  steps: number
  /** Smoothed loss at the end. */
  loss: number
  numParams: number
  /** Number of different values at the end. */
  distinct: number
  /** The largest matrix. */
  largest: { name: string; count: number; distinct: number }
}

/** The size of a matrix's gradient at the first two steps: its root mean square. */
export interface FirstGradient {
  /** Without the layer. */
  name: string
  first: number
  second: number
}

export interface RaceProgress {
  engine: EngineName
  steps: number
  /** Steps of the whole run, num_steps. */
  of: number
  ms: number
  /** Milliseconds to create the model. */
  startMs: number
  losses: Float64Array
  done: boolean
  error?: string
}

export interface RaceOptions {
  engine: EngineName
  text: string
  settings: Settings
  /** Maximum training time in milliseconds. */
  budget: number
}

/** Memory that a model would need, in bytes. */
export interface MemoryNeeds {
  params: number
  total: number
  /** Why the page refuses such a model, or ''. */
  trouble: string
}

/** The run in the file was trained on documents that the page does not have. */
export interface Mismatch {
  numDocs: number
  here: number
  /** Whether the file's alphabet contains all characters of the page's text. */
  adaptable: boolean
}

export interface SavedFile {
  file: Blob
  name: string
  step: number
}

/** Events from the worker, sent as parts of the single `events` call. */
export type PageEvent =
  | { type: 'data'; summary: DataSummary }
  | { type: 'ready'; ready: Ready }
  /** The core could not be loaded: the reference engine replaces it. */
  | { type: 'fallback'; message: string }
  | { type: 'progress'; progress: RunProgress }
  /** The run was stored, or storing failed. */
  | { type: 'autosave'; step: number; time: number; trouble?: string }

/** A method that returns null. */
interface Command<Argument> {
  argument: Argument
  result: null
}

export interface PageApi {
  /** Sends events until the worker ends. */
  events: { argument: null; result: null; part: PageEvent }
  setText: Command<{ source: SourceText; settings: Settings }>
  make: Command<{ settings: Settings }>
  play: Command<{ pace: Pace; stop: StopRule }>
  setPace: Command<{ pace: Pace }>
  pause: Command<null>
  step: Command<null>
  /** What the untrained model writes, without a change to its run; null after its first step. */
  firstSample: { argument: null; result: Sample | null }
  plan: { argument: { settings: Settings; vocabSize: number }; result: MemoryNeeds }
  /** Milliseconds per step, measured on a few steps of a temporary model. */
  estimate: { argument: { settings: Settings }; result: number }
  equalRun: { argument: { settings: Settings }; result: EqualRun }
  firstGradients: { argument: { settings: Settings }; result: FirstGradient[] }
  numbers: { argument: { start: boolean }; result: ParameterNumbers | null }
  /** The path of one parameter through the run so far; null while it is not known yet. */
  follow: { argument: { index: number }; result: PathColumns | null }
  thumbs: { argument: { shown: Shown }; result: Matrix[] }
  matrix: {
    argument: { name: string; shown: Shown }
    result: { before: Matrix; now: Matrix; shown: Shown; step: number } | null
  }
  look: { argument: { word: string; timed: boolean }; result: Look }
  next: { argument: Drawing; result: PageCandidate[] }
  write: { argument: Drawing & { seed: number }; result: { text: string; known: boolean } }
  /** Sends progress as parts; returns when the engine has finished its race. */
  race: { argument: RaceOptions; result: null; part: RaceProgress }
  /** The share of held-out sums that the model solves, of at most `count`; null without any. */
  answers: { argument: { count: number }; result: number | null }
  save: { argument: { optimizer: boolean }; result: SavedFile }
  /** What the model learns from as data.txt, or the model as an ONNX file in float64. */
  exported: { argument: { what: 'data' | 'onnx' }; result: SavedFile }
  /** `names`: the shipped names, if the page has another text; the file may be trained on them. */
  load: {
    argument: { file: Blob; purpose: LoadPurpose; names: string | null }
    result: Mismatch | null
  }
  /** Stores the run at once, because the page may be closing. */
  storeNow: Command<null>
  /** The page is closing: stores the run and closes the store. */
  leave: Command<null>
  runs: { argument: null; result: StoredRun[] }
  resumeRun: Command<{ id: string }>
  forgetRun: { argument: { id: string }; result: StoredRun[] }
}
