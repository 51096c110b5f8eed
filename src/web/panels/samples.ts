/** The samples drawn during training, newest first; the sample of step 0 is always kept. */
import type { App } from '../app.js'
import { byId, h } from '../dom.js'
import type { Sample } from '../page-api.js'

const MOST_SAMPLES = 200

export function samplesPanel(app: App): void {
  const list = byId('samples')
  const clear = () => {
    const hint = 'Nothing yet: the first one is drawn before the first step.'
    list.replaceChildren(h('li', { className: 'hint' }, hint))
  }
  clear()
  app.on('ready', clear)
  app.on('progress', ({ progress }) => {
    if (progress.samples.length === 0) return
    list.querySelector('.hint')?.remove()
    list.prepend(...progress.samples.map(sampleItem).toReversed())
    while (list.childElementCount > MOST_SAMPLES)
      list.lastElementChild!.previousElementSibling!.remove()
  })
}

function sampleItem({ step, text, known }: Sample): HTMLLIElement {
  const empty = text === ''
  const word = h('bdi', { className: empty ? 'empty' : 'word' }, empty ? '(empty)' : text)
  const mark = known ? [h('span', { className: 'known' }, 'known')] : []
  return h('li', {}, h('span', { className: 'stamp' }, `step ${step}`), word, ...mark)
}
