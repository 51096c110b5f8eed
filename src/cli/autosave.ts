/** Saves the checkpoints of a run at the right times, and extends errors with what was saved. */
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
  /** The step of this run that the file holds; -1 if it holds none. */
  private kept = -1

  /**
   * Locks the file to save to: --out if given, otherwise the file of --resume.
   * @throws {UsageError} if the file must not be replaced
   * @throws {CheckpointError} if another run has locked it, or it cannot be written
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

  /** The file's path; undefined until it holds a model of this run. */
  get path(): string | undefined {
    return this.kept < 0 ? undefined : this.file?.path
  }

  /** What the file holds when the run is stopped, as the end of a sentence. */
  get left(): string {
    if (this.kept >= 0) return `; ${this.file!.path} keeps it`
    return this.file?.existed ? `; ${this.file.path} stays as it was` : ''
  }

  /**
   * Sets the model to save from now on.
   * @throws {CheckpointError} if its file would not fit on the disk, or be too large to read back
   */
  watch(engine: CliModel): void {
    this.engine = engine
    if (this.file?.isResumed) this.kept = engine.step
    if (this.file && engine.saveInPieces) this.file.checkSize(this.pieces(engine).byteLength)
  }

  /** Called after each step; saves every --save-every steps. */
  step(): void {
    if (this.engine!.step % this.every === 0) this.save()
  }

  /** Saves, unless the file is up to date. @throws {CheckpointError} with the old file unchanged */
  save(): void {
    const { file, engine } = this
    if (!file || !engine?.saveInPieces || engine.step === this.kept) return
    // An untrained model never replaces an existing file.
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

  /** Adds to an error that ends training where the last good model is saved. */
  explained(error: TrainingError): TrainingError {
    if (this.kept < 0) return error
    const where = `${this.path} keeps the model of step ${this.kept}`
    return new TrainingError(`${error.message}; ${where}`, { cause: error })
  }

  /** Unlocks the file. */
  release(): void {
    this.file?.release()
  }
}
