/** What the page and its worker say to each other. All arrays are transferred, never shared. */
import type { Config, ConfigInput, PresetName } from '../config/config.js'
import type { LossState } from './loss-log.js'

export interface Settings {
  preset: PresetName
  /** Fields that differ from the preset. */
  config: ConfigInput
  /** A whole number of any size, in digits. */
  seed: string
}

export type EngineName = 'wasm' | 'typed' | 'value'

export type StopRule = { kind: 'end' } | { kind: 'loss' | 'step'; value: number }

export interface Drawing {
  prompt: string
  temperature: number
  topK: number | null
}

/** What of a file is taken: its run, its parameters for a new run, or no training at all. */
export type Taking = 'run' | 'parameters' | 'sample'

export type ToWorker =
  /** name: whose text it is; without one it is the shipped names. */
  | { type: 'text'; text: string; settings: Settings; name?: string }
  | { type: 'model'; settings: Settings }
  /** pace: steps a second, or null for as fast as it goes. */
  | { type: 'play'; pace: number | null; stop: StopRule }
  | { type: 'pace'; pace: number | null }
  | { type: 'pause' }
  /** What the memory of such a model would be. */
  | { type: 'plan'; settings: Settings; vocabSize: number }
  | { type: 'step' }
  | { type: 'thumbs'; shown: Shown }
  | { type: 'matrix'; name: string; shown: Shown }
  | { type: 'word'; word: string; timed: boolean }
  | { type: 'next'; drawing: Drawing }
  | { type: 'write'; drawing: Drawing; seed: number }
  | { type: 'race'; engine: EngineName; text: string; settings: Settings; budget: number }
  | { type: 'save'; optimizer: boolean }
  /** names: the shipped ones, where they are not the page's text: the file may be of them. */
  | { type: 'load'; file: Blob; taking: Taking; names: string | null }
  /** The page goes out of sight, for good perhaps: keep the run now. */
  | { type: 'keep' }
  | { type: 'kept' }
  | { type: 'take up'; id: string }
  | { type: 'forget'; id: string }

/** Values of the parameters, or their gradients of the latest step. */
export type Shown = 'data' | 'grad'

/** Texts are cut for the screen. */
export interface DataSummary {
  numDocs: number
  chars: string[]
  /** Characters of the longest document. */
  longest: number
  longestDoc: string
}

export interface Ready {
  engine: EngineName
  config: Readonly<Config>
  numParams: number
  vocabSize: number
  numDocs: number
  /** Documents of which the model sees only the first block_size tokens. */
  cut: number
  /** The first ones in the order of training, cut for the screen. */
  firstDocs: string[]
  /** The tokenizer's, in the order of their ids, without BOS. */
  chars: readonly string[]
  /** Only for a model that was not made here and now. */
  taken?: Taken
}

/** A model from a file, or from the browser's own keeping. */
export interface Taken {
  from: 'file' | 'kept'
  taking: Taking
  settings: Settings
  step: number
  /** Of a run that was kept. */
  log: LossState | null
  /** The documents that came with it; name is null for the shipped names. */
  text: { text: string; name: string | null } | null
  /** What stands as before training: the initial parameters, or what the file held. */
  before: string
}

/** A run in the browser's own keeping. */
export interface KeptRun {
  id: string
  step: number
  /** Steps of the whole run. */
  of: number
  /** Milliseconds since 1970. */
  time: number
  /** Whose documents; null for the shipped names. */
  name: string | null
  /** Why it cannot be taken up. */
  trouble?: string
}

export interface Sample {
  /** Steps made when it was drawn. */
  step: number
  text: string
  /** Whether it stands in the data. */
  known: boolean
}

export interface Progress {
  /** Steps finished. */
  step: number
  /** Of the steps since the last message. */
  losses: Float64Array
  lrs: Float64Array
  samples: Sample[]
  /** The document of the last step, or the first of its batch, cut for the screen. */
  doc: string
  /** Milliseconds of training in this run, messages and samples left out. */
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

export interface Candidate {
  char: string
  probability: number
}

export interface TapeRow {
  op: string
  inputs: string[]
  output: string
  /** Nanoseconds. */
  forward: number
  backward: number
}

export interface Look {
  /** The tokens in, then the one that the last position should give; '' is BOS. */
  tokens: string[]
  /** Every token's character, '' for BOS: what the columns of probabilities stand for. */
  chars: string[]
  /** [rows, vocab_size] */
  probabilities: Float64Array
  /** [n_layer, n_head, rows, rows] */
  attention: Float64Array
  layers: number
  heads: number
  rows: number
  loss: number
  /** Only where it was timed. */
  tape: TapeRow[] | null
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

export type Refused = 'text' | 'model' | 'word' | 'next' | 'save' | 'load' | 'take up'

export type FromWorker =
  | { type: 'data'; summary: DataSummary }
  | { type: 'ready'; ready: Ready }
  /** Something that was asked for cannot be had; what was there before stays. */
  | { type: 'refused'; what: Refused; message: string }
  /** The core could not be had: the twin stands in. */
  | { type: 'fallback'; message: string }
  | { type: 'progress'; progress: Progress }
  /** Bytes; trouble says why the page refuses such a model. */
  | { type: 'plan'; settings: Settings; params: number; total: number; trouble: string }
  | { type: 'thumbs'; shown: Shown; before: Matrix[]; now: Matrix[] }
  | { type: 'matrix'; shown: Shown; before: Matrix; now: Matrix; step: number }
  | { type: 'look'; look: Look; step: number }
  | { type: 'next'; prompt: string; candidates: Candidate[] }
  | { type: 'written'; text: string; known: boolean }
  | { type: 'race'; race: RaceProgress }
  | { type: 'file'; file: Blob; name: string; step: number }
  /** The file's run is of other documents; adaptable: whether it could learn from these. */
  | { type: 'mismatch'; numDocs: number; here: number; adaptable: boolean }
  | { type: 'kept'; runs: KeptRun[]; trouble?: string }
  /** The run has been kept, or could not be. */
  | { type: 'autosave'; step: number; time: number; trouble?: string }
