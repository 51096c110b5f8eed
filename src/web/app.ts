/** What the panels share: the settings, the state of the run, and the calls to the worker. */
import type { Mode } from '../data/corpus.js'
import type { CallOptions, RpcClient } from '../worker/rpc.js'
import { connectWorker } from './connect.js'
import { type Dataset, datasetOf, datasets } from './datasets.js'
import { LossLog } from './loss-log.js'
import type {
  LoadPurpose,
  Mismatch,
  ParameterNumbers,
  Pace,
  PageApi,
  PageEvent,
} from './page-api.js'
import type { RunProgress, Ready, Restored, Settings, SourceText, StopRule } from './page-api.js'
import { DEFAULTS, toHash } from './settings.js'
import { sentence, short } from './text.js'

/** Events of the worker, and those that the page adds. */
type AppEvent =
  | PageEvent
  | { type: 'numbers'; numbers: ParameterNumbers }
  | { type: 'mismatch'; mismatch: Mismatch }
  | { type: 'state' }
  | { type: 'refused'; what: 'text' | 'model' | 'load' | 'resume'; message: string }

type Of<T extends AppEvent['type']> = Extract<AppEvent, { type: T }>

/** A run in the chart. */
export interface ChartRun {
  name: string
  log: LossLog
}

/** Earlier runs that are kept to compare with. */
const MOST_RUNS = 5
export const SHIPPED = 'the shipped names'
export const nameOf = (source: SourceText) => source.name ?? SHIPPED
/** A worker that starts slowly has this long before the page says that something is wrong. */
const PATIENCE_MS = 15_000
/** Watching a whole run takes this long. */
export const WATCH: Pace = { kind: 'watch', ms: 3700 }

export class App {
  settings: Settings
  source: SourceText
  ready: Ready | null = null
  step = 0
  state: RunProgress['state'] = 'paused'
  run: ChartRun = { name: '', log: new LossLog() }
  earlier: ChartRun[] = []
  /** The latest numbers, and the ones before training. */
  numbers: ParameterNumbers | null = null
  start: Float64Array | null = null
  /** Of the checkpoint that was opened last, cut for the screen. */
  fileName = ''
  pace: Pace = WATCH
  stop: StopRule = { kind: 'end' }
  /** What it wrote before the first step. */
  firstSample = ''
  /** Valid settings of the form that are not applied yet. */
  edits: Settings | null = null
  redrawChart = () => {}
  readonly shipped: SourceText
  readonly datasets: readonly Dataset[]
  private readonly listeners = new Map<string, ((event: never) => void)[]>()
  /** What a late listener must know all the same. */
  private readonly latest = new Map<string, AppEvent>()
  private rpc: RpcClient<PageApi> | null = null
  private playWhenReady = false
  private file: File | null = null
  /** A text on its way to the worker, which may refuse it. */
  private pending: SourceText | null = null
  private runs = 0
  /** The link that was opened: its words are in no other address. */
  private link: { hash: string; settings: string; text: string } | null = null
  private fetching = false
  private fetchAgain = false

  constructor(settings: Settings, text: string) {
    this.settings = settings
    this.shipped = { text, name: null, mode: 'docs', valFraction: 0 }
    this.datasets = datasets(this.shipped)
    this.source = this.shipped
    const fail = (error: Error) => this.lose(error.message)
    try {
      this.rpc = connectWorker(fail)
    } catch (error) {
      queueMicrotask(() => fail(error as Error))
      return
    }
    this.call('events', null, { onPart: (event) => this.hear(event) }).catch(() => {})
    setTimeout(() => {
      if (!this.ready) this.lose('it does not answer')
    }, PATIENCE_MS)
  }

  /** A call to the worker. @throws what the worker threw */
  call<M extends keyof PageApi>(
    method: M,
    argument: PageApi[M]['argument'],
    options: CallOptions<PageApi[M] extends { part: infer P } ? P : never> = {},
  ): Promise<PageApi[M]['result']> {
    if (!this.rpc) return Promise.reject(new Error('there is no worker'))
    return this.rpc.call(method, argument, options as never)
  }

