/** Model: the hyperparameters and what they cost, before any memory is taken. */
import { formatBytes } from '../../engine/plan.js'
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../../config/config.js'
import { FIELDS, type Field } from '../../config/hyperparameters.js'
import { gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { button, byId, fillTable, h, say } from '../dom.js'
import type { Settings } from '../messages.js'
import { checkSettings, parseField, toHash } from '../settings.js'
import { count } from '../text.js'

type Name = keyof typeof FIELDS
type Control = HTMLInputElement | HTMLSelectElement

/** The ones in sight; the others of config.ts are a click away. */
const FIRST = new Set([
  'n_embd',
  'n_head',
  'n_layer',
  'block_size',
  'learning_rate',
  'batch_size',
  'num_steps',
])

/** Rows of the table: a model of a thousand layers has 6,000 matrices. */
const MOST_ROWS = 100

export function modelPanel(app: App): void {
  const controls = new Map<string, Control>()
  const preset = choice('preset', Object.keys(PRESETS))
  const seed = h('input', { type: 'text', inputMode: 'numeric', autocomplete: 'off' })
  byId('fields').append(labelled('preset', preset, 'the revision of microgpt.py'))
  for (const [name, field] of Object.entries(FIELDS)) {
    const control = controlOf(name, field)
    controls.set(name, control)
    const place = byId(FIRST.has(name) ? 'fields' : 'more-fields')
    place.append(labelled(name, control, field.about))
  }
  byId('fields').append(labelled('seed', seed, 'seeds the shuffle, the parameters and the samples'))

  const put = (settings: Settings) => {
    preset.value = settings.preset
    seed.value = settings.seed
    const config = { ...PRESETS[settings.preset], ...settings.config }
    for (const [name, control] of controls) control.value = String(config[name as Name] ?? 'off')
    preview()
  }
  const read = (): Settings => {
    const base = PRESETS[preset.value as PresetName]
    const config: Record<string, unknown> = {}
    for (const [name, control] of controls) {
      const value = parseField(name, FIELDS[name as Name], control.value.trim())
      if (value !== base[name as Name]) config[name] = value
    }
    const settings = {
      preset: preset.value as PresetName,
      config: config as ConfigInput,
      seed: seed.value.trim(),
    }
    checkSettings(settings)
    return settings
  }
  /** The settings whose plan the worker was asked for last. */
  let asked = ''
  const preview = () => {
    const vocabSize = app.ready?.vocabSize ?? 27
    try {
      const settings = read()
      showTable(settings, vocabSize)
      asked = toHash(settings)
      app.send({ type: 'plan', settings, vocabSize })
    } catch (error) {
      asked = ''
      judge((error as Error).message)
    }
  }
  const judge = (trouble: string) => {
    const status = byId('settings-status')
    say(status, trouble)
    status.classList.toggle('trouble', trouble !== '')
    button('apply').disabled = trouble !== ''
  }

  byId('settings').addEventListener('input', ({ target }) => {
    // Another preset: its own values, all of them.
    if (target === preset) put({ preset: preset.value as PresetName, config: {}, seed: seed.value })
    else preview()
  })
  byId('settings').addEventListener('submit', (event) => {
    event.preventDefault()
    if (!button('apply').disabled) app.make(read())
  })
  button('defaults').addEventListener('click', () => {
    put({ preset: preset.value as PresetName, config: {}, seed: seed.value })
  })
  app.on('plan', ({ settings, params, total, trouble }) => {
    if (toHash(settings) !== asked) return
    const bytes = `${formatBytes(params)} of parameters, ${formatBytes(total)} with gradients, moments and tape`
    say(byId('totals'), trouble ? '' : `${count(params / 8)} parameters: ${bytes}.`)
    judge(trouble)
  })
  app.on('ready', () => put(app.settings))
  app.on('refused', ({ what, message }) => {
    if (what === 'model') say(byId('settings-status'), message)
  })
  put(app.settings)
}

function choice(name: string, choices: readonly string[]): HTMLSelectElement {
  return h('select', { name }, ...choices.map((value) => h('option', { value }, value)))
}

function controlOf(name: string, field: Field): Control {
  if (field.kind === 'choice') return choice(name, field.choices)
  if (field.kind === 'boolean') return choice(name, ['true', 'false'])
  return h('input', { name, type: 'text', inputMode: 'decimal', autocomplete: 'off' })
}

function labelled(name: string, control: Control, about: string): HTMLLabelElement {
  control.id = `field-${name}`
  return h('label', { title: about, htmlFor: control.id }, name, control)
}

function showTable({ preset, config }: Settings, vocabSize: number): void {
  const resolved = resolveConfig(preset, config)
  const table = gptTable(resolved, vocabSize)
  const rows = table.slice(0, MOST_ROWS).map(({ name, shape, purpose }) => {
    return [name, `[${shape.join(', ')}]`, count(shape[0] * shape[1]), purpose]
  })
  const left = table.length - MOST_ROWS
  if (left > 0) rows.push([`and ${count(left)} more`, '', '', ''])
  fillTable(byId('state-dict'), ['name', 'shape', 'count', 'purpose'], rows)
}
