/** What a run tells while it goes on. */
import type { Config } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import type { TrainStep } from '../gpt/trainable.js'

export interface RunStart {
  /** There for a text. */
  mode?: Mode
  /** Where it is documents, and how many of them are longer than block_size and are cut. */
  numDocs?: number
  numCut?: number
  /** Where it is a text. */
  numChars?: number
  /** How many of the documents or characters are held out, where any are. */
  numVal?: number
  vocabSize: number
  numParams: number
  config: Readonly<Config>
  preset: string
  seed: string
  engine: string
  /** Those that train, where there are several. */
  threads?: number
  /** With --fast: whether this Node has what it takes. */
  fast?: boolean
}

export interface RunEnd {
  /** Made in this run. */
  steps: number
  /** Of training and validation, without set-up and sampling. */
  seconds: number
  /** The last one, where there was any. */
  valLoss?: number
  /** There when a signal ended the run. */
  interrupted?: true
  /** Where the model was kept. */
  saved?: string
}

export interface Report {
  start(run: RunStart): void
  step(step: TrainStep): void
  /** Between two steps, some 60 times a second. @param now in ms */
  pause(now: number): void
  /** No further step comes, whatever the reason. */
  trained(now: number): void
  /** @param index from 1 */
  sample(index: number, text: string): void
  end(run: RunEnd): void
}

/** Tells nothing: for reports of which only some parts are wanted. */
export const SILENT: Report = {
  start: () => {},
  step: () => {},
  pause: () => {},
  trained: () => {},
  sample: () => {},
  end: () => {},
}
