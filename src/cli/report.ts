/** The events of a run that are reported to the user. */
import type { Config } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import type { TrainStep } from '../gpt/trainable.js'

export interface RunStart {
  /** Present only in text mode. */
  mode?: Mode
  /** Documents, and how many of them are cut to block_size. Absent in text mode. */
  numDocs?: number
  numCut?: number
  /** Characters of the text, in text mode. */
  numChars?: number
  /** Documents or characters held out. Absent if there are none. */
  numVal?: number
  vocabSize: number
  numParams: number
  config: Readonly<Config>
  preset: string
  seed: string
  engine: string
  /** Training threads. Absent if there is only one. */
  threads?: number
  /** With --fast: whether this Node.js supports relaxed SIMD. */
  fast?: boolean
}

export interface RunEnd {
  /** Steps made in this run. */
  steps: number
  /** Time for training and validation, without setup and sampling. */
  seconds: number
  /** The last validation loss, if there was one. */
  valLoss?: number
  /** Present if a signal ended the run. */
  interrupted?: true
  /** The file that the model was saved to. */
  saved?: string
}

export interface Report {
  start(run: RunStart): void
  step(step: TrainStep): void
  /** Called between steps, about 60 times per second. @param now in ms */
  pause(now: number): void
  /** Called after the last step, also if training failed or was stopped. @param now in ms */
  trained(now: number): void
  /** @param index starts at 1 */
  sample(index: number, text: string): void
  end(run: RunEnd): void
}

/** Prints nothing. A base for reports that print only some events. */
export const SILENT: Report = {
  start: () => {},
  step: () => {},
  pause: () => {},
  trained: () => {},
  sample: () => {},
  end: () => {},
}
