/** Build: the hyperparameters, the resulting matrices, and the memory and time of a run. */
import { formatBytes } from '../../engine/plan.js'
import { type ConfigInput, PRESETS, type PresetName, resolveConfig } from '../../config/config.js'
import { FIELDS, type Field, type FieldName } from '../../config/hyperparameters.js'
import { countParams, gptTable } from '../../config/parameters.js'
import type { App } from '../app.js'
import { button, byId, fillTable, h, say } from '../dom.js'
import type { Settings } from '../page-api.js'
import { checkSettings, parseField, toHash } from '../settings.js'
import { count, duration, percent } from '../text.js'
import { countByComponent, shapeFormula, sumText } from '../lib/counts.js'
import { onColours } from '../charts/board.js'
import { drawThumb } from '../charts/thumb.js'
import { scaleBars } from './scale.js'
import { sizesPanel } from './sizes.js'

type Control = HTMLInputElement | HTMLSelectElement

/** The fields that have a slider, and the values of the slider. */
const STOPS: Partial<Record<FieldName, number[]>> = {
  n_embd: [4, 8, 12, 16, 20, 24, 32, 48, 64, 96, 128, 192, 256],
  n_head: [1, 2, 4, 8, 16],
  n_layer: [1, 2, 3, 4, 6, 8, 12],
  block_size: [4, 8, 12, 16, 24, 32, 48, 64, 96, 128],
  learning_rate: [1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2, 2e-2, 3e-2, 0.1, 1],
  batch_size: [1, 2, 4, 8, 16, 32, 64],
  num_steps: [100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000],
}

/** What the sizes mean, for visitors; the other fields are explained as on the command line. */
const MEANINGS: Partial<Record<FieldName, string>> = {
  n_embd: 'how many numbers describe a token: how rich its vector can be',
  n_head: 'how many views attention takes, each on its own; must divide n_embd',
  n_layer: 'how often the block of attention and MLP repeats',
  block_size: 'how many tokens the model sees',
  learning_rate: 'how far a step moves the parameters, at the start of the run',
}

/** Maximum rows of the table: a model with a thousand layers has 6,000 matrices. */
const MOST_ROWS = 100
/** The estimate starts when nothing has changed for this long. */
const QUIET_MS = 400

export function modelPanel(app: App): void {
  const form = new Form(app)
  sizesPanel(app, (settings) => form.put(settings))
  app.on('ready', () => form.ready())
  app.on('numbers', () => form.thumbs())
  onColours(() => form.thumbs())
  app.on('refused', ({ what, message }) => {
    if (what === 'model') form.judge(message)
  })
}

class Form {
  private readonly app: App
  private readonly controls = new Map<string, Control>()
  private readonly preset = choice(Object.keys(PRESETS))
  private readonly seed = h('input', { type: 'text', inputMode: 'numeric', autocomplete: 'off' })
  /** The settings that the worker was asked about last. */
  private asked = ''
  private timer: ReturnType<typeof setTimeout> | undefined
  private tableOf = ''

  constructor(app: App) {
    this.app = app
    const first = byId('fields')
    const more = byId('more-fields')
    first.append(labelled('preset', this.preset, 'where to start: sets all the other fields'))
    for (const [name, field] of Object.entries(FIELDS)) {
      const control = controlOf(name, field)
      this.controls.set(name, control)
      const stops = STOPS[name as FieldName]
      ;(stops ? first : more).append(
        labelled(
          name,
          control,
          MEANINGS[name as FieldName] ?? field.about,
          stops && slider(name, control, stops),
        ),
      )
    }
    const headDim = h('output', { id: 'head-dim', className: 'derived' }, '4')
    const about = 'n_embd / n_head: how many numbers each head works with'
    first.insertBefore(
      h(
        'div',
        { className: 'field' },
        h('span', { className: 'name' }, 'head_dim'),
        headDim,
        h('small', {}, about),
      ),
      first.children[3]!,
    )
    first.append(labelled('seed', this.seed, 'seeds the shuffle, the parameters and the samples'))
    byId('settings').addEventListener('input', ({ target }) => {
      // A new preset resets all fields to its values.
      if (target === this.preset) {
        this.put({ preset: this.preset.value as PresetName, config: {}, seed: this.seed.value })
      } else this.preview()
    })
    byId('settings').addEventListener('submit', (event) => {
      event.preventDefault()
      if (!button('apply').disabled) void app.make(this.read())
    })
    button('defaults').addEventListener('click', () => {
      this.put({ preset: this.preset.value as PresetName, config: {}, seed: this.seed.value })
    })
    this.put(app.settings)
  }

