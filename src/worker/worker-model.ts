/** A model in a worker: MicroGPT's members, asynchronous. */
import type { Bytes } from '../checkpoint/safetensors/write.js'
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

/**
 * A model in a worker, made with createWorkerModel() or loadWorkerModel(). Its properties and methods
 * are those of MicroGPT, and throw the same errors.
 */
export class WorkerModel implements ModelInfo, AsyncTrainable {
  static readonly name = 'WorkerModel'
  /** Whether it learns documents or one long text. */
  readonly mode!: Mode
  /** The name of the preset that it was made with. */
  readonly preset!: string
  /** All hyperparameters. */
  readonly config!: Readonly<Config>
  /** The share of the data that is held out; 0 is none. */
  readonly valFraction!: number
  /** The seed of the shuffle and of the initial parameters. */
  readonly seed!: bigint
  /** Number of documents, or characters of the text, to train on (`train`) and held out (`val`). */
  readonly counts!: { train: number; val: number }
  /** Number of parameters. */
  readonly numParams!: number
  /** Number of threads that train. */
  readonly threads!: number
  /** Number of training steps so far, as of the latest message from the worker. */
  step!: number
  /** Documents, or blocks of the text, that these steps have used. */
  docsSeen!: number
  /** Characters to token ids and back. */
  readonly tokenizer: Tokenizer
  /** The documents to train on, shuffled with the seed. Empty for a text. */
  readonly docs: readonly string[]
  /** The held-out documents. Empty for a text. */
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

  /**
   * Like MicroGPT.train, in the worker. Steps arrive in groups, at most 20 times per second.
   * @param options those of MicroGPT.train, and a signal that aborts the run
   */
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

  /** Like MicroGPT.validate: the mean loss over the held-out data. */
  validate(): Promise<number> {
    return this.rpc.call('validate', null)
  }

  /** Like MicroGPT.sample: new documents, or a continued text. */
  async sample(options: SampleOptions = {}): Promise<string[]> {
    return this.rpc.call('sample', options)
  }

  /**
   * Like MicroGPT.generate, but the worker does not wait for the reader: it continues until you leave
   * the loop. Characters arrive in groups, at most 20 times per second.
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

  /** Like MicroGPT.loss: the mean loss over documents, without training. */
  loss(docs: readonly string[]): Promise<number> {
    return this.rpc.call('loss', docs)
  }

  /**
   * Like MicroGPT.save, with the same bytes.
   * @param options.optimizer also save everything that the next training step depends on (default
   *   false)
   */
  save(options: { optimizer?: boolean } = {}): Promise<Bytes> {
    return this.rpc.call('save', options)
  }

  /** A copy of all parameters, flat, in state_dict order. */
  params(): Promise<Float64Array> {
    return this.rpc.call('params', null)
  }

  /** Copies of the matrices and their gradients, by name. */
  async stateDict(): Promise<ReadonlyMap<string, ParameterCopy>> {
    const matrices = await this.rpc.call('stateDict', null)
    return new Map(matrices.map((matrix) => [matrix.name, matrix]))
  }

  /** Ends the worker immediately. Pending calls fail with a TrainingError. */
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
