/** The checkpoints of a run: when they are written, and what is said when they cannot be. */
import type { PiecewiseFile } from '../checkpoint/safetensors/write.js'
import { term } from '../config/terms.js'
import { CheckpointError, TrainingError } from '../errors.js'
import type { CliModel } from './engine.js'
import { ModelFile } from './files.js'
import type { Flags } from './parse.js'
import { pathOfData, textOf, whole } from './settings.js'

export class Autosave {
  private readonly file: ModelFile | null
  private readonly every: number
  private engine: CliModel | null = null
  /** The step that the file holds; -1 before there is any. */
  private kept = -1

  /**
   * --out, or else the file of --resume, is locked from here on.
   * @throws {UsageError} when it is not to be replaced
   * @throws {CheckpointError} when another run holds it, or it cannot be written
   */
  constructor(flags: Flags) {
    const resumed = flags.has('fresh') ? undefined : textOf(flags, 'resume')
    const path = textOf(flags, 'out') ?? resumed
    this.every = whole(flags, 'save-every', 1, Infinity)
    const around = {
      data: pathOfData(flags),
      resumed,
      ...(flags.has('overwrite') ? { replace: 'checkpoints' as const } : {}),
    }
    this.file = path === undefined ? null : new ModelFile(path, around)
  }

  /** The file's path, where it holds a model of this run. */
  get path(): string | undefined {
    return this.kept < 0 ? undefined : this.file?.path
  }

  /** What becomes of the file when the run is stopped, as the end of a sentence. */
  get left(): string {
    if (this.kept >= 0) return `; ${this.file!.path} keeps it`
    return this.file?.existed ? `; ${this.file.path} stays as it was` : ''
  }

  /**
   * From now on this model is kept.
   * @throws {CheckpointError} when its file would not fit the disk, or could not be read back
   */
  watch(engine: CliModel): void {
    this.engine = engine
    if (this.file?.isResumed) this.kept = engine.step
    if (this.file && engine.saveInPieces) this.file.checkSize(this.pieces(engine).byteLength)
  }

  /** After each step: saves when it is time to. */
  step(): void {
    if (this.engine!.step % this.every === 0) this.save()
  }

  /** Writes what the file does not hold yet. @throws {CheckpointError} with the old file as it was */
  save(): void {
    const { file, engine } = this
    if (!file || !engine?.saveInPieces || engine.step === this.kept) return
    // A model that has learned nothing replaces none.
    if (engine.step === 0 && file.existed) return
    file.write(this.pieces(engine).pieces)
    this.kept = engine.step
  }

  private pieces(engine: CliModel): PiecewiseFile {
    try {
      return engine.saveInPieces!({ optimizer: true })
    } catch (error) {
      if (!(error instanceof CheckpointError) || error.code !== 'values') throw error
      const what = `after step ${engine.step} the model is broken: ${error.message}`
      throw new TrainingError(`${what}; try a smaller ${term('learning_rate')}`, { cause: error })
    }
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
