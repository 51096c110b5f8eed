/**
 * Five cards that explain training: each with numbers of this model, an action, and a line of code.
 */
import type { App } from '../app.js'
import { Board } from '../charts/board.js'
import { HeatMap } from '../charts/heat.js'
import { drawHistogram } from '../charts/histogram.js'
import { WhenVisible, button, byId, canvas, fillTable, h, say } from '../dom.js'
import type { Look } from '../page-api.js'
import { count, digits, percent, plain, short, visibleChar } from '../text.js'
import { goTo } from '../navigation.js'
import { wordFor } from './word.js'

export function whatPanel(app: App): void {
  numbersCard(app)
  zerosCard(app)
  attentionCard(app)
  lossCard(app)
  samplingCard(app)
}

function numbersCard(app: App): void {
  const histogram = new Board(canvas('histogram'), (context, width, height) => {
    const { start, numbers, ready } = app
    if (!start || !numbers || !ready) return
    const reach = 4 * (ready.config.init_std || 0.02)
    drawHistogram(context, width, height, { start, values: numbers.values, reach })
  })
  app.on('ready', ({ ready }) => {
    say(byId('card-std'), String(ready.config.init_std))
    say(byId('card-equal-result'), '')
  })
  const show = () => {
    histogram.redraw()
    if (!app.start || !app.ready) return
    const drawn = app.start.filter((x) => x !== 0)
    const spread = 3 * app.ready.config.init_std
    const near = drawn.reduce((n, x) => n + Number(Math.abs(x) <= spread), 0)
    const share = drawn.length > 0 ? ((100 * near) / drawn.length).toFixed(1) : '0'
    const range = `${share}% within ±${plain(spread)}`
    say(
      byId('histogram-about'),
      `Bars: the ${count(drawn.length)} numbers drawn, ${range}. Line: now.`,
    )
    const six = Array.from(app.start.subarray(0, 6), (x) => signed(x).padStart(7))
    say(byId('card-matrix'), [0, 2, 4].map((i) => `${six[i]}  ${six[i + 1]}`).join('\n'))
  }
  app.on('numbers', show)
  show()
  button('card-draw').addEventListener('click', () => {
    const seed = String(BigInt(app.settings.seed) + 1n)
    void app.make({ ...app.settings, seed })
  })
  button('card-equal').addEventListener('click', () => void tryEqual(app))
}

/** Trains a model of equal numbers on the side, and says what became of it. */
async function tryEqual(app: App): Promise<void> {
  const { ready, settings } = app
  const place = byId('card-equal-result')
  say(place, 'Training a second model of equal numbers.')
  button('card-equal').disabled = true
  try {
    const { value, steps, loss, numParams, distinct, largest } = await app.call('equalRun', {
      settings,
    })
    if (ready !== app.ready) return
    const left = `${count(numParams)} parameters have only ${count(distinct)} different values`
    const one = `the ${count(largest.count)} of ${largest.name}: ${count(largest.distinct)}`
    const { log } = app.run
    const here = log.length > 0 ? `; this run: ${log.lastSmoothed.toFixed(2)}` : ''
    say(
      place,
      `All random numbers set to ${value}, then ${count(steps)} steps: the ${left} (${one}). ` +
        `Loss ${loss.toFixed(2)}${here}.`,
    )
  } catch (error) {
    say(place, (error as Error).message)
  } finally {
    button('card-equal').disabled = false
  }
}

const signed = (x: number) => digits(x).replaceAll('-', '−')

function zerosCard(app: App): void {
  const sight = new WhenVisible(byId('wake-table'))
  app.on('ready', ({ ready }) => {
    const { zero_init_projections: zeros, init_std } = ready.config
    const woken =
      'In each layer attn_wo and mlp_fc2 start as zeros, so attention and MLP add nothing at ' +
      'first: the input passes through unchanged. At step 1 only these two get a gradient. q, k, v ' +
      'and fc1 get exactly 0, because what they compute is multiplied by the zeros. From step 2 ' +
      'on, all learn. The gist preset under Build starts without zeros.'
    const nothing =
      'With init_std 0 every number is 0, no gradient can tell them apart, and nothing wakes up.'
    const noise =
      'Here no matrix starts as zeros, so every one gets a gradient at the first step. With ' +
      'zero_init_projections, attn_wo and mlp_fc2 start as zeros and wake up after it.'
    say(byId('wake'), init_std === 0 ? nothing : zeros ? woken : noise)
    say(byId('wake-measured'), '')
    sight.run(() => void showGradients(app))
  })
  button('card-wake').addEventListener('click', async () => {
    await app.make(app.settings)
    await app.call('step', null)
    const radio = document.querySelector<HTMLInputElement>('input[name=mode][value=gradients]')!
    radio.checked = true
    radio.dispatchEvent(new Event('change', { bubbles: true }))
    goTo('#train')
    const numbers = await app.call('numbers', { start: false })
    if (!numbers) return
    const zero = numbers.gradients.reduce((n, x) => n + Number(x === 0), 0)
    const of = count(numbers.gradients.length)
    say(byId('wake-measured'), `After step 1: ${count(zero)} of ${of} gradients are exactly 0.`)
  })
}

