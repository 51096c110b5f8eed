/** One parameter followed through the run: its path, and Adam's update at a step. */
import { type ParameterSpec, gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { Board } from '../charts/board.js'
import { PathChart, drawSpark } from '../charts/path.js'
import { WhenVisible, button, byId, canvas, h, say } from '../dom.js'
import { shapeFormula } from '../lib/counts.js'
import { type PathColumns, pointOf } from '../lib/path-log.js'
import { sliderMove } from '../lib/slider-keys.js'
import { updateLines, updateSentence } from '../lib/update-text.js'
import type { Picked } from '../app.js'
import { count, visibleChar } from '../text.js'

/** Time between two requests while the model trains. */
const REFRESH_MS = 90

export function followPanel(app: App): void {
  const view = new FollowView(app)
  app.on('picked', () => view.begin())
  app.on('ready', ({ ready }) => {
    const table = gptTable(ready.config, ready.vocabSize)
    app.pick(placed(app.picked ?? { name: 'lm_head', row: 0, column: 0, index: 0 }, table))
  })
  app.on('numbers', () => view.refresh())
  button('follow-random').addEventListener('click', () => {
    const { config, vocabSize, numParams } = app.ready!
    app.pick(pickedAt(Math.floor(Math.random() * numParams), gptTable(config, vocabSize)))
  })
}

/** The same place in another model; rows and columns that it does not have become its last ones. */
function placed({ name, row, column }: Picked, table: readonly ParameterSpec[]): Picked {
  let at = 0
  for (const { name: own, shape } of table) {
    if (own === name) {
      const [i, j] = [Math.min(row, shape[0] - 1), Math.min(column, shape[1] - 1)]
      return { name, row: i, column: j, index: at + i * shape[1] + j }
    }
    at += shape[0] * shape[1]
  }
  return pickedAt(0, table)
}

function pickedAt(index: number, table: readonly ParameterSpec[]): Picked {
  let at = 0
  for (const { name, shape } of table) {
    const within = index - at
    at += shape[0] * shape[1]
    if (index >= at) continue
    return { name, row: Math.floor(within / shape[1]), column: within % shape[1], index }
  }
  throw new RangeError(`there is no parameter ${index}`)
}

class FollowView {
  private readonly app: App
  private readonly chart = new PathChart()
  private readonly board: Board
  private readonly spark: Board
  private readonly sight = new WhenVisible(byId('follow'))
  private columns: PathColumns | null = null
  /** The step that the visitor has chosen; null is the latest. */
  private chosen: number | null = null
  private asking = false
  private askAgain = false

  constructor(app: App) {
    this.app = app
    this.board = new Board(canvas('follow-chart'), (...frame) => this.chart.draw(...frame))
    this.spark = new Board(canvas('spark'), (context, width, height) => {
      const { columns } = this
      if (columns && columns.step.length > 1)
        drawSpark(context, width, height, { columns, numSteps: this.numSteps, cursor: -1 })
    })
    this.listen()
  }

  private get numSteps(): number {
    return this.app.ready?.config.num_steps ?? 1
  }

  /** Shows a parameter that has just been picked. */
  begin(): void {
    this.columns = null
    this.chosen = null
    this.name()
    for (const id of ['follow-start', 'follow-value', 'follow-gradient']) say(byId(id), '-')
    byId('follow-update').replaceChildren()
    canvas('follow-chart').setAttribute('aria-valuetext', 'no step yet')
    this.refresh()
  }

  /** Asks the worker for the path: one request at a time. */
  refresh(): void {
    if (this.asking) {
      this.askAgain = true
      return
    }
    this.asking = true
    void this.ask().finally(() => {
      this.asking = false
    })
  }

  private async ask(): Promise<void> {
    do {
      this.askAgain = false
      const { picked, ready } = this.app
      if (!picked) return
      const columns = await this.app.call('follow', { index: picked.index }).catch(() => null)
      if (picked !== this.app.picked || ready !== this.app.ready) {
        this.askAgain = true
        continue
      }
      if (columns) {
        this.columns = columns
        this.show()
      }
      await new Promise((resolve) => setTimeout(resolve, REFRESH_MS))
    } while (this.askAgain)
  }

  private name(): void {
    const { picked, ready } = this.app
    if (!picked || !ready) return
    const { name, row, column, index } = picked
    const spec = gptTable(ready.config, ready.vocabSize).find((one) => one.name === name)!
    say(byId('follow-name'), `state_dict['${name}'][${row}][${column}]`)
    const token = /^(wte|lm_head)$/.test(name)
      ? ` (for ${visibleChar(ready.chars[row] ?? '')})`
      : ''
    say(
      byId('follow-where'),
      `${name}: ${spec.purpose}. Row ${row}${token}, column ${column} of ${shapeFormula(spec)}. ` +
        `In the flat list it is params[${index}] of ${count(ready.numParams)}.`,
    )
  }

  private show(): void {
    const { columns, numSteps, chosen } = this
    if (!columns) return
    this.chart.show({ columns, numSteps, cursor: chosen === null ? -1 : this.at })
    this.board.redraw()
    this.spark.redraw()
    this.sight.run(() => this.tell())
  }

  /** The index of the point that is shown. */
  private get at(): number {
    const { columns, chosen } = this
    const last = columns!.step.length - 1
    if (chosen === null) return last
    const at = columns!.step.findIndex((step) => step >= chosen)
    return at < 0 ? last : at
  }

  private tell(): void {
    const { columns, app } = this
    if (!columns || !app.ready) return
    const { at } = this
    const { config } = app.ready
    const point = pointOf(columns, at)
    const before = at > 0 ? pointOf(columns, at - 1) : null
    const { step, value, gradient } = point
    const start = app.start?.[app.picked!.index] ?? columns.value[0]!
    say(byId('follow-start'), String(start))
    say(byId('follow-value-term'), step === 0 ? 'now' : `after step ${count(step)}`)
    say(byId('follow-value'), String(value))
    say(byId('follow-gradient-term'), step === 0 ? 'gradient' : `gradient at step ${count(step)}`)
    say(byId('follow-gradient'), Number.isNaN(gradient) ? '-' : String(gradient))
    say(byId('follow-update-title'), step === 0 ? 'What a step does to it' : `Step ${count(step)}`)
    say(byId('follow-about'), aboutOf(columns, at, config))
    const lines = Number.isNaN(gradient) ? [] : updateLines(point, before, config)
    byId('follow-update').replaceChildren(
      ...lines.map(({ formula, numbers }) =>
        h('div', {}, h('dt', {}, formula), h('dd', {}, numbers)),
      ),
    )
    const slider = canvas('follow-chart')
    slider.setAttribute('aria-valuemax', String(columns.step.length - 1))
    slider.setAttribute('aria-valuenow', String(at))
    const slope = Number.isNaN(gradient) ? '' : `, gradient ${gradient}`
    slider.setAttribute('aria-valuetext', `step ${step}: value ${value}${slope}`)
  }

  private choose(at: number): void {
    const { columns } = this
    if (!columns || at < 0) return
    const within = Math.min(columns.step.length - 1, at)
    this.chosen = columns.step[within]!
    this.show()
  }

  private listen(): void {
    const board = canvas('follow-chart')
    const point = ({ offsetX }: PointerEvent) =>
      this.choose(this.chart.nearest(offsetX, board.clientWidth))
    board.addEventListener('pointerdown', point)
    board.addEventListener('pointermove', point)
    board.addEventListener('pointerleave', ({ pointerType }) => {
      if (pointerType !== 'mouse') return
      this.chosen = null
      this.show()
    })
    board.addEventListener('keydown', (event) => {
      if (!this.columns) return
      const last = this.columns.step.length - 1
      const to = sliderMove(event.key, this.at, last)
      if (to === null) return
      event.preventDefault()
      this.choose(Math.max(0, to))
    })
  }
}

/** What to say of a point: before training, without the steps before it, or of its update. */
function aboutOf(columns: PathColumns, at: number, config: Parameters<typeof updateSentence>[1]) {
  const point = pointOf(columns, at)
  if (!Number.isNaN(point.gradient)) return updateSentence(point, config)
  if (point.step === 0) {
    return 'Before training it is just a number. Each step computes its gradient: how the loss would change if it grew a little. Adam then moves it a little against that.'
  }
  const from = `This number is followed from step ${count(point.step)} on.`
  return `${from} Press Start over to follow it from the beginning.`
}
