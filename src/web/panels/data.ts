/** Data: what is learned from, and how another text comes in. Big texts never become elements. */
import type { App } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import { pickFile, takeDrops } from '../files.js'
import { count, short, visible } from '../text.js'

/** A text area with more than this is slow; the text is kept beside it instead. */
const MOST_SHOWN = 5000
const MOST_CHARS = 400

export function dataPanel(app: App): void {
  app.on('data', ({ summary }) => {
    const { numDocs, chars, longest, longestDoc } = summary
    say(byId('num-docs'), count(numDocs))
    say(byId('vocab-size'), `${count(chars.length + 1)}`)
    say(byId('longest'), count(longest))
    byId('longest').title = longestDoc
    const shown = [...chars.slice(0, MOST_CHARS).map(visible), 'BOS']
    const marks = shown.map((char) => h('span', { dir: 'auto' }, char))
    const more = chars.length - MOST_CHARS
    const rest = more > 0 ? [h('span', {}, `and ${count(more)} more`)] : []
    byId('alphabet').replaceChildren(...marks, ...rest)
    say(byId('data-status'), `From ${app.textName}. Longest: ${longestDoc}`)
  })
  app.on('ready', ({ ready }) => {
    const { cut, config, numDocs } = ready
    say(byId('cut'), count(cut))
    const seen = `block_size ${config.block_size} sees BOS and ${config.block_size - 1} characters`
    say(byId('cut-note'), cut > 0 ? `${seen}: ${count(cut)} of ${count(numDocs)} are cut.` : '')
    byId('docs').replaceChildren(...ready.firstDocs.map((doc) => h('li', { dir: 'auto' }, doc)))
  })
  app.on('refused', ({ what, message }) => {
    if (what === 'text') say(byId('data-status'), `This text cannot be used: ${message}`)
  })
  takeText(app)
  takeDrops(app, byId('drop'))
  pickFile(app, button('open-file'), input('file'))
}

function takeText(app: App): void {
  const area = byId<HTMLTextAreaElement>('paste')
  /** A pasted text that is too long to show. */
  let held: string | null = null
  area.addEventListener('paste', (event) => {
    const text = event.clipboardData?.getData('text/plain') ?? ''
    if (text.length <= MOST_SHOWN) return
    event.preventDefault()
    held = text
    area.value = `${short(text, 200)}\n(${count(text.length)} characters are held)`
  })
  area.addEventListener('input', () => (held = null))
  button('use-text').addEventListener('click', () => {
    const text = held ?? area.value
    if (text.trim() === '') say(byId('data-status'), 'Paste some text first: a document a line.')
    else app.useText(text, 'your text')
  })
  button('use-names').addEventListener('click', () => app.useText(null))
}
