/** The runs saved in this browser: offered when the page opens, and listed under Save / Share. */
import type { App } from '../app.js'
import { button, byId, h, handOnFocus, say } from '../dom.js'
import type { StoredRun } from '../page-api.js'
import { count, sentence, short } from '../text.js'

/** Delay before the store is opened, so that it does not slow down the first screen. */
const QUIET_MS = 400

const when = (time: number) =>
  new Date(time).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' })

/** Describes a run in a sentence. */
function about({ step, of, time, name, trouble }: StoredRun): string {
  if (trouble !== undefined) return `A saved run cannot be resumed: ${trouble}.`
  const whose = `on ${name === null ? 'the shipped names' : short(name, 40)}, from ${when(time)},`
  if (step >= of) return `A finished run of ${count(step)} steps ${whose} is still here.`
  return `A run at step ${count(step)} of ${count(of)} ${whose} can be resumed.`
}

export function storedRuns(app: App): void {
  const line = byId('autosave')
  const offers = byId('offers')
  let offered = false

  const dismiss = () => {
    handOnFocus(offers, button('play'))
    offers.replaceChildren()
  }
  const buttons = (run: StoredRun, look = 'tiny quiet'): HTMLElement => {
    const goOn = h('button', { type: 'button', className: look }, 'Resume')
    if (run.step >= run.of) say(goOn, 'Show')
    const forget = h('button', { type: 'button', className: 'quiet tiny' }, 'Forget')
    const of = run.trouble === undefined ? ` the run at step ${count(run.step)}` : ' the saved run'
    goOn.setAttribute('aria-label', `${goOn.textContent}:${of}`)
    forget.setAttribute('aria-label', `Forget${of}`)
    goOn.addEventListener('click', () => {
      dismiss()
      void app.resumeRun(run.id)
    })
    forget.addEventListener('click', () => {
      dismiss()
      void list({ forget: run.id })
    })
    return h('span', { className: 'acts' }, ...(run.trouble === undefined ? [goOn] : []), forget)
  }

  let timer: ReturnType<typeof setTimeout> | undefined
  app.on('ready', () => {
    clearTimeout(timer)
    timer = setTimeout(() => void list(), QUIET_MS)
  })
  const list = async ({ forget }: { forget?: string } = {}) => {
    try {
      show(
        await (forget === undefined
          ? app.call('runs', null)
          : app.call('forgetRun', { id: forget })),
      )
    } catch (error) {
      say(line, cannotKeep((error as Error).message))
      show([])
    }
  }
  const show = (runs: StoredRun[]) => {
    const kept = byId('kept')
    const rows = runs.map((run) => h('li', {}, h('span', {}, about(run)), buttons(run)))
    const hadFocus = kept.contains(document.activeElement)
    kept.replaceChildren(...rows)
    if (hadFocus) (kept.querySelector('button') ?? button('save-share')).focus()
    const [newest] = runs
    if (newest && !offered) {
      offers.replaceChildren(
        h('p', { className: 'offer' }, h('span', {}, about(newest)), buttons(newest, 'tiny')),
      )
    }
    offered = true
  }
  // Training another model dismisses the offer; the list still shows the run.
  app.on('progress', ({ progress }) => {
    if (progress.state === 'running') dismiss()
  })
  app.on('autosave', ({ step, time, trouble }) => {
    const at = new Date(time).toLocaleTimeString('en-GB')
    say(line, trouble === undefined ? `Saved at step ${count(step)}, ${at}.` : cannotKeep(trouble))
  })
  app.on('refused', ({ what, message }) => {
    if (what !== 'resume') return
    app.notice(sentence(`The saved run cannot be resumed: ${message}`))
    void list()
  })

  addEventListener('pagehide', () => void app.call('leave', null).catch(() => {}))
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'hidden') void app.call('storeNow', null).catch(() => {})
  })
}

const cannotKeep = (why: string) =>
  `Runs are not saved in this browser: ${why}. Save to a file what you want to keep.`
