/**
 * The entry point of the page: starts the worker first, because it takes longest, then the panels.
 */
import { NAMES } from '../data/names.js'
import { goTo, watchLinks } from './navigation.js'
import { resolveConfig } from '../config/config.js'
import { App } from './app.js'
import { VAL_FRACTION } from './datasets.js'
import { isShareHash, readShareLink } from './lib/share-link.js'
import { count, sentence } from './text.js'
import { whenIdle } from './dom.js'
import { hasBegun } from './connect.js'
import { advancedPanel } from './panels/advanced.js'
import { datasetsPanel } from './panels/datasets.js'
import { dataPanel } from './panels/data.js'
import { followPanel } from './panels/follow.js'
import { inventPanel } from './panels/invent.js'
import { keepPanel } from './panels/keep.js'
import { modelPanel } from './panels/model.js'
import { picturePanel } from './panels/picture.js'
import { samplesPanel } from './panels/samples.js'
import { storyPanel } from './panels/story.js'
import { trainPanel } from './panels/train.js'
import { whatPanel } from './panels/what.js'
import { DEFAULTS, readHash, toHash } from './settings.js'
import { speakPage } from './terms.js'

const CANNOT = 'This link cannot be opened'
const INSTEAD = 'The page shows the default model instead.'

function settingsOf(hash: string) {
  try {
    return { settings: isShareHash(hash) ? null : readHash(hash), trouble: '' }
  } catch (error) {
    const why = (error as Error).message
    return { settings: null, trouble: `${CANNOT}, because ${why}. ${INSTEAD}` }
  }
}

/** Opens a shared run: its data and settings, to be trained up to its step. */
async function openShared(hash: string): Promise<void> {
  try {
    const run = (await readShareLink(hash))!
    const { preset, config, seed, step, dataset, mode, words } = run
    const known = app.datasets.find(({ key }) => key === dataset)?.source
    if (!known && words === undefined) throw new Error(`there is no dataset "${dataset}" here`)
    const valFraction = mode === 'text' ? VAL_FRACTION : 0
    const source = known ?? { text: words!, name: 'the words of a link', mode, valFraction }
    const { num_steps } = resolveConfig(preset, config)
    if (step > 0 && step < num_steps) app.stop = { kind: 'step', value: step }
    await app.useSource(source, { preset, config, seed })
    app.keepLink(hash)
    history.replaceState(null, '', hash)
    const made = `This link is a run of ${count(step)} steps.`
    if (step > 0) app.notice(`${made} Press the button to make the same one.`)
  } catch (error) {
    app.notice(`${CANNOT}: ${sentence((error as Error).message)} ${INSTEAD}`)
    if (!app.ready) void app.useSource(app.shipped, DEFAULTS)
  }
}

speakPage()
const { settings, trouble } = settingsOf(location.hash)
const begun = hasBegun()
const app = new App(settings ?? DEFAULTS, NAMES)
if (isShareHash(location.hash)) void openShared(location.hash)
else if (!begun) void app.useSource(app.shipped, app.settings)
if (trouble !== '') app.notice(trouble)

for (const panel of [datasetsPanel, trainPanel, picturePanel, samplesPanel, storyPanel]) panel(app)

/**
 * The other panels are below the first screen. They start one at a time once the model is ready and
 * the page is idle, and are inert until then. Those that draw the most come last.
 */
const later = [
  // First, because it stores the run when the page is hidden.
  { section: 'keep', panel: keepPanel },
  { section: 'follow', panel: followPanel },
  { section: 'what', panel: whatPanel },
  { section: 'invent', panel: inventPanel },
  { section: 'data', panel: dataPanel },
  { section: 'model', panel: modelPanel },
  { section: 'advanced', panel: advancedPanel },
]
const next = () => {
  const first = later.shift()!
  first.panel(app)
  document.getElementById(first.section)!.inert = false
  if (later.length > 0) whenIdle(next)
  else {
    document.body.dataset['panels'] = 'all'
    goTo(location.hash)
  }
}
watchLinks()
let seen = false
app.on('ready', () => {
  if (!seen) whenIdle(next)
  seen = true
})

/** Makes a new model only if the settings in the link differ from the current ones. */
addEventListener('hashchange', () => {
  if (isShareHash(location.hash)) {
    void openShared(location.hash)
    return
  }
  const changed = settingsOf(location.hash)
  if (changed.trouble !== '') app.notice(changed.trouble)
  else if (changed.settings && toHash(changed.settings) !== toHash(app.settings)) {
    void app.make(changed.settings)
  }
})