/** The gradients at the first two steps, measured on another model with the same settings. */
async function showGradients(app: App): Promise<void> {
  const { ready, settings } = app
  if (!ready || ready.numDocs === 0) return
  const rows = await app.call('firstGradients', { settings }).catch(() => [])
  if (ready !== app.ready) return
  const text = (x: number) => (x === 0 ? '0' : x.toExponential(1).replace('-', '−'))
  fillTable(
    byId('wake-table'),
    ['matrix', 'step 1', 'step 2'],
    rows.map(({ name, first, second }) => [name, text(first), text(second)]),
  )
}

function attentionCard(app: App): void {
  const place = byId('card-heads')
  let heads: HeatMap[] = []
  const show = async (word: string) => {
    try {
      const look = await app.call('look', { word, timed: false })
      const shown = Math.min(4, look.layers * look.heads)
      if (heads.length !== shown) {
        for (const map of heads) map.remove()
        heads = Array.from({ length: shown }, () => new HeatMap(h('canvas', { className: 'heat' })))
        place.replaceChildren(
          ...heads.map(({ canvas: element }, i) => {
            element.setAttribute('role', 'img')
            element.setAttribute('aria-label', `What head ${i} of layer 0 looks at`)
            return h('figure', {}, element, h('figcaption', {}, `head ${i}`))
          }),
        )
      }
      const { rows, attention, tokens } = look
      heads.forEach((map, i) => {
        const values = attention.subarray(i * rows * rows, (i + 1) * rows * rows)
        map.show({ rows, columns: rows, values, scale: 1, cursor: -1, tone: 'share' })
      })
      const letters = tokens.slice(0, rows).map(visibleChar).join(' ')
      say(
        byId('card-heads-about'),
        `Rows: the positions of ${letters}. Columns: the positions they look at. A stronger color is more attention.`,
      )
      showTerms(look)
    } catch (error) {
      place.replaceChildren(h('p', { className: 'caption' }, (error as Error).message))
      say(byId('card-heads-about'), '')
      byId('card-terms').replaceChildren()
      heads = []
    }
  }
  const word = () => (app.ready ? wordFor(app.ready, app.source, 8) : '')
  const refresh = () => {
    if (app.state !== 'running') void show(word())
  }
  app.on('ready', refresh)
  app.on('progress', refresh)
  button('card-attention').addEventListener('click', () => goTo('#inside'))
}

/** Maximum rows of the table of a document's loss. */
const MOST_TERMS = 6

/** The loss of a document, character by character. */
function showTerms({ rows, tokens, chars, probabilities }: Look): void {
  const body = Array.from({ length: Math.min(rows, MOST_TERMS) }, (_, t) => {
    const right = chars.lastIndexOf(tokens[t + 1]!)
    const p = probabilities[t * chars.length + right]!
    const step = `${visibleChar(tokens[t]!)} → ${visibleChar(tokens[t + 1]!)}`
    return [step, percent(p), (-Math.log(p)).toFixed(2)]
  })
  fillTable(byId('card-terms'), ['after → next', 'p', '−ln p'], body)
}

function lossCard(app: App): void {
  app.on('ready', ({ ready }) => {
    const guess = Math.log(ready.vocabSize).toFixed(2)
    say(
      byId('card-guess'),
      `Pure guessing gives ln ${ready.vocabSize} = ${guess}: every token equally likely.`,
    )
    say(byId('card-loss'), '')
  })
  app.on('progress', ({ progress }) => {
    if (progress.losses.length === 0) return
    const loss = progress.losses.at(-1)!
    const p = Math.exp(-loss)
    say(
      byId('card-loss'),
      `Step ${count(progress.step)}: loss ${loss.toFixed(2)}. On average (geometric mean) the right character got a probability of ${percent(p)}.`,
    )
  })
  button('card-step').addEventListener('click', () => {
    if (app.state === 'finished')
      say(byId('card-loss'), 'The run has ended: start over, then make a step.')
    else app.oneStep()
  })
}

/** The temperatures that the sampling card compares. */
const TEMPERATURES = [0, 0.5, 1, 1.5]

function samplingCard(app: App): void {
  const write = async () => {
    const { ready } = app
    const rows: string[][] = []
    for (const temperature of TEMPERATURES) {
      const seed = Math.floor(Math.random() * 2 ** 32)
      const drawing = { prompt: '', temperature, topK: null, seed }
      const { text, known } = await app.call('write', drawing)
      rows.push([String(temperature), text === '' ? '(empty)' : short(text), known ? 'known' : ''])
    }
    if (ready !== app.ready) return
    fillTable(byId('card-samples'), ['temperature', 'writes', ''], rows)
  }
  app.on('ready', ({ ready }) => {
    say(
      byId('card-start'),
      ready.mode === 'text' ? 'a new line' : 'BOS (the token for beginning and end)',
    )
    byId('card-samples').replaceChildren()
  })
  app.on('progress', ({ progress }) => {
    if (progress.state === 'finished') void write().catch(() => {})
  })
  button('card-write').addEventListener('click', () => void write().catch(() => {}))
}
