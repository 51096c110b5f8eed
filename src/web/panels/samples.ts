/** The samples drawn before and during training, newest first; that of step 0 is always kept. */
import type { App } from '../app.js'
import { byId, h, whenIdle } from '../dom.js'
import type { Ready, Sample } from '../page-api.js'
import { count } from '../text.js'

const MOST_SAMPLES = 200

export function samplesPanel(app: App): void {
  const list = byId('samples')
  /** Whether the sample of step 0 is in the list. */
  let hasFirst = false

  const clear = () => {
    hasFirst = false
    const hint = 'Nothing yet: what it writes while it trains appears here.'
    list.replaceChildren(h('li', { className: 'hint' }, hint))
  }
  const add = (samples: readonly Sample[]) => {
    // A run draws its sample of step 0 again when it begins.
    const fresh = samples.filter(({ step }) => step > 0 || !hasFirst)
    if (fresh.length === 0) return
    hasFirst ||= fresh.some(({ step }) => step === 0)
    list.querySelector('.hint')?.remove()
    list.prepend(...fresh.map(sampleItem).toReversed())
    while (list.childElementCount > MOST_SAMPLES)
      list.lastElementChild!.previousElementSibling!.remove()
  }
  /** Shows what the untrained model writes, unless the visitor has been faster. */
  const showFirst = async (ready: Ready) => {
    const isWaiting = () => app.ready === ready && app.step === 0 && app.state === 'paused'
    if (!isWaiting()) return
    const first = await app.call('firstSample', null)
    if (first && isWaiting()) add([first])
  }

  clear()
  app.on('ready', ({ ready }) => {
    clear()
    // A restored run reports a sample itself.
    if (!ready.restored) whenIdle(() => void showFirst(ready).catch(() => {}))
  })
  app.on('progress', ({ progress }) => add(progress.samples))
}

function sampleItem({ step, text, known }: Sample): HTMLLIElement {
  const empty = text === ''
  const word = h('bdi', { className: empty ? 'empty' : 'word' }, empty ? '(empty)' : text)
  const mark = known ? [h('span', { className: 'known' }, 'known')] : []
  return h('li', {}, h('span', { className: 'stamp' }, `step ${count(step)}`), word, ...mark)
}
