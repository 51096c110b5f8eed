/** The checkpoints of a run: when they are written, and what is said when they cannot be. */
import { CheckpointError, TrainingError } from '../errors.js'
import type { Engine } from './engine.js'
import { ModelFile } from './files.js'
import type { Flags } from './parse.js'
import { textOf, whole } from './settings.js'

export class Keeper {
  private readonly file: ModelFile | null
  private readonly resumesOwn: boolean
  private readonly every: number
  private engine: Engine | null = null
  /** The step that the file holds; -1 before there is any. */
  private kept = -1

  /**
   * --out, or else the file of --resume, is locked from here on.
   * @throws {CheckpointError} when another run holds it, or it cannot be written
   */
  constructor(flags: Flags) {
    const resumed = flags.has('fresh') ? undefined : textOf(flags, 'resume')
    const path = textOf(flags, 'out') ?? resumed
    this.every = whole(flags, 'save-every', 1, Infinity)
    this.file = path === undefined ? null : new ModelFile(path)
    this.resumesOwn = path !== undefined && path === resumed
  }

  /** The file's path, where there is one. */
  get path(): string | undefined {
    return this.file?.path
  }

  /** From now on this model is kept. */
  watch(engine: Engine): void {
    this.engine = engine
    if (this.resumesOwn) this.kept = engine.step
  }

  /** After each step: saves when it is time to. */
  step(): void {
    if (this.engine!.step % this.every === 0) this.save()
  }

  /** Writes what the file does not hold yet. @throws {CheckpointError} with the old file as it was */
  save(): void {
    const { file, engine } = this
    if (!file || !engine?.save || engine.step === this.kept) return
    let bytes: Uint8Array
    try {
      bytes = engine.save({ optimizer: true })
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== 'values') throw error
      const what = `after step ${engine.step} the model is broken: ${error.message}`
      throw new TrainingError(`${what}; try a smaller learning_rate`, { cause: error })
    }
    file.write(bytes)
    this.kept = engine.step
  }

  /** An error that ends the training, with where the last good model is. */
  explained(error: TrainingError): TrainingError {
    if (this.kept < 0) return error
    const where = `${this.path} keeps the model of step ${this.kept}`
    return new TrainingError(`${error.message}; ${where}`, { cause: error })
  }

  /** Lets the next run have the file. */
  release(): void {
    this.file?.release()
  }
}
