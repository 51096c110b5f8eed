/** The choice of the dataset. */
import type { App } from '../app.js'
import { byId, h, input } from '../dom.js'
import { goTo } from '../navigation.js'

export function datasetsPanel(app: App): void {
  const option = (id: string, label: string, about: string) => {
    const radio = h('input', { type: 'radio', name: 'dataset', value: id, id: `dataset-${id}` })
    return h('label', {}, radio, h('span', {}, h('strong', {}, label), h('small', {}, about)))
  }
  byId('datasets').append(
    ...app.datasets.map(({ key, title, about }) => option(key, title, about)),
    option('own', 'Your own', 'words or a text'),
  )
  const show = () => (input(`dataset-${app.dataset}`).checked = true)
  byId('datasets').addEventListener('change', ({ target }) => {
    const { value } = target as HTMLInputElement
    const chosen = app.datasets.find(({ key }) => key === value)
    if (chosen) {
      const { preset, seed } = app.settings
      void app.useSource(chosen.source, { preset, seed, config: chosen.config })
    } else {
      goTo('#data')
      byId('paste').focus()
      show()
    }
  })
  app.on('ready', show)
  show()
}
