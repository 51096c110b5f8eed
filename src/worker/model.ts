/** MicroGPT's API, asynchronous: the model is in a worker. */
import type { Config } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import { TrainingError } from '../errors.js'
import type { GenerateOptions, Generated, SampleOptions, TrainOptions } from '../gpt/microgpt.js'
import { Tokenizer } from '../data/tokenizer.js'
import { Feed } from './feed.js'
import type { Line } from './line.js'
import type { Made, ParameterCopy, Steps, Told } from './messages.js'
import { type RunResult, WorkerRun } from './run.js'

/**
 * A model in a worker, made with createWorkerModel() or loadWorkerModel(). Its properties and
 * methods are those of MicroGPT, and throw the same errors.
 */
export class WorkerModel implements Told {
  /** Whether it learns documents or one long text. */
  readonly mode!: Mode
  /** The preset that it was made with, 'tutorial' or 'gist'. */
  readonly preset!: string
  /** All hyperparameters. */
  readonly config!: Readonly<Config>
  /** The share of the data that is held out; 0 is none. */
  readonly valFraction!: number
  /** The seed of the shuffle and of the initial parameters. */
  readonly seed!: bigint
  /** Number of documents, or characters of the text, to train on and held out. */
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
  private readonly line: Line

  /** @param given the documents as they were sent */
  constructor(line: Line, { told, chars, places }: Made, given: readonly string[]) {
    Object.assign(this, told)
    this.line = line
    this.tokenizer = new Tokenizer(chars)
    const docs = Array.from(places, (place) => given[place]!)
    this.docs = docs.slice(0, this.counts.train)
    this.valDocs = docs.slice(this.counts.train)
  }

  /**
   * Like MicroGPT.train, in the worker. Steps arrive in groups, at most 20 times per second.
   * @param options.signal aborts the run
   */
  train(options: TrainOptions & { signal?: AbortSignal } = {}): WorkerRun {
    const { signal, ...rest } = options
    const { line } = this
    // Of no call until this one is made: another one may come first when this one never is.
    let id = 0
    const stop = () => line.stop(id)
    const call = async (hear: (steps: Steps) => void): Promise<RunResult> => {
      if (signal?.aborted) return { status: 'aborted', step: this.step }
      signal?.addEventListener('abort', stop)
      try {
        id = line.nextId
        return await line.call('train', rest, (steps) => {
          this.step = steps.step
          this.docsSeen = steps.docsSeen
          hear(steps)
        })
      } finally {
        signal?.removeEventListener('abort', stop)
      }
    }
    const start: typeof call = (hear) =>
      call(hear).catch((error: Error) => ({ status: 'failed', step: this.step, error }))
    return new WorkerRun(start, stop)
  }

  /** Like MicroGPT.validate: the mean loss over the held-out data. */
  validate(): Promise<number> {
    return this.line.call('validate', null)
  }

  /** Like MicroGPT.sample: new documents, or a continued text. */
  sample(options: SampleOptions = {}): Promise<string[]> {
    return this.line.call('sample', options)
  }

  /**
   * Like MicroGPT.generate, but the worker does not wait for the reader: it continues until you
   * leave the loop. Characters arrive in groups, at most 20 times per second.
   */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<Generated, void, undefined> {
    const { line } = this
    const id = line.nextId
    const drawn = new Feed<Generated>()
    line
      .call('generate', options, (part) => drawn.push(part))
      .then(
        () => drawn.close(),
        (error: Error) => drawn.close(error),
      )
    try {
      yield* drawn
    } finally {
      line.stop(id)
    }
  }

  /** Like MicroGPT.loss: the mean loss over documents, without training. */
  loss(docs: readonly string[]): Promise<number> {
    return this.line.call('loss', docs)
  }

  /** Like MicroGPT.save, with the same bytes. */
  save(options: { optimizer?: boolean } = {}): Promise<Uint8Array> {
    return this.line.call('save', options)
  }

  /** A copy of all parameters, flat, in state_dict order. */
  params(): Promise<Float64Array> {
    return this.line.call('params', null)
  }

  /** Copies of the matrices and their gradients, by name. */
  async stateDict(): Promise<ReadonlyMap<string, ParameterCopy>> {
    const matrices = await this.line.call('stateDict', null)
    return new Map(matrices.map((matrix) => [matrix.name, matrix]))
  }

  /** Ends the worker immediately. Calls that wait for an answer fail with a TrainingError. */
  free(): void {
    this.line.hangUp(new TrainingError('this model has been freed; create another one'))
  }
}
