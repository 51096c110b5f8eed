/** The state that all panels share: the settings, the run, and the calls to the worker. */
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

/** Events from the worker, and events that the page itself adds. */
type AppEvent =
  | PageEvent
  | { type: 'numbers'; numbers: ParameterNumbers }
  | { type: 'mismatch'; mismatch: Mismatch }
  | { type: 'state' }
  | { type: 'picked'; picked: Picked }
  | { type: 'refused'; what: 'text' | 'model' | 'load' | 'resume'; message: string }

/** The parameter that is followed through the run. */
export interface Picked {
  /** Its matrix's key in the state_dict. */
  name: string
  row: number
  column: number
  /** In the flat list. */
  index: number
}

type Of<T extends AppEvent['type']> = Extract<AppEvent, { type: T }>

/** A run in the chart. */
export interface ChartRun {
  name: string
  log: LossLog
}

/** Number of earlier runs that the chart keeps for comparison. */
const MOST_RUNS = 5
export const SHIPPED = 'the shipped names'
export const nameOf = (source: SourceText) => source.name ?? SHIPPED
/** Time for the worker to become ready before the page reports a problem. */
const PATIENCE_MS = 15_000
/** The default pace: a whole run in 3.7 seconds. */
export const WATCH: Pace = { kind: 'watch', ms: 3700 }

export class App {
  settings: Settings
  source: SourceText
  ready: Ready | null = null
  step = 0
  state: RunProgress['state'] = 'paused'
  run: ChartRun = { name: '', log: new LossLog() }
  earlier: ChartRun[] = []
  /** The latest parameters and gradients, and (`start`) the parameters before training. */
  numbers: ParameterNumbers | null = null
  start: Float64Array | null = null
  /** Name of the checkpoint opened last, shortened for display. */
  fileName = ''
  pace: Pace = WATCH
  stop: StopRule = { kind: 'end' }
  /** Valid settings in the form that are not applied yet. */
  edits: Settings | null = null
  picked: Picked | null = null
  redrawChart = () => {}
  readonly shipped: SourceText
  readonly datasets: readonly Dataset[]
  private readonly listeners = new Map<string, ((event: never) => void)[]>()
  /** The last `ready` and `data` events, replayed to listeners that subscribe later. */
  private readonly latest = new Map<string, AppEvent>()
  private rpc: RpcClient<PageApi> | null = null
  private playWhenReady = false
  private file: File | null = null
  /** The text sent to the worker, until the worker accepts or refuses it. */
  private pending: SourceText | null = null
  private runs = 0
  /** The share link that was opened; toHash() would lose its words. */
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

  /** Calls a method of the worker. @throws what the worker threw */
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

  /** Shows a message until the page is closed; a repeated message is ignored. */
  notice(message: string): void {
    const place = document.getElementById('notices')!
    if ([...place.children].some((child) => child.textContent === message)) return
    const line = document.createElement('p')
    line.className = 'notice'
    line.textContent = message
    place.append(line)
  }

  /** Follows another parameter. */
  pick(picked: Picked): void {
    this.picked = picked
    this.tell({ type: 'picked', picked })
  }

  /** The key of the current dataset. */
  get dataset(): string {
    return datasetOf(this.datasets, this.source)
  }

  get mode(): Mode {
    return this.ready?.mode ?? this.source.mode
  }

  /** Makes a new model that trains on another text. */
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

  /** Makes a new model with these settings, at step 0. */
  async make(settings: Settings, play = false): Promise<void> {
    this.settings = settings
    this.playWhenReady = play
    try {
      await this.call('make', { settings })
    } catch (error) {
      this.refuse('model', error)
    }
  }

  /** Replaces the model with one from a checkpoint file. */
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

  /** Opens the last file again, for another purpose than resuming its run. */
  loadAgain(purpose: LoadPurpose): void {
    if (this.file) void this.load(this.file, purpose)
  }

  /** Resumes a stored run and continues training at once. */
  async resumeRun(id: string): Promise<void> {
    this.playWhenReady = true
    try {
      await this.call('resumeRun', { id })
    } catch (error) {
      this.playWhenReady = false
      this.refuse('resume', error)
    }
  }

  /**
   * Continues training. A finished run, or a run at step 0 while the form has unapplied edits, is
   * replaced by a new run with the settings of the form.
   */
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
    // A restored run reports its progress before it continues.
    const known = event.type === 'ready' ? !event.ready.restored : event.type === 'progress'
    if (!this.playWhenReady || !known) return
    this.playWhenReady = false
    if (event.type === 'ready' || this.state !== 'finished') this.play()
  }

  /**
   * Fetches the numbers for the picture: one request at a time, and again if the model has changed
   * meanwhile.
   */
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
        // A large model is fetched less often, because copying it takes the worker's time.
        const hurried = this.state === 'running' && this.pace.kind === 'instant'
        const pause = Math.min(1000, Math.max(hurried ? 350 : 0, numbers.values.length / 5000))
        if (pause > 20) await new Promise((resolve) => setTimeout(resolve, pause))
      } while (this.fetchAgain)
    } catch {
      // The worker has failed; the page already shows a notice.
    } finally {
      this.fetching = false
    }
  }

  /** Falls back to the default model when a link's model cannot be made. */
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
    this.step = restored?.step ?? 0
    this.state = 'paused'
    this.writeHash()
  }

  /** Remembers a share link, so that it stays in the address bar while its model is shown. */
  keepLink(hash: string): void {
    this.link = { hash, settings: toHash(this.settings), text: this.source.text }
  }

  /**
   * Writes the settings to the address bar without a new history entry. With the default settings,
   * an address without settings stays as it is.
   */
  private writeHash(): void {
    const own = toHash(this.settings)
    const { link } = this
    const same = link?.settings === own && link.text === this.source.text
    const hash = same ? link.hash : own
    if (hash === toHash(DEFAULTS) && !location.hash.includes('=')) return
    history.replaceState(null, '', hash)
  }

  /**
   * A distinct name for a run: its number, data, preset, sizes, other changed settings, and seed.
   */
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
