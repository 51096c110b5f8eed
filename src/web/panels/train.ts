/** The main button, the pace, the figures and the loss chart. */
import { type App, WATCH } from '../app.js'
import { LossChart } from '../charts/loss.js'
import { button, byId, canvas, handOnFocus, input, say } from '../dom.js'
import { sliderMove } from '../lib/slider-keys.js'
import { headline } from '../lib/story.js'
import type { Pace } from '../page-api.js'
import { count, digits, duration } from '../text.js'

const paceChoice = () =>
  document.querySelector<HTMLInputElement>('input[name=pace]:checked')!.value as
    'step' | 'slow' | 'watch' | 'instant'

export function trainPanel(app: App): void {
  title(app)
  controls(app)
  lossChart(app)
  app.on('ready', () => showFigures(app))
  app.on('progress', ({ progress }) => {
    showFigures(app)
    const { validation, error } = progress
    if (validation) say(byId('at-val'), validation.loss.toFixed(4))
    if (error !== undefined) app.notice(`Training has stopped: ${error}`)
    showStatus(app, progress.ms)
  })
}

/** Keeps the headline true: random before the first step, then learning, trained at the end. */
function title(app: App): void {
  const show = () => {
    const { ready, state, step } = app
    if (!ready) return
    const numbers = count(ready.numParams)
    const [first = '', invitation = ''] = headline(ready.numParams, app.dataset).split(/(?<=\.) /)
    const done = state === 'finished'
    const trained = `${numbers} numbers, trained for ${count(step)} steps.`
    say(byId('title'), done ? trained : step > 0 ? `${numbers} numbers, learning.` : first)
    const after = 'Read what they write now, then change something.'
    const during = 'Each step changes them a little. Watch what they write.'
    say(byId('lead'), done ? after : step > 0 ? during : invitation)
  }
  app.on('ready', show)
  app.on('progress', show)
}

function controls(app: App): void {
  const play = button('play')
  play.addEventListener('click', ({ detail }) => {
    if (app.state === 'running') {
      // The second click of a double click must not pause the run.
      if (detail < 2) app.pause()
      return
    }
    if (paceChoice() === 'step' && app.state !== 'finished') {
      app.oneStep()
      return
    }
    app.play()
  })
  button('one-step').addEventListener('click', () => app.oneStep())
  button('reset').addEventListener('click', () => void app.make(app.settings))

  const choose = () => {
    const chosen = paceChoice()
    const rate = Number(input('pace').value)
    const paces: Record<typeof chosen, Pace> = {
      step: { kind: 'slow', rate: 1 },
      slow: { kind: 'slow', rate },
      watch: WATCH,
      instant: { kind: 'instant' },
    }
    say(byId('pace-value'), `${rate} per second`)
    byId('pacing').hidden = chosen !== 'slow'
    app.setPace(paces[chosen])
    if (chosen === 'step' && app.state === 'running') app.pause()
    showButtons(app)
  }
  if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
    document.querySelector<HTMLInputElement>('input[name=pace][value=instant]')!.checked = true
  }
  byId('paces').addEventListener('change', choose)
  input('pace').addEventListener('input', choose)
  choose()
  app.on('state', () => showButtons(app))
  app.on('ready', ({ ready }) => {
    const { numDocs, numParams, mode, restored } = ready
    const what = mode === 'text' ? 'characters' : 'documents'
    const ready_ = `Ready: ${count(numParams)} parameters, ${count(numDocs)} ${what}.`
    say(byId('hero-status'), numDocs === 0 ? 'Ready: this model only samples.' : ready_)
    byId('validation').hidden = ready.numVal === 0
    say(byId('at-val'), '-')
    if (restored && restored.step > 0) showStatus(app, 0)
  })
}

function showButtons({ state, step, ready, stop }: App): void {
  const canTrain = ready !== null && ready.numDocs > 0
  const play = button('play')
  const stepping = paceChoice() === 'step'
  const still = stepping ? 'Make one step' : step > 0 ? 'Continue' : 'Train'
  const names = { finished: 'Train again', running: 'Pause' } as Record<string, string>
  say(play, names[state] ?? still)
  play.disabled = !canTrain
  const noStep = state === 'running' || state === 'finished' || !canTrain
  if (noStep) handOnFocus(button('one-step'), play)
  button('one-step').disabled = noStep
  button('reset').disabled = ready === null
  play.title = stop.kind === 'end' ? '' : 'A stop rule is set under Advanced.'
}

function showStatus({ run: { log }, step, state, ready }: App, ms: number): void {
  const status = byId('hero-status')
  const of = count(ready?.config.num_steps ?? 0)
  if (log.length === 0) {
    say(status, ready?.numDocs === 0 ? 'It only samples.' : `At step ${count(step)} of ${of}.`)
    return
  }
  const smooth = log.lastSmoothed.toFixed(2)
  if (state === 'finished') {
    const time = duration(ms)
    const losses = `Loss ${log.loss(0).toFixed(2)} to ${smooth}.`
    say(status, `${count(step)} steps, ${time} of computing. ${losses}`)
  } else say(status, `Step ${count(step)} of ${of}, loss ${smooth}.`)
}

function showFigures({ run: { log }, step, ready }: App): void {
  const of = ready ? ` / ${count(ready.config.num_steps)}` : ''
  say(byId('at-step'), `${count(step)}${of}`)
  const last = log.length > 0 ? log.at(log.length - 1) : null
  say(byId('at-loss'), last ? figure(last.loss) : '-')
  say(byId('at-smooth'), last ? figure(log.lastSmoothed) : '-')
}

/** Four decimals, or exponential form for a loss that has diverged. */
const figure = (loss: number) => (Math.abs(loss) < 1e4 ? loss.toFixed(4) : loss.toExponential(2))

function lossChart(app: App): void {
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
  app.on('ready', () => {
    cursor = -1
    showPoint(app, -1)
    show()
  })
  app.on('progress', show)
  app.on('state', show)
  app.redrawChart = show
  const board = canvas('loss-chart')
  const pointed = ({ offsetX }: PointerEvent) => point(chart.nearest(offsetX))
  board.addEventListener('pointerdown', pointed)
  board.addEventListener('pointermove', pointed)
  // On a touch screen the values stay visible after the finger is lifted.
  board.addEventListener('pointerleave', ({ pointerType }) => {
    if (pointerType === 'mouse') point(-1)
  })
  board.addEventListener('keydown', (event) => {
    const last = app.run.log.length - 1
    const to = sliderMove(event.key, cursor, last)
    if (to === null || last < 0) return
    event.preventDefault()
    point(Math.max(0, Math.min(last, to)))
  })
}

/** Shows the exact numbers under the crosshair, on the screen and for screen readers. */
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
