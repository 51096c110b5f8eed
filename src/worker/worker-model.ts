/** A model in a worker: MicroGPT's members, asynchronous. */
import type { Config } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import { ConfigError, TrainingError } from '../errors.js'
import type { GenerateOptions, Generated, SampleOptions, TrainOptions } from '../gpt/microgpt.js'
import type { AsyncTrainable } from '../gpt/trainable.js'
import { Tokenizer } from '../data/tokenizer.js'
import { AsyncQueue } from './async-queue.js'
import type { Created, ModelApi, ModelInfo, ParameterCopy, Steps } from './model-api.js'
import type { RpcClient } from './rpc.js'
import { type RunResult, WorkerRun } from './worker-run.js'

/** Properties and methods are those of MicroGPT, and throw what those throw. */
export class WorkerModel implements ModelInfo, AsyncTrainable {
  readonly mode!: Mode
  readonly preset!: string
  readonly config!: Readonly<Config>
  readonly valFraction!: number
  readonly seed!: bigint
  readonly counts!: { train: number; val: number }
  readonly numParams!: number
  readonly threads!: number
  /** Steps made so far, as of the worker's latest message. */
  step!: number
  /** Documents, or blocks of the text, that those steps have taken. */
  docsSeen!: number
  readonly tokenizer: Tokenizer
  /** In the order of training. */
  readonly docs: readonly string[]
  readonly valDocs: readonly string[]
  private readonly rpc: RpcClient<ModelApi>

  /** @param given the documents as they were sent */
  constructor(
    rpc: RpcClient<ModelApi>,
    { info, chars, places }: Created,
    given: readonly string[],
  ) {
    Object.assign(this, info)
    this.rpc = rpc
    this.tokenizer = new Tokenizer(chars)
    const docs = Array.from(places, (place) => given[place]!)
    this.docs = docs.slice(0, this.counts.train)
    this.valDocs = docs.slice(this.counts.train)
  }

  /** As MicroGPT.train, off the main thread; messages come at most 20 times per second. */
  train(options: TrainOptions & { signal?: AbortSignal } = {}): WorkerRun {
    const stop = new AbortController()
    const start = async (onSteps: (steps: Steps) => void): Promise<RunResult> => {
      try {
        return await this.runUntil(stop, options, onSteps)
      } catch (error) {
        return { status: 'failed', step: this.step, error: error as Error }
      }
    }
    return new WorkerRun(start, () => stop.abort())
  }

  validate(): Promise<number> {
    return this.rpc.call('validate', null)
  }

  async sample(options: SampleOptions = {}): Promise<string[]> {
    return this.rpc.call('sample', options)
  }

  /**
   * As MicroGPT.generate, but the worker does not wait for the reader: it goes on until the loop is
   * left. Characters come at most 20 times per second, several at a time.
   */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<Generated, void, undefined> {
    const stop = new AbortController()
    const drawn = new AsyncQueue<Generated>()
    this.rpc
      .call('generate', options, { onPart: (part) => drawn.push(part), signal: stop.signal })
      .then(
        () => drawn.close(),
        (error: Error) => drawn.close(error),
      )
    try {
      yield* drawn
    } finally {
      stop.abort()
    }
  }

  loss(docs: readonly string[]): Promise<number> {
    return this.rpc.call('loss', docs)
  }

  /** The same bytes as MicroGPT.save gives. */
  save(options: { optimizer?: boolean } = {}): Promise<Uint8Array> {
    return this.rpc.call('save', options)
  }

  /** A copy. */
  params(): Promise<Float64Array> {
    return this.rpc.call('params', null)
  }

  /** Copies of the matrices and their gradients, by name. */
  async stateDict(): Promise<ReadonlyMap<string, ParameterCopy>> {
    const matrices = await this.rpc.call('stateDict', null)
    return new Map(matrices.map((matrix) => [matrix.name, matrix]))
  }

  /** Ends the worker at once; calls that are pending fail. */
  free(): void {
    this.rpc.close(new TrainingError('this model has been freed; create another one'))
  }

  /** One call of train; the caller's signal and the run's own stop it. */
  private async runUntil(
    stop: AbortController,
    options: TrainOptions & { signal?: AbortSignal },
    onSteps: (steps: Steps) => void,
  ): Promise<RunResult> {
    if (typeof options !== 'object' || options === null) return this.rpc.call('train', options)
    const { signal, ...rest } = options
    if (signal !== undefined) checkSignal(signal)
    if (signal?.aborted) return { status: 'aborted', step: this.step }
    const abort = () => stop.abort()
    signal?.addEventListener('abort', abort)
    try {
      return await this.rpc.call('train', rest, {
        signal: stop.signal,
        onPart: (steps) => {
          this.step = steps.step
          this.docsSeen = steps.docsSeen
          onSteps(steps)
        },
      })
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }
}

/** @throws {ConfigError} for anything else than an AbortSignal, of this or another realm */
export function checkSignal(signal: unknown): void {
  const { addEventListener, aborted } = Object(signal)
  if (typeof addEventListener === 'function' && typeof aborted === 'boolean') return
  throw new ConfigError('signal', signal, 'signal must be an AbortSignal')
}
