/** The state_dict as one live picture, explored by pointer, touch and keyboard. */
import { type ParameterSpec, gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { Board } from '../charts/board.js'
import { byId, canvas, h, say } from '../dom.js'
import {
  type Cell,
  type CellNumbers,
  type Lists,
  moveCell,
  readCell,
} from '../lib/picture-cells.js'
import { pictureTheme } from '../charts/theme.js'
import { shapeFormula } from '../lib/counts.js'
import { scaleText } from '../lib/picture-legend.js'
import { type PictureMode, StateDictPicture } from '../lib/state-dict-picture.js'
import { count, digits, visibleChar } from '../text.js'

export function picturePanel(app: App): void {
  makeLegend()
  const view = new PictureView(app, canvas('picture'))
  app.on('ready', ({ ready }) => view.useTable(gptTable(ready.config, ready.vocabSize)))
  app.on('numbers', () => view.redraw())
  app.on('picked', () => view.redraw())
  for (const radio of document.querySelectorAll<HTMLInputElement>('input[name=mode]')) {
    radio.addEventListener('change', () => view.show(radio.value as PictureMode))
  }
}

class PictureView {
  private readonly app: App
  private readonly canvas: HTMLCanvasElement
  private readonly board: Board
  private table: readonly ParameterSpec[] = []
  private picture: StateDictPicture | null = null
  private cell: Cell | null = null
  private mode: PictureMode = 'values'
  private largest = 1
  /** What the page says while no cell is chosen. */
  private readonly hint = byId('picture-cell').textContent

  constructor(app: App, element: HTMLCanvasElement) {
    this.app = app
    this.canvas = element
    this.board = new Board(element, (context, width, height) => this.draw(context, width, height))
    this.listen()
  }

  /** Sets the matrices of a new model, which needs a new layout. */
  useTable(table: readonly ParameterSpec[]): void {
    const { cell } = this
    const { shape } = table.find(({ name }) => name === cell?.name) ?? {}
    if (cell && !(shape && cell.row < shape[0] && cell.column < shape[1])) {
      this.cell = null
      say(byId('picture-cell'), this.hint)
    }
    this.table = table
    this.picture = null
    this.redraw()
  }

  show(mode: PictureMode): void {
    this.mode = mode
    this.redraw()
  }

  redraw(): void {
    this.board.redraw()
  }

  private get lists(): Lists | null {
    const { numbers, start, step, ready } = this.app
    if (!numbers || numbers.values.length !== ready?.numParams) return null
    return { values: numbers.values, gradients: step > 0 ? numbers.gradients : null, start }
  }

  private draw(context: CanvasRenderingContext2D, width: number, height: number): void {
    const { lists, table, mode, cell } = this
    const { picked } = this.app
    if (!lists || table.length === 0) return
    const pixelRatio = Math.min(3, devicePixelRatio || 1)
    const { layout } = this.picture ?? {}
    if (!layout || layout.width !== width || layout.height !== height) {
      this.picture = new StateDictPicture(table, { width, height, pixelRatio })
    }
    const theme = pictureTheme()
    this.largest = this.picture!.draw(context, lists, { mode, theme, cell, picked })
    this.canvas.dataset['drawn'] = String(this.app.numbers!.step)
    this.legend()
    if (cell) this.tell(readCell(this.picture!.layout, cell, lists))
  }

  private legend(): void {
    const most = scaleText(this.largest)
    say(byId('legend-low'), `−${most}`)
    say(byId('legend-high'), most)
  }

  private move(cell: Cell | null): void {
    if (!cell) return
    this.cell = cell
    const { lists, picture } = this
    if (lists && picture) this.tell(readCell(picture.layout, cell, lists))
    this.redraw()
  }

  private pick(cell: Cell | null): void {
    const { lists, picture } = this
    const found = cell && lists && picture ? readCell(picture.layout, cell, lists) : null
    if (!found) return
    const { name, row, column, index } = found
    this.app.pick({ name, row, column, index })
  }

  private tell(numbers: CellNumbers | null): void {
    if (!numbers) return
    const { name, row, column, shape, index, value, gradient } = numbers
    const token = /^(wte|lm_head)$/.test(name)
      ? ` (${visibleChar(this.app.ready!.chars[row] ?? '')})`
      : ''
    const at = `${name}[${row}][${column}]${token}`
    const slope = gradient === null ? 'no gradient yet' : `gradient ${digits(gradient)}`
    const start = this.app.start?.[index]
    const before = start === undefined || start === value ? '' : `, at the start ${digits(start)}`
    const where = `number ${count(index)} of ${count(this.app.ready!.numParams)}`
    const size = shapeFormula({ name, shape })
    say(
      byId('picture-cell'),
      `${at}: value ${digits(value)}, ${slope}${before}. ${size}; ${where} in the flat list.`,
    )
  }

  private listen(): void {
    const { canvas: board } = this
    const point = (event: PointerEvent) => {
      const { lists, picture } = this
      if (!lists || !picture) return
      this.move(
        picture.hitTest(event.offsetX, event.offsetY, lists, event.pointerType === 'touch' ? 8 : 2),
      )
    }
    board.addEventListener('pointermove', point)
    board.addEventListener('pointerdown', point)
    board.addEventListener('click', () => this.pick(this.cell))
    board.addEventListener('keydown', (event) => {
      const { layout } = this.picture ?? {}
      if (!layout) return
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault()
        this.pick(this.cell)
        return
      }
      const first = layout.matrices[0]!
      const from = this.cell ?? { name: first.name, row: 0, column: 0 }
      const to = this.cell ? moveCell(layout, from, event.key, event.ctrlKey) : from
      const known = moveCell(layout, from, event.key, event.ctrlKey)
      if (!known) return
      event.preventDefault()
      this.move(to)
    })
  }
}

/** Shows the colors and their meaning. */
function makeLegend(): void {
  byId('legend').replaceChildren(
    h('span', { id: 'legend-low' }, '-1'),
    h('span', { className: 'ramp' }),
    h('span', { id: 'legend-high' }, '1'),
    h('span', { className: 'zero-box' }),
    h('span', {}, 'exactly 0'),
  )
}
