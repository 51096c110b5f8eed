/** Every matrix of the state_dict, before training and now, as values or gradients. */
import type { App } from '../app.js'
import { HeatMap, largest } from '../charts/heat.js'
import { WhenVisible, byId, canvas, fillTable, h, say } from '../dom.js'
import type { Matrix, Shown } from '../page-api.js'
import { count, digits, visibleChar } from '../text.js'

/** Maximum rows and columns of the table. */
const TABLE = 64
const REFRESH_MS = 400

export function matricesPanel(app: App): void {
  const sight = new WhenVisible(byId('inside'))
  const pair = new MatrixPair(app)
  let shown: Shown = 'data'
  let asked = 0

  const refresh = () => {
    asked = performance.now()
    sight.run(() => {
      void app.call('thumbs', { shown }).then((now) => showThumbs(now, pair, refresh))
      void app.call('matrix', { name: pair.name, shown }).then((found) => {
        if (found?.now.name === pair.name) pair.show(found)
      })
    })
  }
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=shown]')) {
    radio.addEventListener('change', () => {
      shown = radio.value as Shown
      refresh()
    })
  }
  app.on('ready', ({ ready }) => {
    say(byId('matrix-before-caption'), ready.restored?.before ?? 'before training')
    pair.forget()
    refresh()
  })
  app.on('progress', ({ progress }) => {
    const still = progress.state !== 'running'
    if (still || performance.now() - asked > REFRESH_MS) refresh()
  })
}

const thumbs = new Map<string, HeatMap>()

/** One button with a thumbnail for each matrix; created once per model, and then only redrawn. */
function showThumbs(matrices: readonly Matrix[], pair: MatrixPair, refresh: () => void): void {
  const place = byId('thumbs')
  const names = matrices.map(({ name }) => name).join()
  if (place.dataset['names'] !== names) {
    place.dataset['names'] = names
    for (const map of thumbs.values()) map.remove()
    thumbs.clear()
    place.replaceChildren(
      ...matrices.map(({ name }) => {
        const picture = h('canvas')
        thumbs.set(name, new HeatMap(picture))
        const choose = h(
          'button',
          { type: 'button', className: 'thumb' },
          picture,
          h('span', {}, name),
        )
        choose.addEventListener('click', () => {
          pair.name = name
          press(name)
          refresh()
        })
        choose.dataset['name'] = name
        return choose
      }),
    )
    press(pair.name)
  }
  for (const { name, rows, columns, values } of matrices) {
    const scale = largest(values)
    thumbs.get(name)?.show({ rows, columns, values, scale, cursor: -1, tone: 'signed' })
  }
}

function press(name: string): void {
  for (const choose of document.querySelectorAll<HTMLButtonElement>('.thumb')) {
    choose.setAttribute('aria-pressed', String(choose.dataset['name'] === name))
  }
}

/** The chosen matrix: before training and now, with one cell marked in both. */
class MatrixPair {
  name = 'wte'
  private cursor = -1
  private latest: { before: Matrix; now: Matrix; shown: Shown; step: number } | null = null
  private readonly app: App
  private readonly before = new HeatMap(canvas('matrix-before'))
  private readonly now = new HeatMap(canvas('matrix-now'))

  constructor(app: App) {
    this.app = app
    for (const map of [this.before, this.now]) this.listen(map)
    byId('matrix-details').addEventListener('toggle', () => this.showTable())
  }

  forget(): void {
    this.cursor = -1
    this.latest = null
    this.name = 'wte'
  }

  show(message: NonNullable<typeof this.latest>): void {
    this.latest = message
    const { now, shown, step } = message
    say(byId('matrix-name'), `${now.name} [${now.rows}, ${now.columns}]`)
    const what = shown === 'grad' ? 'gradient of the latest step' : 'now'
    say(byId('matrix-now-caption'), `${what}, after step ${count(step)}`)
    for (const side of ['before', 'now']) {
      canvas(`matrix-${side}`).setAttribute(
        'aria-label',
        `${now.name} ${side}: arrow keys move over its cells`,
      )
      canvas(`matrix-${side}`).setAttribute('aria-valuemax', String(now.rows * now.columns - 1))
    }
    this.draw()
    this.showTable()
  }

  private draw(): void {
    if (!this.latest) return
    const { before, now, shown } = this.latest
    // Values before and now share a scale, so that growth is visible; gradients have another one.
    const scale = largest(now.values, ...(shown === 'data' ? [before.values] : []))
    const own = shown === 'data' ? scale : largest(before.values)
    const { cursor } = this
    this.before.show({ ...before, scale: own, cursor, tone: 'signed' })
    this.now.show({ ...now, scale, cursor, tone: 'signed' })
    this.readOut()
  }

  private readOut(): void {
    const { latest, cursor } = this
    if (!latest || cursor < 0 || cursor >= latest.now.values.length) return
    const { before, now, shown } = latest
    const [row, column] = [Math.floor(cursor / now.columns), cursor % now.columns]
    const word = shown === 'grad' ? 'gradient' : 'now'
    const at = `${now.name}[${row}][${column}]${this.rowName(row)}`
    const text = `${at}: before ${before.values[cursor]}, ${word} ${now.values[cursor]}`
    say(byId('cell'), text)
    for (const side of ['before', 'now']) {
      canvas(`matrix-${side}`).setAttribute('aria-valuenow', String(cursor))
      canvas(`matrix-${side}`).setAttribute('aria-valuetext', text)
    }
  }

  /** The token of a row of wte or lm_head; empty for other matrices. */
  private rowName(row: number): string {
    const chars = this.app.ready?.chars ?? []
    if (this.name !== 'wte' && this.name !== 'lm_head') return ''
    return ` (${visibleChar(chars[row] ?? '')})`
  }

  private showTable(): void {
    if (!byId<HTMLDetailsElement>('matrix-details').open || !this.latest) return
    const { rows, columns, values } = this.latest.now
    const wide = Math.min(columns, TABLE)
    const body = Array.from({ length: Math.min(rows, TABLE) }, (_, i) => [
      `${i}${this.rowName(i)}`,
      ...Array.from(values.subarray(i * columns, i * columns + wide), digits),
    ])
    fillTable(
      byId('matrix-table'),
      ['row', ...Array.from({ length: wide }, (_, j) => `${j}`)],
      body,
    )
  }

  private listen(map: HeatMap): void {
    const move = (cell: number) => {
      this.cursor = cell
      this.draw()
    }
    map.canvas.setAttribute('aria-valuemin', '0')
    const point = ({ offsetX, offsetY }: PointerEvent) => move(map.cellAt(offsetX, offsetY))
    map.canvas.addEventListener('pointermove', point)
    map.canvas.addEventListener('pointerdown', point)
    map.canvas.addEventListener('keydown', (event) => {
      if (!this.latest) return
      const { columns, values } = this.latest.now
      const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns }[event.key]
      if (by === undefined) return
      event.preventDefault()
      move(Math.max(0, Math.min(values.length - 1, Math.max(0, this.cursor) + by)))
    })
  }
}
