/** The front door off the main thread: MicroGPT's API, asynchronous, with a worker behind it. */
import type { Config } from '../config.js'
import { MicroGPTError, TrainingError } from '../errors.js'
import type { CreateOptions, GenerateOptions, Generated } from '../microgpt.js'
import type { SampleOptions, StepResult } from '../microgpt.js'
import { Tokenizer } from '../tokenizer.js'
import { type Call, type Calls, type ParameterCopy, unpackError } from './messages.js'
import type { Batch, Reply } from './messages.js'
import { spawn } from './spawn.js'

/** How a run ended. `step` counts all steps that the model has made. */
export type RunResult =
  | { status: 'completed'; step: number }
  | { status: 'aborted'; step: number }
  | { status: 'failed'; step: number; error: Error }

interface Pending {
  resolve(value: never): void
  reject(error: Error): void
  batch?: (batch: Batch) => void
}

/** A run in the worker. Its steps can be looped over with `for await`; its end is in `result`. */
export class WorkerRun implements AsyncIterable<StepResult> {
  /** Never rejects. */
  readonly result: Promise<RunResult>
  private readonly abort: () => void
  private readonly steps: StepResult[] = []
  private ended: RunResult | null = null
  private wake = () => {}

  constructor(start: (onBatch: (batch: Batch) => void) => Promise<RunResult>, abort: () => void) {
    this.abort = abort
    this.result = start(({ step, losses, lrs }) => {
      const before = step - losses.length
      losses.forEach((loss, i) => this.steps.push({ step: before + i + 1, loss, lr: lrs[i]! }))
      this.wake()
    }).then((result) => {
      this.ended = result
      this.wake()
      return result
    })
  }

  /** The steps as they come. Leaving the loop aborts the run. @throws what the run failed with */
  async *[Symbol.asyncIterator](): AsyncGenerator<StepResult, void, undefined> {
    try {
      for (let i = 0; ; i++) {
        while (i >= this.steps.length) {
          if (this.ended?.status === 'failed') throw this.ended.error
          if (this.ended) return
          await new Promise<void>((resolve) => (this.wake = resolve))
        }
        yield this.steps[i]!
      }
    } finally {
      this.abort()
    }
  }
}

export class WorkerModel {
  readonly config: Readonly<Config>
  readonly tokenizer: Tokenizer
  /** In the order of training. */
  readonly docs: readonly string[]
  /** Steps made so far, as far as the worker has told. */
  step = 0
  private readonly line: Line

  constructor(line: Line, { config, chars, docs }: Calls['create'][1]) {
    this.line = line
    this.config = config
    this.tokenizer = new Tokenizer(chars)
    this.docs = docs
  }

  /** As MicroGPT.train, off the main thread; messages come at most 20 times a second. */
  train(options: { steps?: number; signal?: AbortSignal } = {}): WorkerRun {
    const { signal, ...rest } = options
    const { line } = this
    const id = line.nextId
    const stop = () => line.stop(id)
    const start = async (onBatch: (batch: Batch) => void): Promise<RunResult> => {
      if (signal?.aborted) return { status: 'aborted', step: this.step }
      signal?.addEventListener('abort', stop)
      try {
        return await line.call('train', rest, (batch) => {
          this.step = batch.step
          onBatch(batch)
        })
      } catch (error) {
        return { status: 'failed', step: this.step, error: error as Error }
      } finally {
        signal?.removeEventListener('abort', stop)
      }
    }
    return new WorkerRun(start, stop)
  }

  sample(options: SampleOptions = {}): Promise<string[]> {
    return this.line.call('sample', options)
  }

  /** As MicroGPT.generate; the whole text is drawn at once, then given character by character. */
  async *generate(options: GenerateOptions = {}): AsyncGenerator<Generated, void, undefined> {
    yield* await this.line.call('generate', options)
  }

  loss(docs: readonly string[]): Promise<number> {
    return this.line.call('loss', docs)
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

/** Calls to a worker, and its answers. */
class Line {
  nextId = 1
  private readonly worker: Worker
  private readonly pending = new Map<number, Pending>()
  private gone: Error | null = null

  constructor(worker: Worker) {
    this.worker = worker
    worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => this.hear(data))
    worker.addEventListener('error', ({ message }) => {
      const what = message ? `failed: ${message}` : 'could not be loaded'
      this.hangUp(new MicroGPTError(`the worker ${what}`))
    })
  }

  call<C extends Call>(
    call: C,
    argument: Calls[C][0],
    batch?: (batch: Batch) => void,
  ): Promise<Calls[C][1]> {
    return new Promise((resolve, reject) => {
      if (this.gone) throw this.gone
      const id = this.nextId++
      this.worker.postMessage({ id, call, argument }, [])
      this.pending.set(id, { resolve, reject, ...(batch && { batch }) })
    })
  }

  stop(id: number): void {
    if (this.pending.has(id)) this.worker.postMessage({ id, call: 'stop' }, [])
  }

  hangUp(error: Error): void {
    this.gone ??= error
    this.worker.terminate()
    for (const { reject } of this.pending.values()) reject(error)
    this.pending.clear()
  }

  private hear(reply: Reply): void {
    const waiting = this.pending.get(reply.id)
    if (!waiting) return
    if ('losses' in reply) {
      waiting.batch?.(reply)
      return
    }
    this.pending.delete(reply.id)
    if ('error' in reply) waiting.reject(unpackError(reply.error))
    else waiting.resolve(reply.result as never)
  }
}

/** createWorkerModel of create.ts, once this file is there. */
export async function startWorkerModel(
  options: CreateOptions & { signal?: AbortSignal },
): Promise<WorkerModel> {
  const { signal, core, ...rest } = options
  signal?.throwIfAborted()
  if (typeof Worker === 'undefined') {
    throw new MicroGPTError('there are no web workers here; use MicroGPT.create')
  }
  const line = new Line(spawn())
  const giveUp = () => line.hangUp(signal!.reason as Error)
  signal?.addEventListener('abort', giveUp)
  try {
    const source = core === undefined ? {} : { core: await portable(core) }
    return new WorkerModel(line, await line.call('create', { ...rest, ...source }))
  } catch (error) {
    line.hangUp(error as Error)
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

/** A core's source as a message can carry it: addresses are the page's own. */
async function portable(given: NonNullable<CreateOptions['core']>) {
  const source = await given
  if (source instanceof Response) return source.arrayBuffer()
  if (typeof source === 'string' || source instanceof URL) {
    return URL.canParse(source, document.baseURI)
      ? new URL(source, document.baseURI).href
      : String(source)
  }
  return source
}