  /** Shows the settings of a new model, unless the form has edits that are not applied. */
  ready(): void {
    const { app } = this
    if (app.edits === null || toHash(app.edits) === toHash(app.settings)) this.put(app.settings)
    else this.preview()
  }

  put({ preset, config, seed }: Settings): void {
    this.preset.value = preset
    this.seed.value = seed
    const all = { ...PRESETS[preset], ...config }
    for (const [name, control] of this.controls) {
      control.value = String(all[name as FieldName] ?? 'off')
      control.dispatchEvent(new Event('set'))
    }
    this.preview()
  }

  judge(trouble: string): void {
    const status = byId('settings-status')
    say(status, trouble)
    status.classList.toggle('trouble', trouble !== '')
    button('apply').disabled = trouble !== ''
  }

  thumbs(): void {
    const { numbers, settings, ready } = this.app
    if (!numbers || !ready || this.tableOf !== toHash(settings)) return
    let at = 0
    for (const [i, { shape }] of gptTable(ready.config, ready.vocabSize).entries()) {
      const values = numbers.values.subarray(at, (at += shape[0] * shape[1]))
      const place = document.querySelector<HTMLCanvasElement>(`#thumb-${i}`)
      if (place) drawThumb(place, shape, values)
    }
  }

  private read(): Settings {
    const preset = this.preset.value as PresetName
    const base = PRESETS[preset]
    const config: Record<string, unknown> = {}
    for (const [name, control] of this.controls) {
      const value = parseField(name, FIELDS[name as FieldName], control.value.trim())
      if (value !== base[name as FieldName]) config[name] = value
    }
    const settings = { preset, config: config as ConfigInput, seed: this.seed.value.trim() }
    checkSettings(settings)
    return settings
  }

  private preview(): void {
    const { app } = this
    const vocabSize = app.ready?.vocabSize ?? 27
    clearTimeout(this.timer)
    try {
      const settings = this.read()
      const dirty = toHash(settings) !== toHash(app.settings)
      app.edits = dirty ? settings : null
      byId('unapplied').hidden = !dirty
      say(byId('head-dim'), String(resolveConfig(settings.preset, settings.config).head_dim))
      this.asked = toHash(settings)
      this.judge('')
      this.showTable(settings, vocabSize)
      void this.ask(settings, vocabSize)
    } catch (error) {
      this.asked = ''
      app.edits = null
      byId('unapplied').hidden = false
      // Clear the table: it would show other settings than the form's.
      this.tableOf = ''
      byId<HTMLTableElement>('state-dict').tBodies[0]?.replaceChildren()
      say(byId('totals'), '')
      say(byId('component-sum'), '')
      this.judge((error as Error).message)
    }
  }

  private async ask(settings: Settings, vocabSize: number): Promise<void> {
    const asked = toHash(settings)
    const { params, total, trouble } = await this.app.call('plan', { settings, vocabSize })
    if (asked !== this.asked) return
    const bytes = `${formatBytes(params)} of parameters, ${formatBytes(total)} with gradients, moments and tape`
    const text = `${count(params / 8)} parameters: ${bytes}.`
    say(byId('totals'), trouble ? '' : text)
    if (trouble) byId<HTMLTableElement>('state-dict').tBodies[0]?.replaceChildren()
    this.judge(trouble)
    scaleBars(params / 8)
    if (trouble) return
    this.timer = setTimeout(() => void this.estimate(settings, asked, text), QUIET_MS)
  }

