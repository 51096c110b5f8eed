/** The choice of what to learn from. */
import type { App } from '../app.js'
import { byId, h, input } from '../dom.js'
import { datasets } from '../datasets.js'
import { goTo } from '../navigation.js'

export function datasetsPanel(app: App): void {
  const list = datasets(app.shipped)
  const option = (id: string, label: string, about: string) => {
    const radio = h('input', { type: 'radio', name: 'dataset', value: id, id: `dataset-${id}` })
    return h('label', {}, radio, h('span', {}, h('strong', {}, label), h('small', {}, about)))
  }
  byId('datasets').append(
    ...list.map(({ id, label, about }) => option(id, label, about)),
    option('own', 'Your own', 'words or a text of yours'),
  )
  byId('datasets').addEventListener('change', ({ target }) => {
    const { value } = target as HTMLInputElement
    const chosen = list.find(({ id }) => id === value)
    if (chosen) {
      const { preset, seed } = app.settings
      void app.useSource(chosen.source, { preset, seed, config: chosen.config })
    } else {
      goTo('#data')
      byId('paste').focus()
      show()
    }
  })
  const show = () => {
    const current = list.find(({ source }) => source.text === app.source.text)
    app.goal =
      current?.goal ?? (app.mode === 'text' ? 'write like your text' : 'write lines like yours')
    input(`dataset-${current?.id ?? 'own'}`).checked = true
  }
  app.on('ready', show)
  show()
}
