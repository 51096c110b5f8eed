/** What the measurements run on: a clock and the engines. Tests give a setup of known figures. */
import type { Core } from '../engine/core.js'
import type { CreateOptions, MicroGPT } from '../gpt/microgpt.js'
import type { TwinOptions } from '../reference/twin.js'

/** Milliseconds from some moment on, as performance.now() gives them. */
export type Clock = () => number

/** What can be timed of every engine: the core, and its TypeScript twins. */
export interface TimedModel {
  readonly numParams: number
  readonly docs: readonly string[]
  train(options: { steps: number }): Iterable<{ loss: number }>
  sample(options: { count: number }): string[]
  loss(docs: readonly string[]): number
}

/** The WebAssembly core, of which more can be asked. */
export type TimedCore = TimedModel &
  Pick<MicroGPT, 'docsSeen' | 'config' | 'tokenizer' | 'stateDict' | 'free'>

/** A loop of multiplications and additions on f64x2: assembly/peak.ts. */
export interface Peak {
  spin(turns: number): void
  /** Floating-point operations of a turn. */
  flops: number
}

/** Sums the time spent in the optimizer, from its making until stop(). */
export interface AdamWatch {
  /** Milliseconds so far. */
  ms(): number
  stop(): void
}

export interface Setup {
  now: Clock
  /** The process's peak of memory so far, in bytes. */
  peakBytes(): number
  /** The largest number of threads to measure. */
  maxThreads: number
  wasm(options: CreateOptions): Promise<TimedCore>
  typed(options: TwinOptions): Promise<TimedModel>
  value(options: TwinOptions): Promise<TimedModel>
  /** A core that counts what models need: planGPT. */
  countingCore(): Promise<Core>
  peak(): Promise<Peak>
  watchAdam(): Promise<AdamWatch>
}
