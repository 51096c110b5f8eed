/** Runs one word through the model: attention, predictions, and the tape of its step. */
import { type App, nameOf } from '../app.js'
import { Board } from '../charts/board.js'
import { HeatMap } from '../charts/heat.js'
import { type Draw, colour } from '../charts/board.js'
import { WhenVisible, button, byId, canvas, fillTable, h, input, say } from '../dom.js'
import type { Look, Ready, SourceText } from '../page-api.js'
import { count, percent, visibleChar } from '../text.js'
import { shownTokens } from '../lib/shown-tokens.js'
import { showTape } from './tape.js'

const REFRESH_MS = 500
const TOP = 3
/** Maximum number of heads, in the pictures and in the table. */
const MOST_HEADS = 48
/** Maximum columns of the probability picture. */
const MOST_COLUMNS = 64

/** A document to look at, or the beginning of a long text: `most` characters of a line at most. */
export function wordFor({ firstDocs }: Ready, { text }: SourceText, most: number): string {
  const line = () => text.split('\n').find((each) => each.trim().length > 1) ?? text
  return firstDocs.find((doc) => !doc.endsWith('…')) ?? line().trim().slice(0, most)
}

export function wordPanel(app: App): void {
  const sight = new WhenVisible(byId('inside'))
  const view = new WordView()
  let asked = 0
  let timing = false
  /** The number of the latest request; answers to earlier ones are ignored. */
  let number = 0
  const look = async (timed: boolean) => {
    const mine = ++number
    try {
      const found = await app.call('look', { word: input('word').value.trim(), timed })
      if (mine !== number) return
      const text = found.tokens.slice(0, -1).map(visibleChar).join(' ')
      const loss = `loss ${found.loss.toFixed(4)} after step ${count(found.step)}`
      say(byId('word-status'), `${text}: ${loss}`)
      view.show(found)
      showTape(found.tape)
    } catch (error) {
      if (mine === number) say(byId('word-status'), (error as Error).message)
    }
  }
  const refresh = () => {
    asked = performance.now()
    // Not while the ops are timed: that call shows newer results.
    sight.run(() => {
      if (!timing) void look(false)
    })
  }
  input('word').addEventListener('input', refresh)
  button('time-tape').addEventListener('click', async () => {
    // Not disabled meanwhile, because a disabled button loses the focus.
    if (timing) return
    timing = true
    await look(true)
    timing = false
  })
  app.on('ready', ({ ready }) => {
    const whose = nameOf(app.source)
    // The word may contain characters that the new alphabet does not have.
    if (input('word').dataset['for'] !== whose) {
      const word = wordFor(ready, app.source, ready.config.block_size)
      if (input('word').dataset['for'] !== undefined) input('word').value = word
      input('word').dataset['for'] = whose
    }
    refresh()
  })
  app.on('progress', ({ progress }) => {
    const still = progress.state !== 'running'
    if (still || performance.now() - asked > REFRESH_MS) refresh()
  })
}

class WordView {
  private look: Look | null = null
  private heads: HeatMap[] = []
  private readonly next: Board

  constructor() {
    this.next = new Board(canvas('next-heat'), (...frame) => this.drawNext(...frame))
    byId('attention-details').addEventListener('toggle', () => this.attentionTable())
  }

  show(look: Look): void {
    this.look = look
    this.showHeads(look)
    byId('next-heat').style.height = `${28 + 20 * look.rows}px`
    this.next.redraw()
    const { length } = look.chars
    const some =
      length > MOST_COLUMNS ? `The ${MOST_COLUMNS} most likely of ${length} tokens. ` : ''
    say(
      byId('next-about'),
      `${some}A stronger color is a higher probability; the frame is what comes next. · is BOS.`,
    )
    nextTable(look)
    this.attentionTable()
  }

