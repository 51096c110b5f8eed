/** Try it: a text that grows character by character, drawn from the probabilities of the model. */
import type { App } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import type { PageCandidate, Drawing } from '../page-api.js'
import { percent, visibleChar } from '../text.js'

const MOST_BARS = 10
const KNOWN = 'This one is a document of the training data.'

export function inventPanel(app: App): void {
  const prompt = input('prompt')
  let candidates: PageCandidate[] = []
  /** The number of the latest request; answers to earlier ones are ignored. */
  let asked = 0
  /** The last whole text that the model wrote, if it is in the training data. */
  let knownText: string | null = null

  const drawing = (): Drawing => ({
    prompt: inAlphabet(app, prompt.value),
    temperature: input('temperature').value === '' ? NaN : Number(input('temperature').value),
    topK: input('top-k').value === '' ? null : Number(input('top-k').value),
  })
  const refuse = (error: unknown) => {
    candidates = []
    byId('bars').replaceChildren()
    say(byId('prompt-status'), (error as Error).message)
  }
  const ask = async () => {
    if (!app.ready) return
    const number = ++asked
    const wanted = drawing()
    try {
      const found = await app.call('next', wanted)
      if (number !== asked) return
      candidates = found
      say(byId('prompt-status'), statusOf(app, prompt.value, wanted.prompt, knownText))
      showBars(candidates, take)
    } catch (error) {
      if (number === asked) refuse(error)
    }
  }
  /** Shows the next candidates, or says that the text has reached its maximum length. */
  const goOn = async () => {
    const most = app.mode === 'text' ? Infinity : (app.ready?.config.block_size ?? Infinity)
    if ([...prompt.value].length < most) return ask()
    asked++
    candidates = []
    byId('bars').replaceChildren()
    say(
      byId('prompt-status'),
      `The text ends here: the model sees no more than ${most} characters.`,
    )
  }
  const take = async (char: string) => {
    const hadFocus = document.activeElement?.classList.contains('bar')
    if (char === '') {
      say(byId('prompt-status'), 'BOS: the text ends here.')
      return
    }
    prompt.value = inAlphabet(app, prompt.value) + char
    await goOn()
    // The pressed bar has been replaced, so the first new bar gets the focus.
    if (hadFocus) (document.querySelector<HTMLElement>('.bar') ?? button('clear-prompt')).focus()
  }

  sliders(app)
  for (const id of ['prompt', 'temperature', 'top-k']) input(id).addEventListener('input', ask)
  button('next-char').addEventListener('click', () => {
    if (candidates.length > 0) void take(draw(candidates).char)
  })
  button('whole').addEventListener('click', async () => {
    try {
      const seed = Math.floor(Math.random() * 2 ** 32)
      const { text, known } = await app.call('write', { ...drawing(), seed })
      prompt.value = text
      knownText = known ? text : null
      await goOn()
      if (known) say(byId('prompt-status'), KNOWN)
    } catch (error) {
      refuse(error)
    }
  })
  button('clear-prompt').addEventListener('click', () => {
    prompt.value = ''
    void ask()
  })
  app.on('ready', () => void ask())
  app.on('progress', ({ progress }) => {
    if (progress.state !== 'running') void ask()
  })
}

/** Converts upper case to lower case where the alphabet has only lower case. */
function inAlphabet(app: App, text: string): string {
  const known = new Set(app.ready?.chars ?? [])
  const adapt = (char: string) => {
    const lower = char.toLowerCase()
    return !known.has(char) && [...lower].every((c) => known.has(c)) ? lower : char
  }
  return Array.from(text, adapt).join('')
}

function statusOf(app: App, typed: string, read: string, knownText: string | null): string {
  if (read === knownText) return KNOWN
  if (typed !== read) return `Read as “${read}”: the training data has no upper case.`
  const isDocument = read.length > 2 && `\n${app.source.text}\n`.includes(`\n${read}\n`)
  return isDocument && app.mode === 'docs' ? `“${read}” is a document of the training data.` : ''
}

/** Keeps each slider and its field in sync; 0 on the top-k slider means all. */
function sliders(app: App): void {
  const pair = (name: string, toField: (x: string) => string, toSlider: (x: string) => string) => {
    const [slider, field] = [input(`${name}-slider`), input(name)]
    slider.addEventListener('input', () => {
      field.value = toField(slider.value)
      field.dispatchEvent(new Event('input', { bubbles: true }))
    })
    field.addEventListener('input', () => (slider.value = toSlider(field.value)))
  }
  pair(
    'temperature',
    (x) => x,
    (x) => x,
  )
  pair(
    'top-k',
    (x) => (x === '0' ? '' : x),
    (x) => (x === '' ? '0' : x),
  )
  app.on(
    'ready',
    ({ ready }) => (input('top-k-slider').max = String(Math.min(100, ready.vocabSize))),
  )
}

/**
 * Draws a candidate by its probability; Math.random is enough, since this text is not part of a
 * run.
 */
function draw(candidates: readonly PageCandidate[]): PageCandidate {
  let x = Math.random()
  for (const candidate of candidates) {
    x -= candidate.probability
    if (x < 0) return candidate
  }
  return candidates.at(-1)!
}

/** One bar per candidate; pressing a bar adds its character. */
function showBars(candidates: readonly PageCandidate[], take: (char: string) => void): void {
  const best = candidates[0]?.probability ?? 1
  const bars = candidates.slice(0, MOST_BARS).map(({ char, probability }) => {
    const fill = h('span', { className: 'fill' })
    fill.style.width = `${(100 * probability) / best}%`
    const bar = h(
      'button',
      { type: 'button', className: 'bar' },
      h('bdi', { className: 'char' }, visibleChar(char)),
      h('span', { className: 'track' }, fill),
      h('span', { className: 'number' }, percent(probability)),
    )
    bar.addEventListener('click', () => take(char))
    return bar
  })
  byId('bars').replaceChildren(...bars)
}
