/** What the measurements run on: a clock and the engines. Tests pass a setup with known figures. */
import type { Core } from '../engine/core.js'
import type { CreateOptions, MicroGPT } from '../gpt/microgpt.js'
import type { TwinOptions } from '../reference/twin.js'

/** Milliseconds since some moment, like performance.now(). */
export type Clock = () => number

/** What can be timed of every engine: the core, and the TypeScript reference engines. */
export interface TimedModel {
  readonly numParams: number
  readonly docs: readonly string[]
  train(options: { steps: number }): Iterable<{ loss: number }>
  sample(options: { count: number }): string[]
  loss(docs: readonly string[]): number
}

/** The WebAssembly core, of which more can be measured. */
export type TimedCore = TimedModel &
  Pick<MicroGPT, 'docsSeen' | 'config' | 'tokenizer' | 'stateDict' | 'free'>

/** A loop of multiplications and additions on f64x2: assembly/peak.ts. */
export interface Peak {
  spin(turns: number): void
  /** Floating-point operations per iteration. */
  flops: number
}

/** Sums the time spent in the optimizer, from its creation until stop(). */
export interface AdamWatch {
  /** Milliseconds so far. */
  ms(): number
  stop(): void
}

export interface Setup {
  now: Clock
  /** The peak memory of the process so far, in bytes. */
  peakBytes(): number
  /** The largest number of threads to measure. */
  maxThreads: number
  wasm(options: CreateOptions): Promise<TimedCore>
  typed(options: TwinOptions): Promise<TimedModel>
  value(options: TwinOptions): Promise<TimedModel>
  /** A core for planGPT, to count what models need. */
  countingCore(): Promise<Core>
  peak(): Promise<Peak>
  watchAdam(): Promise<AdamWatch>
}
