/** Advanced: the runs in the chart, the race, the matrices, and one word with its tape. */
import type { App } from '../app.js'
import { curvesPanel } from './curves.js'
import { matricesPanel } from './matrices.js'
import { racePanel } from './race.js'
import { wordPanel } from './word.js'

export function advancedPanel(app: App): void {
  for (const panel of [curvesPanel, racePanel, matricesPanel, wordPanel]) panel(app)
}
