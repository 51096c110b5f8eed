/** Train: the controls, the figures and the curve. */
import type { App } from '../app.js'
import { LossChart, RUN_COLOURS } from '../charts/loss.js'
import { save, toCsv } from '../csv.js'
import { button, byId, canvas, fillTable, h, input, say } from '../dom.js'
import { count, digits } from '../text.js'

/** Rows of the table: more are left to the CSV. */
const TABLE_ROWS = 200

export function trainPanel(app: App): void {
  const chart = new LossChart(canvas('loss-chart'))
  let cursor = -1
  const baseline = () => Math.log(app.ready?.vocabSize ?? 27)

  const show = () => {
    const { run, earlier, ready } = app
    const numSteps = ready?.config.num_steps ?? 500
    chart.show({ run, earlier, numSteps, baseline: baseline(), cursor })
  }
  const point = (i: number) => {
    cursor = i
    showPoint(app, cursor)
    show()
  }

  app.on('ready', ({ ready }) => {
    cursor = -1
    for (const id of ['play', 'one-step', 'reset']) button(id).disabled = false
    // A model that came without its documents only samples.
    if (ready.numDocs === 0) for (const id of ['play', 'one-step']) button(id).disabled = true
    const ln = `ln ${ready.vocabSize} = ${baseline().toFixed(2)}`
    say(
      byId('baseline'),
      `Dashed: ${ln}, a model that finds all ${ready.vocabSize} tokens equally likely.`,
    )
    showFigures(app, 0)
    showPoint(app, -1)
    showRuns(app, show)
    showState(app)
    show()
  })
  app.on('progress', ({ progress }) => {
    showFigures(app, progress.ms)
    if (progress.losses.length > 0) say(byId('reading'), `Reading: ${progress.doc}`)
    if (progress.error !== undefined) app.notice(`Training has stopped: ${progress.error}`)
    showState(app)
    if (byId<HTMLDetailsElement>('loss-details').open) showTable(app)
    show()
  })
  byId<HTMLDetailsElement>('loss-details').addEventListener('toggle', () => showTable(app))
  controls(app)
  crosshair(app, chart, () => cursor, point)
}

function controls(app: App): void {
  button('play').addEventListener('click', () => {
    if (app.state === 'running') app.pause()
    else app.play()
    showState(app)
  })
  button('one-step').addEventListener('click', () => app.send({ type: 'step' }))
  button('reset').addEventListener('click', () => app.make(app.settings))
  const pace = () => {
    say(byId('pace-value'), `${input('pace').value} a second`)
    byId('pacing').hidden = !input('slow').checked
    app.setPace(input('slow').checked ? Number(input('pace').value) : null)
  }
  for (const id of ['slow', 'pace']) input(id).addEventListener('input', pace)
  pace()

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
  button('csv').addEventListener('click', () => {
    save(toCsv([app.run, ...app.earlier]), 'microgpt-losses.csv', 'text/csv')
  })
}

function showState({ state, step, ready }: App): void {
  const canTrain = ready !== null && ready.numDocs > 0
  const names = { finished: 'Play again', running: 'Pause' } as Record<string, string>
  say(button('play'), names[state] ?? (step > 0 ? 'Go on' : 'Play'))
  button('one-step').disabled = state === 'running' || state === 'finished' || !canTrain
}

function showFigures({ run: { log }, step, ready }: App, ms: number): void {
  const of = ready ? ` / ${count(ready.config.num_steps)}` : ''
  say(byId('at-step'), `${count(step)}${of}`)
  const last = log.length > 0 ? log.at(log.length - 1) : null
  say(byId('at-loss'), last ? last.loss.toFixed(4) : '-')
  say(byId('at-smooth'), last ? log.lastSmoothed.toFixed(4) : '-')
  say(byId('at-lr'), last ? digits(last.lr) : '-')
  say(byId('at-pace'), ms > 0 ? count(Math.round((1000 * log.steps) / ms)) : '-')
}

/** The exact numbers under the crosshair, for eyes and for screen readers. */
function showPoint({ run: { log } }: App, cursor: number): void {
  const slider = canvas('loss-chart')
  slider.setAttribute('aria-valuemax', String(Math.max(0, log.length - 1)))
  slider.setAttribute('aria-valuenow', String(Math.max(0, cursor)))
  if (cursor < 0 || cursor >= log.length) {
    slider.setAttribute('aria-valuetext', log.length === 0 ? 'no step yet' : 'no point chosen')
    say(byId('crosshair'), 'Point at the chart, or use the arrow keys, for exact values.')
    return
  }
  const { step, loss, smoothed, lr } = log.at(cursor)
  const text = `step ${step}: loss ${loss}, smoothed ${smoothed.toFixed(4)}, lr ${digits(lr)}`
  slider.setAttribute('aria-valuetext', text)
  say(byId('crosshair'), text)
}

function crosshair(
  app: App,
  chart: LossChart,
  cursor: () => number,
  point: (i: number) => void,
): void {
  const board = canvas('loss-chart')
  board.addEventListener('pointermove', ({ offsetX }) => point(chart.nearest(offsetX)))
  board.addEventListener('pointerleave', () => point(-1))
  board.addEventListener('keydown', (event) => {
    const last = app.run.log.length - 1
    const far = Math.max(1, Math.round(last / 20))
    const to = {
      ArrowLeft: cursor() - 1,
      ArrowDown: cursor() - 1,
      ArrowRight: cursor() + 1,
      ArrowUp: cursor() + 1,
      PageDown: cursor() - far,
      PageUp: cursor() + far,
      Home: 0,
      End: last,
    }[event.key]
    if (to === undefined || last < 0) return
    event.preventDefault()
    point(Math.max(0, Math.min(last, to)))
  })
}

function showRuns(app: App, redraw: () => void): void {
  const items = app.earlier.map((run, i) => {
    const drop = h('button', { type: 'button', className: 'quiet tiny', textContent: 'remove' })
    drop.setAttribute('aria-label', `Remove ${run.name} from the chart`)
    drop.addEventListener('click', () => {
      app.earlier = app.earlier.filter((other) => other !== run)
      showRuns(app, redraw)
      redraw()
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
