/** The state of a page in its worker: the text, the model, its run, and the probe. */
import { parseDocs } from '../../data/text.js'
import { Tokenizer } from '../../data/tokenizer.js'
import { loadCore } from '../../engine/core.js'
import { CoreError, TrainingError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { PathColumns } from '../lib/path-log.js'
import { LossLog, type LossState } from '../loss-log.js'
import type { Drawing, LoadPurpose, MemoryNeeds, Mismatch, Pace, PageEvent } from '../page-api.js'
import type {
  Restored,
  Sample,
  SavedFile,
  Settings,
  SourceText,
  StopRule,
  StoredRun,
} from '../page-api.js'
import { memoryOf } from '../settings.js'
import { closeStore } from '../store.js'
import { short } from '../text.js'
import { PageAutosave, type Subject, whyNot } from './autosave.js'
import { type Engine, createEngine } from './engine.js'
import { msPerStep, onTemporary } from './experiments.js'
import { Follower } from './follower.js'
import { drawText } from './next.js'
import { Probe } from './probe.js'
import { OtherDocuments, type RestoredFile, restoreFile } from './restore.js'
import { Run } from './run.js'
import { dataFile, onnxOf, savedFile } from './saved-files.js'
import { forget, list, read } from './run-store.js'
import { readyOf, summarise } from './summary.js'

interface Source extends SourceText {
  /** Empty for a long text. */
  docs: readonly string[]
}

/** Additional state of a model that was restored from a file or from the run store. */
interface Past {
  restored: Restored
  initial: Float64Array
  /** Whether its initial parameters differ from those that its seed gives. */
  adapted: boolean
  log: LossLog | null
  ms: number
  replaced: string | null
}

const BEFORE = 'before training'

const withDocs = (source: SourceText): Source => {
  return { ...source, docs: source.mode === 'docs' ? parseDocs(source.text) : [] }
}

export class ModelHost {
  probe: Probe | null = null
  private source: Source = { text: '', name: null, mode: 'docs', valFraction: 0, docs: [] }
  private run: Run | null = null
  private follower: Follower | null = null
  private engineName: 'wasm' | 'typed' = 'wasm'
  private emit: ((event: PageEvent, moved?: ArrayBufferView[]) => void) | null = null
  /** Events from before the page called `events`. */
  private early: [PageEvent, ArrayBufferView[]][] = []
  private readonly autosave = new PageAutosave((event) => this.report(event))

  /** Sends all waiting and future events to `emit`; the promise never resolves. */
  reportTo(emit: NonNullable<ModelHost['emit']>): Promise<never> {
    this.emit = emit
    for (const [event, moved] of this.early) emit(event, moved)
    this.early = []
    return new Promise(() => {})
  }

  private report(event: PageEvent, moved: ArrayBufferView[] = []): void {
    if (this.emit) this.emit(event, moved)
    else this.early.push([event, moved])
  }

  needProbe(): Probe {
    if (!this.probe) throw new TrainingError('there is no model yet')
    return this.probe
  }

  async setText(given: SourceText, settings: Settings): Promise<null> {
    const source = withDocs(given)
    // The model comes first, because the visitor waits for it.
    await this.make(settings, source)
    this.report({ type: 'data', summary: summarise(source) })
    return null
  }

  async make(settings: Settings, source = this.source): Promise<null> {
    const again = () => this.create(settings, source)
    this.adopt(await again(), source, again)
    return null
  }

  play(pace: Pace, stop: StopRule): null {
    void this.run?.play(pace, stop)
    return null
  }

  setPace(pace: Pace): void {
    this.run?.setPace(pace)
  }

  pause(): void {
    this.run?.pause()
  }

  step(): null {
    this.run?.once()
    return null
  }

  firstSample(): Sample | null {
    return this.run?.firstSample() ?? null
  }

  /** One parameter through the run so far; null for a number that the model does not have. */
  async follow(index: number): Promise<PathColumns | null> {
    const { run, follower } = this
    return run && follower ? follower.follow(index, run.ms) : null
  }

  async plan(settings: Settings, vocabSize: number): Promise<MemoryNeeds> {
    try {
      const { params, total } = memoryOf(await loadCore(), settings, vocabSize)
      return { params, total, trouble: '' }
    } catch (error) {
      return { params: 0, total: 0, trouble: whyNot(error) }
    }
  }

  /** Runs an experiment on a separate model with the same data. */
  async experiment<T>(settings: Settings, run: (engine: Engine) => T | Promise<T>): Promise<T> {
    return onTemporary(await createEngine(this.engineName, this.source, settings), run)
  }

  /** Milliseconds per step of a separate model. */
  estimate(settings: Settings): Promise<number> {
    return this.experiment(settings, msPerStep)
  }

  async write(drawing: Drawing, seed: number): Promise<{ text: string; known: boolean }> {
    const probe = this.needProbe()
    const text = await drawText(drawing, seed, probe.mostChars, (next) => probe.candidates(next))
    return { text: short(text, 400), known: this.run!.isKnown(text) }
  }

  saveFile(optimizer: boolean): SavedFile {
    return savedFile(this.needModel(), 'safetensors', (gpt) => gpt.save({ optimizer }))
  }

  exported(what: 'data' | 'onnx'): SavedFile {
    const gpt = this.needModel()
    return what === 'data' ? dataFile(gpt, this.source) : savedFile(gpt, 'onnx', onnxOf)
  }

  private needModel(): MicroGPT {
    const engine = this.run?.engine
    if (engine instanceof MicroGPT) return engine
    throw new CoreError('files need the WebAssembly core')
  }

  async load(file: Blob, purpose: LoadPurpose, names: string | null): Promise<Mismatch | null> {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const { source } = this
    try {
      const shipped = { text: names ?? '', name: null, mode: 'docs', valFraction: 0 } as const
      const texts: SourceText[] = names === null ? [source] : [source, shipped]
      const opened = await restoreFile(bytes, purpose, texts)
      const { gpt, text } = opened
      const other = text !== null && (text.text !== source.text || text.mode !== source.mode)
      const found = other ? withDocs(text) : source
      const before = gpt.step === 0 ? 'as the file had it' : `as loaded, after step ${gpt.step}`
      const restored = restoredOf(opened, { from: 'file', before, text: other ? found : null })
      const initial = gpt.params.slice()
      this.continueWith(
        gpt,
        found,
        { restored, initial, adapted: true, log: null, ms: 0, replaced: null },
        other,
      )
      return null
    } catch (error) {
      if (!(error instanceof OtherDocuments)) throw error
      const { numDocs, adaptable } = error
      return { numDocs, here: source.docs.length, adaptable }
    }
  }

  storeNow(): null {
    this.autosave.storeNow()
    return null
  }

  /** The page is being left: stores the run, and closes the store once that is written. */
  leave(): null {
    this.autosave.storeNow()
    void this.autosave.settled().then(closeStore)
    return null
  }

  /** Resumes a run from the store, with its losses and its initial parameters. */
  async resumeRun(id: string): Promise<null> {
    const { about, state, text } = await read(id)
    const log = logOf(state.log)
    const { name } = about
    const { mode = 'docs', valFraction = 0 } = state
    const texts: SourceText[] = [{ text, name, mode, valFraction }]
    const opened = await restoreFile(state.file, 'run', texts)
    const { gpt, settings } = opened
    const source = withDocs(texts[0]!)
    const initial = state.initial ?? (await this.create(settings, source)).params.slice()
    if (log.end !== gpt.step || initial.length !== gpt.numParams) throw new Error('it is damaged')
    const { before, ms } = state
    const restored = restoredOf(opened, { from: 'store', before, text: source, log: state.log })
    const adapted = state.initial !== null
    this.continueWith(gpt, source, { restored, initial, adapted, log, ms, replaced: id }, true)
    return null
  }

  /**
   * The stored runs, without the current one.
   * @param forgotten a run to remove first
   * @throws {Error} if the browser's store cannot be used; the message completes a sentence
   */
  async runs(forgotten?: string): Promise<StoredRun[]> {
    try {
      await this.autosave.settled()
      if (forgotten !== undefined) await forget(forgotten)
      const runs = await list()
      return runs.filter(({ id }) => !this.autosave.has(id))
    } catch (error) {
      throw new Error(whyNot(error), { cause: error })
    }
  }

  /**
   * Replaces the current model.
   * @param again makes it as it was before training; null if that is not possible
   */
  private adopt(
    engine: Engine,
    source: Source,
    again: (() => Promise<Engine>) | null,
    past: Past | null = null,
  ): void {
    this.source = source
    const previous = this.run
    previous?.pause()
    const initial = past?.initial ?? engine.params.slice()
    this.probe = new Probe(engine, initial)
    const { log, ms = 0 } = past ?? {}
    this.follower = new Follower(engine, again)
    const run = new Run(
      engine,
      this.follower,
      (progress) => {
        // A run that has been replaced no longer reports.
        if (this.run !== run) return
        this.report({ type: 'progress', progress }, [progress.losses, progress.lrs])
        if (progress.state === 'running') this.autosave.storeIfDue()
        else this.autosave.storeSoon()
      },
      log ? { log, ms } : null,
    )
    this.run = run
    this.autosave.follow(this.subjectOf(run, past))
    // Free the previous model once its run has stopped.
    const { engine: replaced } = previous ?? {}
    if (replaced instanceof MicroGPT) void previous!.idle.then(() => replaced.free())
    const ready = readyOf(engine, source.mode, this.engineName, past?.restored)
    this.report({ type: 'ready', ready })
  }

  /** What autosave stores of a run; null for a model that cannot train or does not use the core. */
  private subjectOf(run: Run, past: Past | null): Subject | null {
    const { engine } = run
    if (!(engine instanceof MicroGPT) || engine.counts.train === 0) return null
    const { source } = this
    const initial = past?.adapted ? past.initial : null
    const before = past?.restored.before ?? BEFORE
    return { gpt: engine, run, source, initial, before, replaced: past?.replaced ?? null }
  }

  private continueWith(gpt: MicroGPT, source: Source, past: Past, isNew: boolean): void {
    const again = past.adapted ? null : () => this.create(past.restored.settings, source)
    this.adopt(gpt, source, again, past)
    if (isNew) this.report({ type: 'data', summary: summarise(source) })
    this.run!.show()
  }

  /** Creates the core engine, or the reference engine if the core cannot be loaded. */
  private async create(settings: Settings, source: Source): Promise<Engine> {
    if (this.engineName === 'wasm') {
      try {
        if (Object.keys(settings.config).length > 0) await checkMemory(settings, source)
        return await createEngine('wasm', source, settings)
      } catch (error) {
        if (!(error instanceof CoreError)) throw error
        this.engineName = 'typed'
        this.report({ type: 'fallback', message: error.message })
      }
    }
    return createEngine('typed', source, settings)
  }
}

/** @throws {Error} for a model that is larger than the page allows */
async function checkMemory(settings: Settings, { mode, text, docs }: Source): Promise<void> {
  const { vocabSize } = Tokenizer.of(mode === 'text' ? [text] : docs)
  memoryOf(await loadCore(), settings, vocabSize)
}

/** @throws {Error} for damaged losses */
function logOf(state: LossState): LossLog {
  try {
    return LossLog.from(state)
  } catch (cause) {
    throw new Error((cause as Error).message, { cause })
  }
}

/** What the page is told about a restored model. */
function restoredOf(
  { gpt, settings, purpose }: RestoredFile,
  { text, log = null, ...rest }: Pick<Restored, 'from' | 'before' | 'text'> & Partial<Restored>,
): Restored {
  const source = text && {
    ...{ text: text.text, name: text.name, mode: text.mode },
    valFraction: gpt.valFraction,
  }
  return { ...rest, purpose, settings, step: gpt.step, log, text: source }
}
