/** Keep: the model as a file, the runs that the browser keeps, and the link to the settings. */
import type { App } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import { pickFile } from '../files.js'
import type { Taken } from '../messages.js'
import { toHash } from '../settings.js'
import { count, sentence } from '../text.js'
import { keptRuns } from './kept.js'

export function keepPanel(app: App): void {
  files(app)
  keptRuns(app)
  link(app)
}

const docsOf = (app: App) => `${app.textName} (${count(app.ready!.numDocs)} documents)`

/** What has been taken of a file, in a sentence. */
function loaded(app: App, { taking, step, text }: Taken): string {
  const name = app.fileName
  const from = text ? ` Its documents are ${app.textName}.` : ''
  if (taking === 'run') {
    const end = step >= app.ready!.config.num_steps
    const next = end ? 'its run has come to its end' : 'Play goes on with the same losses'
    return `${name}: at step ${count(step)}, ${next}.${from}`
  }
  if (taking === 'parameters') {
    return `${name}: its parameters begin a new run at step 0, on ${docsOf(app)}.`
  }
  return `${name}: it samples only, for the documents here are not its own. Reset makes a new model.`
}

function files(app: App): void {
  const status = byId('keep-status')
  const choices = byId('choices')
  const withRun = input('with-run')
  /** The file may have been dropped at the other end of the page. */
  const inSight = () => {
    const scroll = () => status.scrollIntoView({ block: 'center', behavior: 'instant' })
    scroll()
    // Panels on the way get their true heights only once they are near.
    requestAnimationFrame(() => requestAnimationFrame(scroll))
  }
  app.on('ready', ({ ready }) => {
    button('save-model').disabled = ready.engine !== 'wasm'
    choices.hidden = true
    if (ready.taken?.from === 'file') say(status, loaded(app, ready.taken))
    else say(status, ready.engine === 'wasm' ? '' : 'Checkpoints need the WebAssembly core.')
  })
  button('save-model').addEventListener('click', () => {
    app.send({ type: 'save', optimizer: withRun.checked })
  })
  app.on('file', ({ file, name, step }) => {
    const href = URL.createObjectURL(file)
    h('a', { href, download: name }).click()
    setTimeout(() => URL.revokeObjectURL(href), 60_000)
    say(status, `Saved as of step ${count(step)}: ${name}.`)
  })
  pickFile(app, button('open-model'), input('model-file'))
  app.on('mismatch', ({ numDocs, here, adaptable }) => {
    const other = `${app.fileName} was trained on ${count(numDocs)} other documents than the ${count(here)} here`
    const how = 'To go on exactly, put its documents in under Data and open it again.'
    const lacks = adaptable
      ? ''
      : ' It cannot learn from these: its alphabet lacks some of their characters.'
    say(status, `${other}. ${how}${lacks}`)
    button('adapt').hidden = !adaptable
    choices.hidden = false
    inSight()
  })
  const choose = (id: string, act: () => void) =>
    button(id).addEventListener('click', () => {
      choices.hidden = true
      say(status, '')
      button('open-model').focus()
      act()
    })
  choose('adapt', () => app.loadAgain('parameters'))
  choose('sample-only', () => app.loadAgain('sample'))
  choose('leave-file', () => {})
  app.on('refused', ({ what, message }) => {
    if (what === 'save') say(status, sentence(`The model cannot be saved: ${message}`))
    if (what !== 'load') return
    choices.hidden = true
    say(status, `${app.fileName} cannot be opened: ${sentence(message)} Nothing has changed.`)
    inSight()
  })
}

function link(app: App): void {
  const field = input('link')
  app.on('ready', () => {
    field.value = `${location.href.split('#')[0]}${toHash(app.settings)}`
    say(byId('copy-status'), '')
  })
  field.addEventListener('focus', () => field.select())
  button('copy').addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(field.value)
      say(byId('copy-status'), 'Copied.')
    } catch {
      field.select()
      say(byId('copy-status'), 'The browser does not let the page copy: copy the marked text.')
    }
  })
}