  on<T extends AppEvent['type']>(type: T, listener: (event: Of<T>) => void): void {
    const list = this.listeners.get(type) ?? []
    list.push(listener)
    this.listeners.set(type, list)
    const latest = this.latest.get(type)
    if (latest) listener(latest as Of<T>)
  }

  /** What everyone should read, until the page is closed; the same sentence only once. */
  notice(message: string): void {
    const place = document.getElementById('notices')!
    if ([...place.children].some((child) => child.textContent === message)) return
    const line = document.createElement('p')
    line.className = 'notice'
    line.textContent = message
    place.append(line)
  }

  /** The key of what it learns from. */
  get dataset(): string {
    return datasetOf(this.datasets, this.source)
  }

  get mode(): Mode {
    return this.ready?.mode ?? this.source.mode
  }

  /** A new model that learns from another text. */
  async useSource(source: SourceText, settings = this.settings, play = false): Promise<void> {
    this.pending = source
    this.settings = settings
    this.playWhenReady = play
    try {
      await this.call('setText', { source, settings })
    } catch (error) {
      this.refuse(this.ready ? 'text' : 'model', error)
      if (!this.ready && settings !== DEFAULTS) this.useDefaults((error as Error).message)
    }
  }

  /** A new model, from its first step. */
  async make(settings: Settings, play = false): Promise<void> {
    this.settings = settings
    this.playWhenReady = play
    try {
      await this.call('make', { settings })
    } catch (error) {
      this.refuse('model', error)
    }
  }

  /** A model from a checkpoint replaces this one. */
  async load(file: File, purpose: LoadPurpose = 'run'): Promise<void> {
    this.file = file
    this.fileName = short(file.name, 60)
    const names = this.source === this.shipped ? null : this.shipped.text
    try {
      const mismatch = await this.call('load', { file, purpose, names })
      if (mismatch) this.tell({ type: 'mismatch', mismatch })
    } catch (error) {
      this.refuse('load', error)
    }
  }

  /** The same file once more, for less than its run. */
  loadAgain(purpose: LoadPurpose): void {
    if (this.file) void this.load(this.file, purpose)
  }

  /** A stored run; it continues at once. */
  async resumeRun(id: string): Promise<void> {
    this.playWhenReady = true
    try {
      await this.call('resumeRun', { id })
    } catch (error) {
      this.playWhenReady = false
      this.refuse('resume', error)
    }
  }

  /** Trains on; a run that has not begun or has ended is a new one, with the edits of the form. */
  play(): void {
    const fresh = this.state === 'finished' || (this.step === 0 && this.edits !== null)
    if (fresh) {
      void this.make(this.edits ?? this.settings, true)
      return
    }
    this.state = 'running'
    this.tell({ type: 'state' })
    void this.call('play', { pace: this.pace, stop: this.stop })
  }

  pause(): void {
    void this.call('pause', null)
  }

  oneStep(): void {
    void this.call('step', null)
  }

  setPace(pace: Pace): void {
    this.pace = pace
    if (this.ready) void this.call('setPace', { pace })
  }

  private refuse(what: Of<'refused'>['what'], error: unknown): void {
    this.pending = null
    this.playWhenReady = false
    this.tell({ type: 'refused', what, message: (error as Error).message })
  }

  private lose(why: string): void {
    const how = 'Reload the page; if that does not help, try another browser.'
    this.notice(`The worker that trains cannot be used: ${sentence(why)} ${how}`)
    if (!this.ready) document.getElementById('hero-status')!.textContent = 'Not ready.'
  }

  private tell(event: AppEvent): void {
    for (const listener of this.listeners.get(event.type) ?? []) listener(event as never)
  }

