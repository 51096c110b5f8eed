/** The runs in the chart, the stop rule, and the curve as a table and a file. */
import type { App } from '../app.js'
import { RUN_COLOURS } from '../charts/loss.js'
import { toCsv } from '../csv.js'
import { button, byId, fillTable, h, input, say } from '../dom.js'
import { saveBlob } from '../files.js'
import { count, digits } from '../text.js'

/** Maximum rows of the table; the CSV has all points. */
const TABLE_ROWS = 200

export function curvesPanel(app: App): void {
  app.on('ready', ({ ready }) => {
    const ln = `ln ${ready.vocabSize} = ${Math.log(ready.vocabSize).toFixed(2)}`
    say(
      byId('baseline'),
      `Dashed: ${ln}, pure guessing, with all ${ready.vocabSize} tokens equally likely.`,
    )
    say(byId('at-lr'), '-')
    say(byId('at-pace'), '-')
    say(byId('reading'), 'Reading: nothing yet.')
    showRuns(app)
    showTable(app)
  })
  app.on('progress', ({ progress }) => {
    const { log } = app.run
    if (log.length > 0) say(byId('at-lr'), digits(log.at(log.length - 1).lr))
    if (progress.ms > 0) say(byId('at-pace'), count(Math.round((1000 * log.steps) / progress.ms)))
    const doc = app.mode === 'text' ? 'random pieces of the text' : progress.doc
    if (progress.losses.length > 0) say(byId('reading'), `Reading: ${doc}`)
    showTable(app)
  })
  byId<HTMLDetailsElement>('loss-details').addEventListener('toggle', () => showTable(app))
  stopRule(app)
  button('csv').addEventListener('click', () => {
    const csv = toCsv([app.run, ...app.earlier])
    saveBlob(new Blob([csv], { type: 'text/csv' }), 'microgpt-losses.csv')
  })
}

function stopRule(app: App): void {
  const kind = byId<HTMLSelectElement>('stop-kind')
  const value = input('stop-value')
  const stop = () => {
    value.hidden = kind.value === 'end'
    const limit = value.valueAsNumber
    const chosen = kind.value as 'end' | 'loss' | 'step'
    app.stop =
      chosen === 'end' || Number.isNaN(limit) ? { kind: 'end' } : { kind: chosen, value: limit }
  }
  kind.addEventListener('input', () => {
    value.value = kind.value === 'step' ? '100' : '2.4'
    stop()
  })
  value.addEventListener('input', stop)
  if (app.stop.kind !== 'end') {
    kind.value = app.stop.kind
    value.value = String(app.stop.value)
    value.hidden = false
  }
}

function showRuns(app: App): void {
  const items = app.earlier.map((run, i) => {
    const drop = h('button', { type: 'button', className: 'quiet tiny', textContent: 'remove' })
    drop.setAttribute('aria-label', `Remove ${run.name} from the chart`)
    drop.addEventListener('click', () => {
      app.earlier = app.earlier.filter((other) => other !== run)
      showRuns(app)
      ;(document.querySelector<HTMLElement>('#runs button') ?? button('csv')).focus()
      app.redrawChart()
    })
    const end = run.log.lastSmoothed.toFixed(3)
    const text = `${run.name}: ${count(run.log.steps)} steps, smoothed ${end}`
    return h('li', { className: RUN_COLOURS[i % RUN_COLOURS.length]! }, h('span', {}, text), drop)
  })
  const now = app.run.name && app.earlier.length > 0
  const current = now ? [h('li', { className: 'now' }, h('span', {}, `${app.run.name}: now`))] : []
  byId('runs').replaceChildren(...current, ...items)
}

function showTable({ run: { log } }: App): void {
  if (!byId<HTMLDetailsElement>('loss-details').open) return
  const stride = Math.max(1, Math.ceil(log.length / TABLE_ROWS))
  const rows: string[][] = []
  for (let i = 0; i < log.length; i += stride) {
    const { step, loss, smoothed, lr } = log.at(i)
    rows.push([String(step), String(loss), smoothed.toFixed(4), digits(lr)])
  }
  fillTable(byId('loss-table'), ['step', 'loss', 'smoothed', 'learning rate'], rows)
}
