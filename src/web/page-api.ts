/** What the page asks of its worker. All arrays are moved or copied, never shared. */
import type { Config, ConfigInput, PresetName } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import type { LossState } from './loss-log.js'

export interface Settings {
  preset: PresetName
  /** Fields that differ from the preset. */
  config: ConfigInput
  /** A whole number of any size, in digits. */
  seed: string
}

/** What to learn from; name is null for the shipped names. */
export interface SourceText {
  text: string
  name: string | null
  /** One document per line, or one long text. */
  mode: Mode
  /** The part that is held out for validation. */
  valFraction: number
}

export type EngineName = 'wasm' | 'typed' | 'value'

export type StopRule = { kind: 'end' } | { kind: 'loss' | 'step'; value: number }

/**
 * How fast training is shown: as fast as it goes, a whole run in a number of milliseconds, or a
 * number of steps per second. A step itself always takes as long as the engine needs.
 */
export type Pace =
  { kind: 'instant' } | { kind: 'watch'; ms: number } | { kind: 'slow'; rate: number }

/** What to draw a text with. */
export interface Drawing {
  prompt: string
  temperature: number
  topK: number | null
}

/** What is used of a file: its run, its parameters for a new run, or its parameters to sample. */
export type LoadPurpose = 'run' | 'parameters' | 'sample'

/** Values of the parameters, or their gradients of the latest step. */
export type Shown = 'data' | 'grad'

/** Texts are cut for the screen. */
export interface DataSummary {
  mode: Mode
  numDocs: number
  chars: string[]
  /** Characters of the longest document, or of the whole text. */
  longest: number
  longestDoc: string
}

export interface Ready {
  engine: EngineName
  mode: Mode
  config: Readonly<Config>
  numParams: number
  vocabSize: number
  /** Documents, or characters of a text, that are trained on; 0 for a model that only samples. */
  numDocs: number
  /** Characters that are held out of a text. */
  numVal: number
  /** Documents of which the model sees only the first block_size tokens. */
  cut: number
  /** The first ones in the order of training, cut for the screen. */
  firstDocs: string[]
  /** The tokenizer's characters in the order of their ids, without BOS. */
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
  /** Of a stored run. */
  log: LossState | null
  /** The documents that came with it. */
  text: SourceText | null
  /** What is shown as "before": the initial parameters, or what the file held. */
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
  /** Whose documents; null for the shipped names. */
  name: string | null
  /** Why it cannot be resumed. */
  trouble?: string
}

export interface Sample {
  /** Steps made when it was drawn. */
  step: number
  text: string
  /** Whether it is a document of the training data. */
  known: boolean
}

export interface RunProgress {
  /** Steps finished. */
  step: number
  /** Of the steps since the last message. */
  losses: Float64Array
  lrs: Float64Array
  samples: Sample[]
  /** The document of the last step, or the first of its batch, cut for the screen. */
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
  /** Nanoseconds; null where they were not measured. */
  forward: number | null
  backward: number | null
}

export interface Look {
  /** Steps made when it was looked at. */
  step: number
  /** The tokens in, then the one that the last position should give; '' is BOS. */
  tokens: string[]
  /** Every token's character, '' for BOS: the columns of probabilities. */
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

/** All numbers of a model, flat, in state_dict order. */
export interface ParameterNumbers {
  step: number
  values: Float64Array
  gradients: Float64Array
  /** Before training; only when asked for. */
  start: Float64Array | null
}

export interface RaceProgress {
  engine: EngineName
  steps: number
  /** Steps of a whole run. */
  of: number
  ms: number
  /** Milliseconds from nothing to a model. */
  startMs: number
  losses: Float64Array
  done: boolean
  error?: string
}

export interface RaceOptions {
  engine: EngineName
  text: string
  settings: Settings
  /** Milliseconds of training at most. */
  budget: number
}

/** What the memory of a model would be, in bytes. */
export interface MemoryNeeds {
  params: number
  total: number
  /** Why the page refuses such a model, or ''. */
  trouble: string
}

/** The file's run is of other documents. */
export interface Mismatch {
  numDocs: number
  here: number
  /** Whether its alphabet has all characters of the text here. */
  adaptable: boolean
}

export interface SavedFile {
  file: Blob
  name: string
  step: number
}

/** What the worker reports unasked, as parts of the one call of `events`. */
export type PageEvent =
  | { type: 'data'; summary: DataSummary }
  | { type: 'ready'; ready: Ready }
  /** The core could not be loaded: the reference engine replaces it. */
  | { type: 'fallback'; message: string }
  | { type: 'progress'; progress: RunProgress }
  /** The run has been stored, or could not be. */
  | { type: 'autosave'; step: number; time: number; trouble?: string }

/** A method that answers null. */
interface Command<Argument> {
  argument: Argument
  result: null
}

export interface PageApi {
  /** Reports until the worker ends. */
  events: { argument: null; result: null; part: PageEvent }
  setText: Command<{ source: SourceText; settings: Settings }>
  make: Command<{ settings: Settings }>
  play: Command<{ pace: Pace; stop: StopRule }>
  setPace: Command<{ pace: Pace }>
  pause: Command<null>
  step: Command<null>
  plan: { argument: { settings: Settings; vocabSize: number }; result: MemoryNeeds }
  /** Milliseconds per step, from a few real steps of a model that is thrown away. */
  estimate: { argument: { settings: Settings }; result: number }
  numbers: { argument: { start: boolean }; result: ParameterNumbers | null }
  thumbs: { argument: { shown: Shown }; result: Matrix[] }
  matrix: {
    argument: { name: string; shown: Shown }
    result: { before: Matrix; now: Matrix; shown: Shown; step: number } | null
  }
  look: { argument: { word: string; timed: boolean }; result: Look }
  next: { argument: Drawing; result: PageCandidate[] }
  write: { argument: Drawing & { seed: number }; result: { text: string; known: boolean } }
  /** Losses with each part; the race is over when it answers. */
  race: { argument: RaceOptions; result: null; part: RaceProgress }
  /** The share of held-out sums that the model solves, of `count` of them; null without any. */
  answers: { argument: { count: number }; result: number | null }
  save: { argument: { optimizer: boolean }; result: SavedFile }
  /** What the model learns from as data.txt, or the model as an ONNX file in float64. */
  exported: { argument: { what: 'data' | 'onnx' }; result: SavedFile }
  /** names: the shipped ones, when they are not the page's text: the file may be of them. */
  load: {
    argument: { file: Blob; purpose: LoadPurpose; names: string | null }
    result: Mismatch | null
  }
  /** Stores the run now: the page may be closing. */
  storeNow: Command<null>
  /** The page is closing: store the run, and close the store. */
  leave: Command<null>
  runs: { argument: null; result: StoredRun[] }
  resumeRun: Command<{ id: string }>
  forgetRun: { argument: { id: string }; result: StoredRun[] }
}
