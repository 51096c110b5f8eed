/** The front door off the main thread: MicroGPT's API, asynchronous, with a worker behind it. */
import type { Bytes } from '../checkpoint/safetensors/write.js'
import type { Config } from '../config/config.js'
import type { Mode } from '../data/corpus.js'
import { TrainingError } from '../errors.js'
import type { GenerateOptions, Generated, SampleOptions, TrainOptions } from '../gpt/microgpt.js'
import { Tokenizer } from '../data/tokenizer.js'
import { Feed } from './feed.js'
import type { Line } from './line.js'
import type { Made, ParameterCopy, Steps, Told } from './messages.js'
import { type RunResult, WorkerRun } from './run.js'

/** Its properties and methods are those of MicroGPT, and throw what those throw. */
export class WorkerModel implements Told {
  readonly mode!: Mode
  readonly preset!: string
  readonly config!: Readonly<Config>
  readonly valFraction!: number
  readonly seed!: bigint
  readonly counts!: { train: number; val: number }
  readonly numParams!: number
  readonly threads!: number
  /** Steps made so far, as far as the worker has told. */
  step!: number
  /** Documents, or blocks of the text, that they have taken. */
  docsSeen!: number
  readonly tokenizer: Tokenizer
  /** In the order of training. */
  readonly docs: readonly string[]
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

  /** As MicroGPT.train, off the main thread; messages come at most 20 times a second. */
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

  validate(): Promise<number> {
    return this.line.call('validate', null)
  }

  sample(options: SampleOptions = {}): Promise<string[]> {
    return this.line.call('sample', options)
  }

  /**
   * As MicroGPT.generate, but the worker does not wait for the reader: it goes on drawing until the
   * loop is left. Characters come at most 20 times a second, some at a time.
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

  loss(docs: readonly string[]): Promise<number> {
    return this.line.call('loss', docs)
  }

  /** The same bytes as MicroGPT.save gives. */
  save(options: { optimizer?: boolean } = {}): Promise<Bytes> {
    return this.line.call('save', options)
  }

  /** A copy. */
  params(): Promise<Float64Array> {
    return this.line.call('params', null)
  }

  /** Copies of the matrices and their gradients, by name. */
  async stateDict(): Promise<ReadonlyMap<string, ParameterCopy>> {
    const matrices = await this.line.call('stateDict', null)
    return new Map(matrices.map((matrix) => [matrix.name, matrix]))
  }

  /** Ends the worker at once; what still waits for an answer fails. */
  free(): void {
    this.line.hangUp(new TrainingError('this model has been freed; create another one'))
  }
}
