/** The page: starts the worker first, for it takes longest, and then the panels. */
import { NAMES } from '../data/names.js'
import { aimAt, watchLinks } from './aim.js'
import { App } from './app.js'
import { hasBegun } from './connect.js'
import { dataPanel } from './panels/data.js'
import { heroPanel } from './panels/hero.js'
import { inventPanel } from './panels/invent.js'
import { keepPanel } from './panels/keep.js'
import { matricesPanel } from './panels/matrices.js'
import { modelPanel } from './panels/model.js'
import { racePanel } from './panels/race.js'
import { trainPanel } from './panels/train.js'
import { wordPanel } from './panels/word.js'
import { DEFAULTS, readHash } from './settings.js'
import { speakPage } from './terms.js'

function settingsOf(hash: string) {
  try {
    return { settings: readHash(hash), trouble: '' }
  } catch (error) {
    const why = `This link cannot be followed, because ${(error as Error).message}.`
    return { settings: null, trouble: `${why} The page shows the default model instead.` }
  }
}

speakPage()
const { settings, trouble } = settingsOf(location.hash)
const begun = hasBegun()
const app = new App(settings ?? DEFAULTS, NAMES)
if (!begun) app.send({ type: 'text', text: NAMES, settings: app.settings })
if (trouble !== '') app.notice(trouble)

for (const panel of [heroPanel, trainPanel, inventPanel]) panel(app)

/**
 * The others lie below the first screen: they wait until the model is made and the page has nothing
 * else to do, one at a time, and are inert until then. Those that draw the most come last.
 */
const later = [
  { section: 'data', panels: [dataPanel] },
  { section: 'model', panels: [modelPanel] },
  { section: 'keep', panels: [keepPanel] },
  { section: 'race', panels: [racePanel] },
  { section: 'inside', panels: [matricesPanel, wordPanel] },
]
const whenIdle = (task: () => void) => {
  // Safari has no idle callbacks.
  if ('requestIdleCallback' in globalThis) requestIdleCallback(task, { timeout: 100 })
  else setTimeout(task)
}
const next = () => {
  const [first] = later
  first?.panels.shift()?.(app)
  if (first?.panels.length === 0) {
    document.getElementById(first.section)!.inert = false
    later.shift()
  }
  if (later.length > 0) whenIdle(next)
  else {
    document.body.dataset.panels = 'all'
    aimAt(location.hash)
  }
}
watchLinks()
let seen = false
app.on('ready', () => {
  if (!seen) whenIdle(next)
  seen = true
})

addEventListener('hashchange', () => {
  const changed = settingsOf(location.hash)
  if (changed.trouble !== '') app.notice(changed.trouble)
  else if (changed.settings) app.make(changed.settings)
})