  /** Estimates the time of a run from a few steps, but not while a run is training. */
  private async estimate(settings: Settings, asked: string, text: string): Promise<void> {
    const { app } = this
    if (app.state === 'running' || !app.ready || app.ready.numDocs === 0 || asked !== this.asked)
      return
    try {
      const ms = await app.call('estimate', { settings })
      if (asked !== this.asked) return
      const { num_steps } = resolveConfig(settings.preset, settings.config)
      const time = duration(ms * num_steps)
      say(byId('totals'), `${text} A run takes about ${time} (estimated from a few steps).`)
    } catch {
      // A model that cannot be made has no estimate; Apply reports the reason.
    }
  }

  private showTable({ preset, config }: Settings, vocabSize: number): void {
    const resolved = resolveConfig(preset, config)
    const table = gptTable(resolved, vocabSize)
    const total = countParams(table)
    const rows = table.slice(0, MOST_ROWS).map(({ name, shape, std, purpose }, i) => {
      const numbers = shape[0] * shape[1]
      const fill = h('span', { className: 'fill' })
      fill.style.width = `${(100 * numbers) / total}%`
      const share = h(
        'span',
        { className: 'share' },
        h('span', { className: 'track' }, fill),
        percent(numbers / total),
      )
      const picture = h('canvas', { id: `thumb-${i}`, className: 'table-thumb' })
      picture.setAttribute('aria-hidden', 'true')
      const formula = shapeFormula({ name, shape }).replace(/ = [\d,]+$/, '')
      return [
        name,
        picture,
        formula,
        count(numbers),
        std === 0 ? '0: zeros' : String(std),
        share,
        purpose,
      ]
    })
    const left = table.length - MOST_ROWS
    if (left > 0) rows.push([`and ${count(left)} more`, '', '', '', '', '', ''])
    const head = ['name', 'now', 'shape', 'count', 'std', 'share', 'purpose']
    fillTable(byId('state-dict'), head, rows)
    const parts = countByComponent(resolved, vocabSize)
    const components = parts.map(
      ({ component, count: n, share, formula }) =>
        [component, `${formula} = ${count(n)} (${percent(share)})`] as const,
    )
    const perPart = `${parts.map((part) => count(part.count)).join(' + ')} = ${count(total)}`
    const sum = table.length <= 12 ? sumText(resolved, vocabSize) : perPart
    byId('component-sum').replaceChildren(
      h('span', {}, sum),
      ...components.map(([name, text]) => h('span', {}, h('strong', {}, name), text)),
    )
    this.tableOf = toHash({ preset, config, seed: this.seed.value.trim() })
    this.thumbs()
  }
}

function choice(choices: readonly string[]): HTMLSelectElement {
  return h('select', {}, ...choices.map((value) => h('option', { value }, value)))
}

function controlOf(name: string, field: Field): Control {
  if (field.kind === 'choice') return choice(field.choices)
  if (field.kind === 'boolean') return choice(['true', 'false'])
  return h('input', { name, type: 'text', inputMode: 'decimal', autocomplete: 'off' })
}

/** A slider over useful values; the field next to it accepts any value. */
function slider(name: string, field: Control, stops: readonly number[]): HTMLInputElement {
  const range = h('input', { type: 'range', min: '0', max: String(stops.length - 1), step: '1' })
  range.setAttribute('aria-label', `${name}, as a slider`)
  const follow = () => {
    const value = Number(field.value)
    const nearest = stops.reduce(
      (best, stop, i) =>
        Math.abs(Math.log(stop / value)) < Math.abs(Math.log(stops[best]! / value)) ? i : best,
      0,
    )
    range.value = String(nearest)
    range.setAttribute('aria-valuetext', field.value)
  }
  for (const event of ['input', 'set']) field.addEventListener(event, follow)
  range.addEventListener('input', () => {
    field.value = String(stops[Number(range.value)])
    range.setAttribute('aria-valuetext', field.value)
  })
  return range
}

function labelled(
  name: string,
  control: Control,
  about: string,
  range?: HTMLInputElement,
): HTMLElement {
  control.id = `field-${name}`
  const help = h('small', { id: `help-${name}` }, about)
  control.setAttribute('aria-describedby', help.id)
  const label = h('label', { htmlFor: control.id, className: 'name' }, name)
  return h('div', { className: 'field' }, label, control, ...(range ? [range] : []), help)
}