  private showHeads({ layers, heads, rows, attention }: Look): void {
    const drawn = Math.min(layers * heads, MOST_HEADS)
    if (this.heads.length !== drawn) {
      for (const map of this.heads) map.remove()
      this.heads = Array.from(
        { length: drawn },
        () => new HeatMap(h('canvas', { className: 'heat' })),
      )
      const figures = this.heads.map(({ canvas: picture }, i) => {
        const name = `layer ${Math.floor(i / heads)}, head ${i % heads}`
        picture.setAttribute('role', 'img')
        picture.setAttribute('aria-label', `Attention of ${name}; the table below has the numbers`)
        return h('figure', {}, picture, h('figcaption', {}, name))
      })
      byId('heads').replaceChildren(...figures)
    }
    this.heads.forEach((map, i) => {
      const values = attention.subarray(i * rows * rows, (i + 1) * rows * rows)
      map.show({ rows, columns: rows, values, scale: 1, cursor: -1, tone: 'share' })
    })
  }

  private attentionTable(): void {
    if (!this.look || !byId<HTMLDetailsElement>('attention-details').open) return
    const { layers, heads, rows, attention, tokens } = this.look
    const names = tokens.slice(0, rows).map(visibleChar)
    const body: string[][] = []
    for (let i = 0; i < Math.min(layers * heads, MOST_HEADS); i++) {
      for (let t = 0; t < rows; t++) {
        const row = attention.subarray((i * rows + t) * rows, (i * rows + t) * rows + rows)
        const name = `layer ${Math.floor(i / heads)}, head ${i % heads}, ${t} ${names[t]}`
        body.push([name, ...Array.from(row, (x, s) => (s > t ? '' : percent(x)))])
      }
    }
    fillTable(
      byId('attention-table'),
      ['looks at', ...names.map((name, t) => `${t} ${name}`)],
      body,
    )
  }

  /** Rows are positions, columns are tokens; the actual next token is framed. */
  private readonly drawNext: Draw = (context, width, height) => {
    if (!this.look) return
    const { rows, tokens, chars, probabilities } = this.look
    const V = chars.length
    const ids = shownTokens(this.look, MOST_COLUMNS)
    const [left, top] = [34, 24]
    const [w, high] = [(width - left) / ids.length, (height - top) / rows]
    context.font = '12px ui-monospace, monospace'
    context.textAlign = 'center'
    context.textBaseline = 'middle'
    for (const [j, id] of ids.entries()) {
      context.fillStyle = colour('soft')
      if (w > 8)
        context.fillText(
          id === V - 1 ? '·' : visibleChar(chars[id]!).slice(0, 2),
          left + (j + 0.5) * w,
          12,
        )
      for (let t = 0; t < rows; t++) {
        const p = probabilities[t * V + id]!
        const [x, y] = [left + j * w, top + t * high]
        context.globalAlpha = Math.sqrt(p)
        context.fillStyle = colour('accent')
        context.fillRect(x, y, w - 1, high - 1)
        context.globalAlpha = 1
        if (chars[id] !== tokens[t + 1]) continue
        context.strokeStyle = colour('warm')
        context.lineWidth = 1.5
        context.strokeRect(x + 0.5, y + 0.5, w - 2, high - 2)
      }
    }
    context.fillStyle = colour('ink')
    for (let t = 0; t < rows; t++) {
      context.fillText(visibleChar(tokens[t]!).slice(0, 3), left / 2, top + (t + 0.5) * high)
    }
  }
}

/** One row per position: the most likely tokens, and the probability of the right one. */
function nextTable({ rows, chars, tokens, probabilities }: Look): void {
  const body = Array.from({ length: rows }, (_, t) => {
    const row = probabilities.subarray(t * chars.length, (t + 1) * chars.length)
    const order = Array.from(row, (_p, id) => id).sort((a, b) => row[b]! - row[a]!)
    const guess = order.slice(0, TOP).map((id) => `${visibleChar(chars[id]!)} ${percent(row[id]!)}`)
    const right = chars.lastIndexOf(tokens[t + 1]!)
    return [
      `${t} ${visibleChar(tokens[t]!)}`,
      guess.join(', '),
      `${visibleChar(tokens[t + 1]!)} ${percent(row[right]!)}`,
    ]
  })
  fillTable(byId('next-table'), ['after', 'expects', 'comes'], body)
}
