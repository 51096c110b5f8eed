/** Invent: samples as the model learns, and a text that grows character by character. */
import type { App } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import type { Candidate, Drawing, Sample } from '../messages.js'
import { percent, visible } from '../text.js'

const MOST_SAMPLES = 200
const MOST_BARS = 10
const KNOWN = 'This one stands in the data.'

export function inventPanel(app: App): void {
  const list = byId('samples')
  app.on('ready', () => list.replaceChildren())
  app.on('progress', ({ progress }) => {
    if (progress.samples.length === 0) return
    list.prepend(...progress.samples.map(sampleItem).toReversed())
    while (list.childElementCount > MOST_SAMPLES) list.lastElementChild!.remove()
  })
  prompting(app)
}

function sampleItem({ step, text, known }: Sample): HTMLLIElement {
  const word = h(
    'bdi',
    { className: text === '' ? 'empty' : 'word' },
    text === '' ? '(empty)' : text,
  )
  const mark = known ? [h('span', { className: 'known' }, 'known')] : []
  return h('li', {}, word, ...mark, h('span', { className: 'stamp' }, `step ${step}`))
}

function prompting(app: App): void {
  const prompt = input('prompt')
  let candidates: Candidate[] = []
  /** What has been asked for, so that a page that is busy does not ask twice. */
  let asked = ''
  /** A text that was written to its end and stands in the data. */
  let knownText: string | null = null

  const drawing = (): Drawing => ({
    prompt: prompt.value,
    temperature: input('temperature').value === '' ? NaN : Number(input('temperature').value),
    topK: input('top-k').value === '' ? null : Number(input('top-k').value),
  })
  const ask = () => {
    if (!app.ready) return
    const wanted = drawing()
    asked = wanted.prompt
    app.send({ type: 'next', drawing: wanted })
  }
  /** What comes after a text of the model's own, which may be as long as there can be one. */
  const goOn = () => {
    const most = app.ready?.config.block_size ?? Infinity
    if ([...prompt.value].length < most) {
      ask()
      return
    }
    asked = prompt.value
    candidates = []
    byId('bars').replaceChildren()
    say(
      byId('prompt-status'),
      `The text ends here: the model sees no more than ${most} characters.`,
    )
  }
  const take = (char: string) => {
    if (char === '') {
      say(byId('prompt-status'), 'BOS: the text ends here.')
      return
    }
    prompt.value += char
    goOn()
  }

  for (const id of ['prompt', 'temperature', 'top-k']) input(id).addEventListener('input', ask)
  button('next-char').addEventListener('click', () => {
    if (candidates.length > 0) take(draw(candidates).char)
  })
  button('whole').addEventListener('click', () => {
    app.send({ type: 'write', drawing: drawing(), seed: Math.floor(Math.random() * 2 ** 32) })
  })
  button('clear-prompt').addEventListener('click', () => {
    prompt.value = ''
    ask()
  })
  app.on('next', (message) => {
    if (message.prompt !== asked) return
    candidates = message.candidates
    say(byId('prompt-status'), message.prompt === knownText ? KNOWN : '')
    showBars(candidates, take)
  })
  app.on('written', ({ text, known }) => {
    prompt.value = text
    knownText = known ? text : null
    goOn()
    if (known) say(byId('prompt-status'), KNOWN)
  })
  app.on('refused', ({ what, message }) => {
    if (what !== 'next') return
    candidates = []
    byId('bars').replaceChildren()
    say(byId('prompt-status'), message)
  })
  app.on('ready', ask)
  app.on('progress', ({ progress }) => {
    if (progress.state !== 'running') ask()
  })
}

/** By the weights of the candidates; Math.random will do, for this text belongs to no run. */
function draw(candidates: readonly Candidate[]): Candidate {
  let x = Math.random()
  for (const candidate of candidates) {
    x -= candidate.probability
    if (x < 0) return candidate
  }
  return candidates.at(-1)!
}

/** A bar a candidate; pressing one takes its character. */
function showBars(candidates: readonly Candidate[], take: (char: string) => void): void {
  const best = candidates[0]?.probability ?? 1
  const bars = candidates.slice(0, MOST_BARS).map(({ char, probability }) => {
    const fill = h('span', { className: 'fill' })
    fill.style.width = `${(100 * probability) / best}%`
    const bar = h(
      'button',
      { type: 'button', className: 'bar' },
      h('bdi', { className: 'char' }, visible(char)),
      h('span', { className: 'track' }, fill),
      h('span', { className: 'number' }, percent(probability)),
    )
    bar.addEventListener('click', () => take(char))
    return bar
  })
  byId('bars').replaceChildren(...bars)
}
