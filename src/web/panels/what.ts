/**
 * Five cards that explain training: each with numbers of this model, an action, and a line of code.
 */
import type { App } from '../app.js'
import { Board, colour } from '../charts/board.js'
import { HeatMap } from '../charts/heat.js'
import { button, byId, canvas, h, say } from '../dom.js'
import { count, digits, visibleChar } from '../text.js'
import { goTo } from '../navigation.js'

const BINS = 31

export function whatPanel(app: App): void {
  numbersCard(app)
  zerosCard(app)
  attentionCard(app)
  lossCard(app)
  samplingCard(app)
}

function numbersCard(app: App): void {
  const histogram = new Board(canvas('histogram'), (context, width, height) =>
    drawHistogram(context, width, height, app),
  )
  app.on('ready', ({ ready }) => say(byId('card-std'), String(ready.config.init_std)))
  const show = () => {
    histogram.redraw()
    if (!app.start || !app.ready) return
    const drawn = app.start.filter((x) => x !== 0)
    const spread = 3 * app.ready.config.init_std
    const near = drawn.reduce((n, x) => n + Number(Math.abs(x) <= spread), 0)
    const share = drawn.length > 0 ? ((100 * near) / drawn.length).toFixed(1) : '0'
    say(
      byId('histogram-about'),
      `The ${count(drawn.length)} numbers drawn here: ${share} % within ±${digits(spread)}. Line: now.`,
    )
  }
  app.on('numbers', show)
  show()
  button('card-draw').addEventListener('click', () => {
    const seed = String(BigInt(app.settings.seed) + 1n)
    void app.make({ ...app.settings, seed })
  })
}

function drawHistogram(
  context: CanvasRenderingContext2D,
  width: number,
  height: number,
  { start, numbers, ready }: App,
): void {
  if (!start || !numbers || !ready) return
  const reach = 4 * (ready.config.init_std || 0.02)
  const bins = (values: Float64Array) => {
    const counts = new Float64Array(BINS)
    values.forEach((x, i) => {
      if (start[i] === 0) return
      const bin = Math.floor(((x + reach) / (2 * reach)) * BINS)
      if (bin >= 0 && bin < BINS) counts[bin]!++
    })
    return counts
  }
  const [first, now] = [bins(start), bins(numbers.values)]
  const most = Math.max(1, ...first, ...now)
  const floor = height - 18
  const bar = width / BINS
  context.fillStyle = colour('edge')
  context.globalAlpha = 0.45
  first.forEach((n, i) => {
    const tall = (floor * n) / most
    context.fillRect(i * bar + 0.5, floor - tall, bar - 1, tall)
  })
  context.globalAlpha = 1
  context.strokeStyle = colour('accent')
  context.lineWidth = 2
  context.beginPath()
  now.forEach((n, i) => context.lineTo((i + 0.5) * bar, floor - (floor * n) / most))
  context.stroke()
  context.fillStyle = colour('soft')
  context.font = '12px ui-sans-serif, system-ui, sans-serif'
  context.textBaseline = 'bottom'
  for (const [text, x, align] of [
    [`−${digits(reach).replace(/\.?0+$/, '')}`, 0, 'left'],
    ['0', width / 2, 'center'],
    [digits(reach).replace(/\.?0+$/, ''), width, 'right'],
  ] as const) {
    context.textAlign = align
    context.fillText(text, x, height)
  }
}

function zerosCard(app: App): void {
  app.on('ready', ({ ready }) => {
    const { zero_init_projections: zeros, init_std } = ready.config
    const woken =
      'attn_wo and mlp_fc2 start as zeros, so attention and MLP do nothing at first: the input ' +
      'passes through unchanged. At step 1 exactly these two get a gradient in each layer; q, k, v ' +
      'and fc1 get exactly zero, because they act only through the zeros. Then all learn.'
    const nothing =
      'With init_std 0 every number is 0, no gradient can tell them apart, and nothing wakes up.'
    const noise = 'Here no matrix starts as zeros: every one gets a gradient at the first step.'
    say(byId('wake'), init_std === 0 ? nothing : zeros ? woken : noise)
    say(byId('wake-measured'), '')
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
      place.title = tokens.slice(0, rows).map(visibleChar).join(' ')
    } catch (error) {
      place.replaceChildren(h('p', { className: 'caption' }, (error as Error).message))
      heads = []
    }
  }
  const word = () =>
    app.ready?.firstDocs.find((doc) => !doc.endsWith('…')) ?? app.source.text.slice(0, 8)
  const refresh = () => {
    if (app.state !== 'running') void show(word())
  }
  app.on('ready', refresh)
  app.on('progress', refresh)
  button('card-attention').addEventListener('click', () => goTo('#inside'))
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
      `Step ${count(progress.step)}: loss ${loss.toFixed(2)}. The right characters got a probability of ${(100 * p).toFixed(1)} % (geometric mean).`,
    )
  })
  button('card-step').addEventListener('click', () => {
    if (app.state === 'finished')
      say(byId('card-loss'), 'The run has ended: start over, then make a step.')
    else app.oneStep()
  })
}

function samplingCard(app: App): void {
  app.on('ready', () => say(byId('card-sample'), ''))
  button('card-write').addEventListener('click', async () => {
    const { temperature } = app.ready!.config
    const seed = Math.floor(Math.random() * 2 ** 32)
    const written = await app.call('write', { prompt: '', temperature, topK: null, seed })
    say(byId('card-sample'), written.text === '' ? '(empty)' : written.text)
  })
}
