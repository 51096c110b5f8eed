/** The one button for who comes here first, and what it brought. */
import type { App } from '../app.js'
import { button, byId, h, say } from '../dom.js'
import { count } from '../text.js'

const NAMES = 12

export function heroPanel(app: App): void {
  const go = button('go')
  const status = byId('hero-status')
  const names = byId('hero-names')
  go.addEventListener('click', () => {
    if (app.state === 'finished') {
      const seed = String(BigInt(app.settings.seed) + 1n)
      app.make({ ...app.settings, seed }, true)
    } else if (app.state === 'running') app.pause()
    else app.play()
  })
  /** What it wrote before it had learned anything. */
  let before = ''
  app.on('ready', ({ ready }) => {
    const what = `${count(ready.numParams)} parameters, ${count(ready.numDocs)} documents`
    say(status, `Ready: ${what}.`)
    go.disabled = false
    say(go, 'Train it')
    go.disabled = ready.numDocs === 0
    before = ''
  })
  app.on('progress', ({ progress }) => {
    const { state, step, ms, samples } = progress
    const first = samples[0]
    if (first?.step === 0) before = first.text
    if (samples.length > 0) {
      const drawn = samples.slice(-NAMES).filter(({ text }) => text !== '')
      names.replaceChildren(...drawn.map(({ text }) => h('li', { dir: 'auto' }, text)))
    }
    const { log } = app.run
    const smooth = log.lastSmoothed.toFixed(2)
    if (log.length === 0) {
      // Taken up from a file, which holds no losses.
      say(status, app.ready?.numDocs === 0 ? 'It samples only.' : `At step ${count(step)}.`)
      say(go, state === 'finished' ? 'Train another' : step > 0 ? 'Go on' : 'Train it')
    } else if (state === 'finished') {
      const time = ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
      const had = before === '' ? 'It invents:' : `Before, it wrote “${before}”; now:`
      say(
        status,
        `${count(step)} steps in ${time}. Loss ${log.loss(0).toFixed(2)} to ${smooth}. ${had}`,
      )
      say(go, 'Train another')
    } else if (state === 'running') {
      say(status, `Step ${count(step)}, loss ${smooth}.`)
      say(go, 'Pause')
    } else {
      say(status, `At step ${count(step)}, loss ${smooth}.`)
      say(go, 'Go on')
    }
  })
}
