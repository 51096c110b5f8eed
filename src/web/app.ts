/** What the panels share: the settings, the state of the run, and the line to the worker. */
import { type Connection, connect } from './connect.js'
import { LossLog } from './loss-log.js'
import type { FromWorker, Progress, Ready, Settings, StopRule, Taken, Taking } from './messages.js'
import { DEFAULTS, writeHash } from './settings.js'
import { short } from './text.js'

type Of<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>

/** A run in the chart. */
export interface ChartRun {
  name: string
  log: LossLog
}

/** Runs kept to compare with. */
const MOST_RUNS = 5
const SHIPPED = 'the shipped names'

export class App {
  settings: Settings
  /** The documents as text, and whose they are. */
  text: string
  textName = SHIPPED
  ready: Ready | null = null
  /** The model's alphabet, without BOS. */
  dataChars: readonly string[] = []
  step = 0
  state: Progress['state'] = 'paused'
  run: ChartRun = { name: '', log: new LossLog() }
  earlier: ChartRun[] = []
  /** Of the checkpoint that was opened last, cut for the screen. */
  fileName = ''
  pace: number | null = null
  stop: StopRule = { kind: 'end' }
  private readonly listeners = new Map<string, ((message: never) => void)[]>()
  /** What whoever listens late has to know all the same. */
  private readonly latest = new Map<string, FromWorker>()
  private readonly connection: Connection
  private playWhenReady = false
  private file: File | null = null
  private readonly shipped: string
  /** A text on its way to the worker, which may refuse it. */
  private pending: Taken['text'] = null

  /** @param text the shipped names */
  constructor(settings: Settings, text: string) {
    this.settings = settings
    this.text = text
    this.shipped = text
    this.connection = connect(
      (message) => this.hear(message),
      (message) => this.notice(message),
    )
  }

  readonly send: Connection['send'] = (message) => this.connection.send(message)

  on<T extends FromWorker['type']>(type: T, listener: (message: Of<T>) => void): void {
    const list = this.listeners.get(type) ?? []
    list.push(listener)
    this.listeners.set(type, list)
    const state = this.latest.get(type)
    if (state) listener(state as Of<T>)
  }

  /** What everyone should read, until the page is closed. */
  notice(message: string): void {
    const line = document.createElement('p')
    line.className = 'notice'
    line.textContent = message
    document.getElementById('notices')!.append(line)
  }

  /** Learns from another text, or the shipped one: a new model of the same settings. */
  useText(text: string | null, name = SHIPPED): void {
    this.pending = { text: text ?? this.shipped, name: text === null ? null : name }
    const whose = text === null ? {} : { name }
    this.send({ type: 'text', text: this.pending.text, settings: this.settings, ...whose })
  }

  /** A model from a checkpoint, in place of the one that there is. */
  load(file: File, taking: Taking = 'run'): void {
    this.file = file
    this.fileName = short(file.name, 60)
    const names = this.text === this.shipped ? null : this.shipped
    this.send({ type: 'load', file, taking, names })
  }

  /** The same file once more, for less than its run. */
  loadAgain(taking: Taking): void {
    if (this.file) this.load(this.file, taking)
  }

  /** A run that the browser has kept: it goes on at once. */
  takeUp(id: string): void {
    this.playWhenReady = true
    this.send({ type: 'take up', id })
  }

  /** A new model, from its first step. */
  make(settings: Settings, play = false): void {
    this.settings = settings
    this.playWhenReady = play
    this.send({ type: 'model', settings })
  }

  play(): void {
    if (this.state === 'finished') {
      this.make(this.settings, true)
      return
    }
    this.state = 'running'
    this.send({ type: 'play', pace: this.pace, stop: this.stop })
  }

  pause(): void {
    this.send({ type: 'pause' })
  }

  setPace(pace: number | null): void {
    this.pace = pace
    this.send({ type: 'pace', pace })
  }

  private hear(message: FromWorker): void {
    if (message.type === 'ready') this.begin(message.ready)
    if (message.type === 'refused') this.pending = null
    if (message.type === 'refused' && message.what === 'model' && !this.ready)
      this.useDefaults(message.message)
    if (message.type === 'refused' && message.what === 'take up') this.playWhenReady = false
    if (message.type === 'progress') {
      const { step, state, losses, lrs } = message.progress
      this.step = step
      this.state = state
      this.run.log.add(losses, lrs)
    }
    if (message.type === 'fallback') {
      this.notice(`The WebAssembly core is not to be had here: ${message.message}. The typed-array
        twin in plain TypeScript stands in for it: slower, and with the same numbers but for the
        last digits. Attention and the tape cannot be shown.`)
    }
    if (message.type === 'data' || message.type === 'ready') this.latest.set(message.type, message)
    for (const listener of this.listeners.get(message.type) ?? []) listener(message as never)
    // A run that was taken up says where it stands before it goes on.
    const stands = message.type === 'ready' ? !message.ready.taken : message.type === 'progress'
    if (!this.playWhenReady || !stands) return
    this.playWhenReady = false
    if (message.type === 'ready' || this.state !== 'finished') this.play()
  }

  /** For a link whose model is too large for a page. */
  private useDefaults(why: string): void {
    if (this.settings === DEFAULTS) return
    const default_ = 'The page shows the default model instead.'
    this.notice(`This link cannot be followed, because ${why}. ${default_}`)
    this.settings = DEFAULTS
    this.send({ type: 'text', text: this.text, settings: DEFAULTS })
  }

  private begin(ready: Ready): void {
    const { taken } = ready
    if (taken) this.settings = taken.settings
    const source = taken?.text ?? this.pending
    if (source) {
      this.text = source.text
      this.textName = source.name ?? SHIPPED
    }
    this.pending = null
    if (this.run.log.length > 0) this.earlier = [this.run, ...this.earlier].slice(0, MOST_RUNS)
    const { n_embd, n_layer } = ready.config
    const name = `${this.settings.preset}, n_embd ${n_embd}, n_layer ${n_layer}, seed ${this.settings.seed}`
    const log = taken?.log ? LossLog.from(taken.log) : new LossLog(taken?.step)
    this.run = { name, log }
    this.ready = ready
    this.dataChars = ready.chars
    this.step = taken?.step ?? 0
    this.state = 'paused'
    writeHash(this.settings)
  }
}
