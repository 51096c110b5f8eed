/** What the panels share: the settings, the state of the run, and the line to the worker. */
import { type Connection, connect } from './connect.js'
import { LossLog } from './loss-log.js'
import type { FromWorker, Progress, Ready, Settings, StopRule } from './messages.js'
import { writeHash } from './settings.js'

type Of<T extends FromWorker['type']> = Extract<FromWorker, { type: T }>

/** A run in the chart. */
export interface ChartRun {
  name: string
  log: LossLog
}

/** Runs kept to compare with. */
const MOST_RUNS = 5

export class App {
  settings: Settings
  /** The documents as text, and whose they are. */
  text: string
  textName = 'the shipped names'
  ready: Ready | null = null
  /** The alphabet, without BOS. */
  dataChars: readonly string[] = []
  step = 0
  state: Progress['state'] = 'paused'
  run: ChartRun = { name: '', log: new LossLog() }
  earlier: ChartRun[] = []
  pace: number | null = null
  stop: StopRule = { kind: 'end' }
  private readonly listeners = new Map<string, ((message: never) => void)[]>()
  /** What whoever listens late has to know all the same. */
  private readonly latest = new Map<string, FromWorker>()
  private readonly connection: Connection
  private playWhenReady = false

  constructor(settings: Settings, text: string) {
    this.settings = settings
    this.text = text
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

  /** Learns from another text; the model stays what it is. */
  useText(text: string, name: string): void {
    this.text = text
    this.textName = name
    this.send({ type: 'text', text, settings: this.settings })
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
    if (message.type === 'data') this.dataChars = message.summary.chars
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
    if (message.type === 'ready' && this.playWhenReady) {
      this.playWhenReady = false
      this.play()
    }
  }

  private begin(ready: Ready): void {
    if (this.run.log.length > 0) this.earlier = [this.run, ...this.earlier].slice(0, MOST_RUNS)
    const { n_embd, n_layer } = ready.config
    const name = `${this.settings.preset}, n_embd ${n_embd}, n_layer ${n_layer}, seed ${this.settings.seed}`
    this.run = { name, log: new LossLog() }
    this.ready = ready
    this.step = 0
    this.state = 'paused'
    writeHash(this.settings)
  }
}