  private hear(event: PageEvent): void {
    if (event.type === 'ready') this.begin(event.ready)
    if (event.type === 'progress') {
      const { step, state, losses, lrs } = event.progress
      this.step = step
      this.state = state
      this.run.log.add(losses, lrs)
      const first = event.progress.samples[0]
      if (first?.step === 0) this.firstSample = first.text
    }
    if (event.type === 'fallback') {
      this.notice(`WebAssembly is not available (${event.message}); using the slower TypeScript
        engine. Its numbers differ in the last digits only. Attention and the tape cannot be shown.`)
    }
    if (event.type === 'data' || event.type === 'ready') this.latest.set(event.type, event)
    this.tell(event)
    if (event.type === 'ready' || event.type === 'progress') {
      this.tell({ type: 'state' })
      void this.fetchNumbers()
    }
    // A restored run reports where it is before it continues.
    const known = event.type === 'ready' ? !event.ready.restored : event.type === 'progress'
    if (!this.playWhenReady || !known) return
    this.playWhenReady = false
    if (event.type === 'ready' || this.state !== 'finished') this.play()
  }

  /** The numbers of the picture: one request at a time, and the newest state at the end. */
  private async fetchNumbers(): Promise<void> {
    if (this.fetching) {
      this.fetchAgain = true
      return
    }
    this.fetching = true
    try {
      do {
        this.fetchAgain = false
        const { ready } = this
        const numbers = await this.call('numbers', { start: this.start === null })
        if (!numbers || ready !== this.ready) continue
        if (numbers.start) this.start = numbers.start
        this.numbers = numbers
        this.tell({ type: 'numbers', numbers })
        // A large model is shown less often: copying it takes the worker's time.
        const hurried = this.state === 'running' && this.pace.kind === 'instant'
        const pause = Math.min(1000, Math.max(hurried ? 350 : 0, numbers.values.length / 5000))
        if (pause > 20) await new Promise((resolve) => setTimeout(resolve, pause))
      } while (this.fetchAgain)
    } catch {
      // The worker is gone, and has said so.
    } finally {
      this.fetching = false
    }
  }

  /** For a link whose model is too large for a page. */
  private useDefaults(why: string): void {
    this.notice(`This link cannot be opened, because ${why}. The page shows the default model.`)
    void this.useSource(this.shipped, DEFAULTS)
  }

  private begin(ready: Ready): void {
    const { restored } = ready
    if (restored) this.settings = restored.settings
    this.source = restored?.text ?? this.pending ?? this.source
    const { text } = this.source
    this.source = this.datasets.find(({ source }) => source.text === text)?.source ?? this.source
    this.pending = null
    if (this.run.log.length > 0) this.earlier = [this.run, ...this.earlier].slice(0, MOST_RUNS)
    this.run = { name: this.runName(ready), log: logOf(restored) }
    this.ready = ready
    this.numbers = null
    this.start = null
    this.firstSample = ''
    this.step = restored?.step ?? 0
    this.state = 'paused'
    this.writeHash()
  }

  /** A link that carries words stays in the address as long as its model does. */
  keepLink(hash: string): void {
    this.link = { hash, settings: toHash(this.settings), text: this.source.text }
  }

  /** Into the address bar, without a new entry of history; an untouched page keeps its address. */
  private writeHash(): void {
    const own = toHash(this.settings)
    const { link } = this
    const same = link?.settings === own && link.text === this.source.text
    const hash = same ? link.hash : own
    if (hash === toHash(DEFAULTS) && !location.hash.includes('=')) return
    history.replaceState(null, '', hash)
  }

  /** What tells runs apart: a number, the data, and the settings that differ from the defaults. */
  private runName({ config }: Ready): string {
    const { preset, seed, config: own } = this.settings
    const { n_embd, n_layer } = config
    const more = Object.entries(own)
      .filter(([name]) => name !== 'n_embd' && name !== 'n_layer')
      .map(([name, value]) => `${name} ${value ?? 'off'}`)
    const parts = [preset, `n_embd ${n_embd}`, `n_layer ${n_layer}`, ...more, `seed ${seed}`]
    const data = this.source === this.shipped ? [] : [nameOf(this.source)]
    return `Run ${++this.runs}: ${[...data, ...parts].join(', ')}`
  }
}

const logOf = (restored: Restored | undefined) =>
  restored?.log ? LossLog.from(restored.log) : new LossLog(restored?.step)
