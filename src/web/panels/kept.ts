/** The runs that the browser keeps by itself: offered on opening, and listed under Keep. */
import type { App } from '../app.js'
import { byId, h, say } from '../dom.js'
import type { KeptRun } from '../messages.js'
import { count, sentence, short } from '../text.js'

/** The browser's store is opened when the page stands, not while somebody waits for a first step. */
const QUIET_MS = 400

const when = (time: number) =>
  new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** A run in a sentence. */
function about({ step, of, time, name, trouble }: KeptRun): string {
  if (trouble !== undefined) return `A kept run cannot be taken up: ${trouble}.`
  const whose = `on ${name === null ? 'the shipped names' : short(name, 40)}, from ${when(time)},`
  if (step >= of) return `A finished run of ${count(step)} steps ${whose} is still here.`
  return `A run at step ${count(step)} of ${count(of)} ${whose} can be taken up again.`
}

export function keptRuns(app: App): void {
  const line = byId('autosave')
  const offers = byId('offers')
  let offered = false

  const buttons = (run: KeptRun, look = 'tiny quiet'): HTMLElement => {
    const goOn = h('button', { type: 'button', className: look }, 'Go on')
    if (run.step >= run.of) say(goOn, 'Show it')
    const forget = h('button', { type: 'button', className: 'quiet tiny' }, 'Forget')
    const of = run.trouble === undefined ? ` the run at step ${count(run.step)}` : ' the kept run'
    goOn.setAttribute('aria-label', `${goOn.textContent}:${of}`)
    forget.setAttribute('aria-label', `Forget${of}`)
    goOn.addEventListener('click', () => {
      offers.replaceChildren()
      app.takeUp(run.id)
    })
    forget.addEventListener('click', () => {
      offers.replaceChildren()
      app.send({ type: 'forget', id: run.id })
    })
    return h('span', { className: 'acts' }, ...(run.trouble === undefined ? [goOn] : []), forget)
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  app.on('ready', () => {
    clearTimeout(timer)
    timer = setTimeout(() => app.send({ type: 'kept' }), QUIET_MS)
  })
  app.on('kept', ({ runs, trouble }) => {
    if (trouble !== undefined) say(line, cannotKeep(trouble))
    byId('kept').replaceChildren(
      ...runs.map((run) => h('li', {}, h('span', {}, about(run)), buttons(run))),
    )
    const [newest] = runs
    if (newest && !offered) {
      offers.replaceChildren(
        h('p', { className: 'offer' }, h('span', {}, about(newest)), buttons(newest, 'tiny')),
      )
    }
    offered = true
  })
  // Who trains another model has seen it; the list goes on showing it.
  app.on('progress', ({ progress }) => {
    if (progress.state === 'running') offers.replaceChildren()
  })
  app.on('autosave', ({ step, time, trouble }) => {
    const at = new Date(time).toLocaleTimeString('en-GB')
    say(line, trouble === undefined ? `Kept at step ${count(step)}, ${at}.` : cannotKeep(trouble))
  })
  app.on('refused', ({ what, message }) => {
    if (what !== 'take up') return
    app.notice(sentence(`The kept run cannot be taken up: ${message}`))
    app.send({ type: 'kept' })
  })

  const keep = () => app.send({ type: 'keep' })
  addEventListener('pagehide', keep)
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') keep()
  })
}

const cannotKeep = (why: string) =>
  `Runs are not kept in this browser: ${why}. Save to a file what you want to keep.`
