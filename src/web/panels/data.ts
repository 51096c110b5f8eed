/** Your data: a text is pasted or opened, recognized, previewed, and then used. */
import type { Mode } from '../../data/corpus.js'
import { type Encoding, decode, decompressed } from '../../data/decode.js'
import { parseDocs } from '../../data/text.js'
import { type App, nameOf } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import { VAL_FRACTION } from '../datasets.js'
import { MOST_TEXT_BYTES, openFile, pickFile, takeDrops, tooLarge } from '../files.js'
import { type Found, documentsOf, recognise } from '../recognise.js'
import { count, short, visibleChar } from '../text.js'

/** A text area with more characters is slow: a longer text shows only its beginning. */
const MOST_SHOWN = 20_000
const MOST_CHARS = 400
const PREVIEW = 12
const MOST_BLOCK = 256

const select = (id: string) => byId<HTMLSelectElement>(id)

export function dataPanel(app: App): void {
  showData(app)
  const reader = new Reader(app)
  const takeBytes = (bytes: Uint8Array, name: string) => reader.takeBytes(bytes, name)
  const takeFile = (file: File) => void openFile(app, file, takeBytes)
  takeDrops(byId('drop'), takeFile, (text) => reader.insert(text))
  pickFile(button('open-file'), input('file'), takeFile)
  button('use-names').addEventListener('click', () => void app.useSource(app.shipped))
  app.on('refused', ({ what, message }) => {
    if (what === 'text') say(byId('data-status'), `This text cannot be used: ${message}`)
  })
}

/** Shows the data of the current model. */
function showData(app: App): void {
  app.on('data', ({ summary }) => {
    const { mode, chars, longest, longestDoc } = summary
    say(byId('vocab-size'), count(chars.length + 1))
    say(byId('longest'), count(longest))
    byId('longest').title = longestDoc
    const shown = [...chars.slice(0, MOST_CHARS).map(visibleChar), 'BOS']
    const marks = shown.map((char) => h('bdi', { dir: 'auto' }, char))
    const more = chars.length - MOST_CHARS
    const rest = more > 0 ? [h('bdi', {}, `and ${count(more)} more`)] : []
    byId('alphabet').replaceChildren(...marks, ...rest)
    const long = mode === 'docs' ? ` Longest: ${longestDoc}` : ''
    say(byId('data-status'), `From ${nameOf(app.source)}.${long}`)
  })
  app.on('ready', ({ ready }) => {
    const { cut, config, numDocs, numVal, mode } = ready
    const { block_size } = config
    const isText = mode === 'text'
    say(byId('docs-term'), isText ? 'characters' : 'documents')
    say(byId('num-docs'), count(numDocs))
    say(byId('longest-term'), isText ? 'whole text' : 'longest')
    say(byId('cut-term'), isText ? 'held out' : 'cut')
    say(byId('cut'), count(isText ? numVal : cut))
    const seen = `With block_size ${block_size} the model sees BOS and ${block_size - 1} characters`
    const cutNote = cut > 0 ? `${seen}: ${count(cut)} of ${count(numDocs)} are cut.` : ''
    const textNote = `The model reads pieces of ${block_size} characters. It never trains on the part held out, which measures the validation loss.`
    say(byId('cut-note'), isText ? textNote : cutNote)
    say(byId('docs-title'), isText ? 'How the text begins' : 'Documents, in the order of training')
    const docs = isText ? [short(app.source.text, 300)] : ready.firstDocs
    byId('docs').replaceChildren(...docs.map((doc) => h('li', { dir: 'auto' }, doc)))
  })
}

/** The text in the panel, before it is used. */
class Reader {
  private readonly app: App
  private readonly area = byId<HTMLTextAreaElement>('paste')
  /** A text that is too long to show, and the beginning that the text area shows. */
  private held: { text: string; shown: string } | null = null
  private bytes: Uint8Array | null = null
  private name = 'your text'
  private found: Found | null = null

  constructor(app: App) {
    this.app = app
    this.area.addEventListener('paste', (event) => {
      const text = event.clipboardData?.getData('text/plain') ?? ''
      if (text.length + this.area.value.length <= MOST_SHOWN) return
      event.preventDefault()
      this.insert(text)
    })
    this.area.addEventListener('input', () => {
      // Typing changes only the beginning of a long text; the rest is kept.
      if (this.held && this.area.value !== this.held.shown) this.typeInto(this.held)
      this.look()
    })
    for (const id of ['read-mode', 'read-column', 'read-block']) {
      byId(id).addEventListener('input', () => this.preview())
    }
    select('read-encoding').addEventListener('input', () => this.decode())
    button('use-text').addEventListener('click', () => void this.use())
  }

  get text(): string {
    return this.held ? this.held.text : this.area.value
  }

  /** Inserts at the cursor, like a paste, or at the end of a text that is too long to show. */
  insert(text: string): void {
    const { area } = this
    const whole = this.text
    const [from, to] = this.held
      ? [whole.length, whole.length]
      : [area.selectionStart, area.selectionEnd]
    this.show(whole.slice(0, from) + text + whole.slice(to))
  }

  async takeBytes(bytes: Uint8Array, name: string): Promise<void> {
    this.name = name
    this.bytes = await unpacked(bytes)
    say(byId('data-status'), '')
    const encoding = select('read-encoding')
    encoding.value = 'utf-8'
    try {
      this.show(decode(this.bytes))
    } catch (error) {
      const { message } = error as Error
      say(byId('data-status'), `${name}: ${message}. Another encoding can be chosen on the right.`)
      byId('reading-options').hidden = false
      byId('encoding-choice').hidden = false
    }
  }

