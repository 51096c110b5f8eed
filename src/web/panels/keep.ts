/** Save and share: the model as a file, its picture, the stored runs, and the link. */
import { type App, nameOf } from '../app.js'
import { button, byId, h, input, say } from '../dom.js'
import { openFile, pickFile, showKeep } from '../files.js'
import type { Restored } from '../page-api.js'
import { toHash } from '../settings.js'
import { count, sentence } from '../text.js'
import { storedRuns } from './stored-runs.js'

export function keepPanel(app: App): void {
  const toggle = button('save-share')
  toggle.addEventListener('click', () => {
    const { hidden } = byId('keep')
    byId('keep').hidden = !hidden
    toggle.setAttribute('aria-expanded', String(hidden))
    if (hidden) {
      byId('keep').scrollIntoView({ block: 'start' })
      button('save-model').focus({ preventScroll: true })
    }
  })
  files(app)
  storedRuns(app)
  link(app)
}

/** What has been used of a file, in a sentence. */
function loaded(app: App, { purpose, step, text }: Restored): string {
  const name = app.fileName
  const whose = nameOf(app.source)
  const from = text ? ` Its documents are ${whose}.` : ''
  if (purpose === 'run') {
    const end = step >= app.ready!.config.num_steps
    const next = end ? 'its run has ended' : 'Continue resumes it with the same losses'
    return `${name}: at step ${count(step)}, ${next}.${from}`
  }
  if (purpose === 'parameters') {
    const docs = `${whose} (${count(app.ready!.numDocs)} documents)`
    return `${name}: its parameters begin a new run at step 0, on ${docs}.`
  }
  return `${name}: it only samples, because the documents here are not its own. Start over makes a new model.`
}

function files(app: App): void {
  const status = byId('keep-status')
  const choices = byId('choices')
  const withRun = input('with-run')
  const inSight = () => {
    showKeep()
    status.scrollIntoView({ block: 'center', behavior: 'instant' })
  }
  app.on('ready', ({ ready }) => {
    button('save-model').disabled = ready.engine !== 'wasm'
    choices.hidden = true
    if (ready.restored?.from === 'file') say(status, loaded(app, ready.restored))
    else say(status, ready.engine === 'wasm' ? '' : 'Checkpoints need the WebAssembly core.')
  })
  button('save-model').addEventListener('click', async () => {
    try {
      const { file, name, step } = await app.call('save', { optimizer: withRun.checked })
      const href = URL.createObjectURL(file)
      h('a', { href, download: name }).click()
      setTimeout(() => URL.revokeObjectURL(href), 60_000)
      say(status, `Saved as of step ${count(step)}: ${name}.`)
    } catch (error) {
      say(status, sentence(`The model cannot be saved: ${(error as Error).message}`))
    }
  })
  const take = (file: File) =>
    void openFile(app, file, () => say(status, `${file.name} is no checkpoint.`))
  pickFile(button('open-model'), input('model-file'), take)
  app.on('mismatch', ({ mismatch: { numDocs, here, adaptable } }) => {
    const other = `${app.fileName} was trained on ${count(numDocs)} other documents than the ${count(here)} here`
    const how = 'To resume it exactly, load its documents under Your data and open it again.'
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
