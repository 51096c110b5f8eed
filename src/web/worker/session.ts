/** What one page has going in its worker: the data, the model, its run, and the instruments. */
import { parseDocs } from '../../data/text.js'
import { loadCore } from '../../engine/core.js'
import { CoreError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import { LossLog } from '../loss-log.js'
import type { Refused, Settings, Taken, Taking, ToWorker } from '../messages.js'
import { memoryOf } from '../settings.js'
import { type Engine, createEngine } from './engine.js'
import { Instruments, type Post } from './instruments.js'
import { Keeper, type Subject, whyNot } from './keeper.js'
import { race } from './race.js'
import { OtherDocuments, type Restored, restoreFile } from './restore.js'
import { Run } from './run.js'
import { forget, list, take } from './shelf.js'
import { readyOf, summarise } from './summary.js'

/** What to learn from. */
interface Source {
  text: string
  /** Whose text; null for the shipped names. */
  name: string | null
  docs: readonly string[]
}

/** What a model brings along that was not made here and now. */
interface Past {
  taken: Taken
  initial: Float64Array
  /** Whether its seed does not give what it had before training. */
  adapted: boolean
  log: LossLog | null
  ms: number
  replaced: string | null
}

/** What stands as before, for a model that began here. */
const BEFORE = 'before training'

export class Session {
  private readonly post: Post
  private source: Source = { text: '', name: null, docs: [] }
  private run: Run | null = null
  private instruments: Instruments | null = null
  private engineName: 'wasm' | 'typed' = 'wasm'
  private readonly keeper: Keeper

  constructor(post: Post) {
    this.post = post
    this.keeper = new Keeper(post)
  }

  /** Messages are taken one after the other: the next waits until this has resolved. */
  async hear(message: ToWorker): Promise<void> {
    if (message.type === 'text') return this.setText(message)
    if (message.type === 'model') return this.guard('model', () => this.make(message.settings))
    if (message.type === 'race')
      return race(message, (race_) => this.post({ type: 'race', race: race_ }))
    if (message.type === 'load')
      return this.guard('load', () => this.load(message.file, message.taking, message.names))
    if (message.type === 'plan') return this.plan(message)
    const { run, instruments } = this
    if (!run || !instruments) return
    switch (message.type) {
      case 'save':
        return this.guard('save', () => this.saveFile(run.engine, message.optimizer))
      case 'keep':
        return this.keeper.keep()
      // The browser's store may take its time: training does not wait for it.
      case 'kept':
        void this.tellKept()
        return
      case 'forget':
        void this.tellKept(message.id)
        return
      case 'take up':
        return this.guard('take up', () => this.takeUp(message.id))
      case 'play':
        run.pace = message.pace
        run.stop = message.stop
        void run.play()
        return
      case 'pace':
        return run.setPace(message.pace)
      case 'pause':
        return run.pause()
      case 'step':
        return run.once()
      case 'thumbs':
        return instruments.sendThumbs(message.shown)
      case 'matrix':
        return instruments.sendMatrix(message.name, message.shown)
      case 'word':
        return this.guard('word', () => instruments.sendLook(message.word, message.timed))
      case 'next':
        return this.guard('next', () => instruments.sendNext(message.drawing))
      case 'write':
        return this.guard('next', () =>
          instruments.write(message.drawing, message.seed, (text) => run.isKnown(text)),
        )
    }
  }

  private async plan({ settings, vocabSize }: Extract<ToWorker, { type: 'plan' }>) {
    let [params, total, trouble] = [0, 0, '']
    try {
      ;({ params, total } = memoryOf(await loadCore(), settings, vocabSize))
    } catch (error) {
      trouble = whyNot(error)
    }
    this.post({ type: 'plan', settings, params, total, trouble })
  }

  private async guard(what: Refused, task: () => unknown) {
    try {
      await task()
    } catch (error) {
      this.post({ type: 'refused', what, message: whyNot(error) })
    }
  }

  private async setText({ text, settings, name }: Extract<ToWorker, { type: 'text' }>) {
    await this.guard('text', async () => {
      const source = { text, name: name ?? null, docs: parseDocs(text) }
      // The model first: it is what the visitor waits for.
      await this.guard('model', () => this.make(settings, source))
      if (this.source === source) this.post({ type: 'data', summary: summarise(source.docs) })
    })
  }

  private async make(settings: Settings, source = this.source): Promise<void> {
    this.adopt(await this.create(settings, source.docs), source)
  }

  /** Another model takes the place of the one before. */
  private adopt(engine: Engine, source: Source, past: Past | null = null): void {
    this.source = source
    this.run?.pause()
    const initial = past?.initial ?? engine.params.slice()
    this.instruments = new Instruments(engine, initial, this.post)
    const { log, ms = 0 } = past ?? {}
    const run = new Run(
      engine,
      (progress) => {
        // A run that has been put aside has nothing to say any more.
        if (this.run !== run) return
        this.post({ type: 'progress', progress }, [progress.losses.buffer, progress.lrs.buffer])
        if (progress.state === 'running') this.keeper.keepIfDue()
        else this.keeper.keepSoon()
      },
      log ? { log, ms } : null,
    )
    this.run = run
    this.keeper.watch(this.subjectOf(run, past))
    this.post({ type: 'ready', ready: readyOf(engine, this.engineName, past?.taken) })
  }

  /** What is worth keeping of a run: nothing of a model that cannot train. */
  private subjectOf(run: Run, past: Past | null): Subject | null {
    const { engine } = run
    if (!(engine instanceof MicroGPT) || engine.docs.length === 0) return null
    const { text, name } = this.source
    const initial = past?.adapted ? past.initial : null
    const before = past?.taken.before ?? BEFORE
    return { gpt: engine, run, text, name, initial, before, replaced: past?.replaced ?? null }
  }

  private saveFile(engine: Engine, optimizer: boolean): void {
    if (!(engine instanceof MicroGPT)) throw new CoreError('checkpoints need the WebAssembly core')
    const file = new Blob([engine.save({ optimizer }) as BlobPart])
    const { preset, step } = engine
    const name = `microgpt-${preset}-step-${step}.safetensors`
    this.post({ type: 'file', file, name, step })
  }

  private async load(file: Blob, taking: Taking, names: string | null): Promise<void> {
    const bytes = new Uint8Array(await file.arrayBuffer())
    const { source } = this
    try {
      const texts = names === null ? [source.text] : [source.text, names]
      const restored = await restoreFile(bytes, taking, texts)
      const { gpt, text } = restored
      const other = text !== null && text !== source.text
      const found = other ? { text, name: null, docs: parseDocs(text) } : source
      const initial = gpt.params.slice()
      const before = gpt.step === 0 ? 'as the file had it' : `as loaded, after step ${gpt.step}`
      const taken = takenOf(restored, { from: 'file', before, text: other ? found : null })
      const past = { taken, initial, adapted: true, log: null, ms: 0, replaced: null }
      this.goOn(gpt, found, past, other)
    } catch (error) {
      if (!(error instanceof OtherDocuments)) throw error
      const { numDocs, adaptable } = error
      this.post({ type: 'mismatch', numDocs, here: source.docs.length, adaptable })
    }
  }

  /** A run from the browser's store, with all that the page showed of it. */
  private async takeUp(id: string): Promise<void> {
    const { about, state, text } = await take(id)
    const { name } = about
    const log = LossLog.from(state.log)
    const restored = await restoreFile(state.file, 'run', [text])
    const { gpt, settings } = restored
    const source = { text, name, docs: parseDocs(text) }
    const initial = state.initial ?? (await this.create(settings, source.docs)).params.slice()
    if (log.end !== gpt.step || initial.length !== gpt.numParams) throw new Error('it is damaged')
    const { before, ms } = state
    const taken = takenOf(restored, { from: 'kept', before, text: source, log: state.log })
    const past = { taken, initial, adapted: state.initial !== null, log, ms, replaced: id }
    this.goOn(gpt, source, past, true)
  }

  private goOn(gpt: MicroGPT, source: Source, past: Past, isNew: boolean): void {
    this.adopt(gpt, source, past)
    if (isNew) this.post({ type: 'data', summary: summarise(source.docs) })
    this.run!.show()
  }

  /** @param forgotten a run to take away first */
  private async tellKept(forgotten?: string): Promise<void> {
    try {
      await this.keeper.settled()
      if (forgotten !== undefined) await forget(forgotten)
      const runs = await list()
      this.post({ type: 'kept', runs: runs.filter(({ id }) => !this.keeper.has(id)) })
    } catch (error) {
      this.post({ type: 'kept', runs: [], trouble: whyNot(error) })
    }
  }

  /** The core, or its twin where the core cannot be had. */
  private async create(settings: Settings, docs: readonly string[]): Promise<Engine> {
    if (this.engineName === 'typed') return createEngine('typed', docs, settings)
    try {
      return await createEngine('wasm', docs, settings)
    } catch (error) {
      if (!(error instanceof CoreError)) throw error
      this.engineName = 'typed'
      this.post({ type: 'fallback', message: error.message })
      return createEngine('typed', docs, settings)
    }
  }
}

/** What is told of a model that was not made here and now. */
function takenOf(
  { gpt, settings, taking }: Restored,
  { text, log = null, ...rest }: Pick<Taken, 'from' | 'before' | 'text'> & Partial<Taken>,
): Taken {
  const told = text && { text: text.text, name: text.name }
  return { ...rest, taking, settings, step: gpt.step, log, text: told }
}
