/** Preset sizes to choose from, each with the estimated time of a run on this machine. */
import { PRESETS, type PresetName, resolveConfig } from '../../config/config.js'
import { countParams, gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { byId, h, say } from '../dom.js'
import type { Settings } from '../page-api.js'
import { count, duration } from '../text.js'

/** @param put shows the settings of a size in the form */
export function sizesPanel(app: App, put: (settings: Settings) => void): void {
  const names = Object.keys(PRESETS) as PresetName[]
  const times = new Map<string, HTMLElement>()
  const counts = new Map<string, HTMLElement>()
  for (const preset of names) {
    const { n_embd, n_head, n_layer, block_size } = PRESETS[preset]
    const time = h('small', {}, 'time: not measured yet')
    const numbers = h('small', {}, '')
    times.set(preset, time)
    counts.set(preset, numbers)
    const shape = `${n_embd} wide, ${n_head} heads, ${n_layer} ${n_layer === 1 ? 'layer' : 'layers'}, sees ${block_size}`
    const pick = h(
      'button',
      { type: 'button', className: 'quiet size' },
      h('strong', {}, preset),
      h('small', {}, shape),
      numbers,
      time,
    )
    pick.addEventListener('click', () => put({ preset, config: {}, seed: app.settings.seed }))
    byId('sizes').append(pick)
  }
  let measured = ''
  const measure = async () => {
    const key = `${app.source.text.length} ${app.mode}`
    if (app.state === 'running' || !app.ready || app.ready.numDocs === 0 || measured === key) return
    measured = key
    for (const preset of names) {
      const settings: Settings = { preset, config: {}, seed: app.settings.seed }
      const { num_steps } = resolveConfig(preset)
      try {
        const ms = await app.call('estimate', { settings })
        say(times.get(preset)!, `${count(num_steps)} steps, about ${duration(ms * num_steps)}`)
      } catch (error) {
        say(times.get(preset)!, (error as Error).message)
      }
    }
  }
  app.on('ready', ({ ready }) => {
    for (const preset of names) {
      const total = countParams(gptTable(resolveConfig(preset), ready.vocabSize))
      say(counts.get(preset)!, `${count(total)} parameters`)
    }
  })
  // Only when the sizes are visible, because measuring takes the worker's time.
  new IntersectionObserver((entries) => {
    if (entries.at(-1)!.isIntersecting) void measure()
  }).observe(byId('sizes'))
}
