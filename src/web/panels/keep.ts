/** Save and share: the model as a file, its picture, the stored runs, and the link. */
import { gptTable } from '../../config/parameters.js'
import { type App, nameOf } from '../app.js'
import { pictureTheme } from '../charts/theme.js'
import { button, byId, input, say } from '../dom.js'
import { copies, openFile, pickFile, saveBlob, showKeep } from '../files.js'
import type { Restored } from '../page-api.js'
import { posterBlob } from '../lib/picture-png.js'
import { writeShareLink } from '../lib/share-link.js'
import { toHash } from '../settings.js'
import { count, sentence } from '../text.js'
import { onwardPanel } from './onward.js'
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
  files(app, onwardPanel(app))
  picture(app)
  storedRuns(app)
  link(app)
}

/** A sentence that says what was loaded from a file. */
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

/** @param onSave receives the name of each checkpoint that is saved */
function files(app: App, onSave: (name: string) => void): void {
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
      saveBlob(file, name)
      onSave(name)
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

/** Shows the run so far as a link. Words that are too long for a link are left out. */
function link(app: App): void {
  const field = input('link')
  const base = location.href.split('#')[0]
  let shown = ''
  const show = async () => {
    const { settings, step, source, dataset, ready } = app
    if (!ready) return
    const { mode, text } = source
    const own = dataset === 'own' ? { words: text } : {}
    const run = { ...settings, step: Math.min(step, ready.config.num_steps), dataset, mode, ...own }
    const key = JSON.stringify([run, ready.numParams])
    if (key === shown) return
    shown = key
    let hash = toHash(settings)
    let trouble = ''
    try {
      if (dataset !== 'names' || step > 0) hash = await writeShareLink(run)
    } catch (error) {
      trouble = `${(error as Error).message} The link holds the settings only.`
    }
    if (shown !== key) return
    field.value = `${base}${hash}`
    say(byId('copy-status'), trouble)
  }
  app.on('ready', () => void show())
  app.on('progress', ({ progress }) => {
    if (progress.state !== 'running') void show()
  })
  field.addEventListener('focus', () => field.select())
  copies(button('copy'), field, byId('copy-status'))
}

/** Saves the matrices and the latest ten samples as a PNG. */
function picture(app: App): void {
  let names: string[] = []
  app.on('ready', () => (names = []))
  app.on('progress', ({ progress }) => {
    names.push(...progress.samples.map(({ text }) => text).filter((text) => text !== ''))
    names = names.slice(-10)
  })
  button('save-picture').addEventListener('click', async () => {
    const { ready, numbers, start, step } = app
    if (!ready || !numbers) return
    try {
      const blob = await posterBlob({
        table: gptTable(ready.config, ready.vocabSize),
        lists: { values: numbers.values, gradients: numbers.gradients, start },
        mode: 'values',
        theme: pictureTheme(),
        names,
        title: `${count(ready.numParams)} numbers after ${count(step)} steps`,
        caption: `microgpt, trained on ${nameOf(app.source)}, seed ${app.settings.seed}`,
      })
      const download = `microgpt-step-${step}.png`
      saveBlob(blob, download)
      say(byId('picture-status'), `Saved: ${download}.`)
    } catch (error) {
      const why = (error as Error).message
      say(byId('picture-status'), sentence(`The picture cannot be saved: ${why}`))
    }
  })
}