  private decode(): void {
    if (!this.bytes) return
    try {
      this.show(decode(this.bytes, select('read-encoding').value as Encoding))
      say(byId('data-status'), '')
    } catch (error) {
      say(byId('data-status'), (error as Error).message)
    }
  }

  /** A long text stays in memory, and the text area shows only its beginning. */
  private show(text: string): void {
    const long = text.length > MOST_SHOWN
    const shown = long ? text.slice(0, MOST_SHOWN / 4) : text
    this.area.value = shown
    this.held = long ? { text, shown } : null
    const rest = `The field shows the first ${count(shown.length)} of ${count(text.length)} characters; all are used.`
    say(byId('held'), long ? rest : '')
    this.look()
  }

  /** Replaces the beginning of a long text by the edited one. */
  private typeInto(held: NonNullable<Reader['held']>): void {
    const shown = this.area.value
    this.held = { text: shown + held.text.slice(held.shown.length), shown }
  }

  private look(): void {
    const { text } = this
    if (text.trim() === '') {
      // What is typed next is not of the file that was opened before.
      this.bytes = null
      this.name = 'your text'
      this.found = null
      byId('reading-options').hidden = true
      say(byId('found'), 'Nothing yet: paste a text or open a file.')
      return
    }
    const found = recognise(text)
    const changed =
      this.found?.kind !== found.kind || `${this.found.columns}` !== `${found.columns}`
    this.found = found
    say(byId('found'), `This looks like ${found.about}.`)
    byId('reading-options').hidden = false
    byId('encoding-choice').hidden = this.bytes === null
    byId('column-choice').hidden = found.columns.length === 0
    if (changed) {
      select('read-mode').value = found.mode
      input('read-block').value = String(found.blockSize)
      select('read-column').replaceChildren(
        ...found.columns.map((name, i) => h('option', { value: String(i) }, name)),
      )
    }
    this.preview()
  }

  /** The text, the mode and the block_size that the model will use. */
  private taken(): { text: string; mode: Mode; block: number } {
    const column = Number(select('read-column').value || 0)
    const text = this.found ? documentsOf(this.text, this.found, column) : this.text
    const block = Math.round(Number(input('read-block').value))
    return { text, mode: select('read-mode').value as Mode, block }
  }

  private preview(): void {
    const { text, mode, block } = this.taken()
    const list = byId('preview')
    try {
      if (mode === 'text') {
        const windows = Array.from({ length: 3 }, (_, i) => text.slice(i * block, (i + 1) * block))
        list.replaceChildren(...windows.map((part) => h('li', { dir: 'auto' }, part)))
        const held = count(Math.floor(text.length / 10))
        const note = `${count(text.length)} characters, read ${block} at a time from random places; the last ${held} are held out.`
        say(byId('preview-note'), note)
        return
      }
      const docs = parseDocs(text)
      list.replaceChildren(...docs.slice(0, PREVIEW).map((doc) => seenAndCut(doc, block - 1)))
      const cut = docs.filter((doc) => [...doc].length >= block).length
      const note = `${count(docs.length)} documents; ${count(cut)} are cut to BOS and ${block - 1} characters (crossed out).`
      say(byId('preview-note'), note)
    } catch (error) {
      list.replaceChildren()
      say(byId('preview-note'), (error as Error).message)
    }
  }

  private async use(): Promise<void> {
    const { app } = this
    if (this.text.trim() === '') {
      say(byId('data-status'), 'Paste some text first, or open a file.')
      return
    }
    const { text, mode, block } = this.taken()
    if (!(block >= 2 && block <= MOST_BLOCK)) {
      say(byId('data-status'), `block_size must be a whole number from 2 to ${MOST_BLOCK}`)
      return
    }
    const { config } = app.settings
    const settings = { ...app.settings, config: { ...config, block_size: block } }
    const valFraction = mode === 'text' ? VAL_FRACTION : 0
    await app.useSource({ text, mode, name: this.name, valFraction }, settings)
  }
}

/** A document as a list item; what the model does not see of it is crossed out. */
function seenAndCut(doc: string, most: number): HTMLLIElement {
  const chars = [...short(doc, 200)]
  const rest = chars.slice(most).join('')
  return h(
    'li',
    { dir: 'auto' },
    chars.slice(0, most).join(''),
    ...(rest === '' ? [] : [h('del', {}, rest)]),
  )
}

/** @throws {Error} for gzip that is damaged or too large; the message ends a sentence */
async function unpacked(bytes: Uint8Array): Promise<Uint8Array> {
  try {
    return await decompressed(bytes, (packed) => gunzip(packed, MOST_TEXT_BYTES))
  } catch (error) {
    const { cause } = error as Error
    if (!(cause instanceof RangeError)) throw error
    const why = `it is too long when unpacked: ${tooLarge('texts', MOST_TEXT_BYTES)}`
    throw new Error(why, { cause: error })
  }
}

/** Decompresses gzip. @throws {RangeError} for more than `limit` bytes; other errors for damage */
async function gunzip(bytes: Uint8Array, limit: number): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream()
  const reader = stream.pipeThrough(new DecompressionStream('gzip')).getReader()
  const chunks: Uint8Array[] = []
  let length = 0
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    chunks.push(part.value)
    length += part.value.length
    if (length > limit) {
      void reader.cancel()
      throw new RangeError(`it unpacks to more than ${limit} bytes`)
    }
  }
  return new Uint8Array(await new Blob(chunks as BlobPart[]).arrayBuffer())
}
