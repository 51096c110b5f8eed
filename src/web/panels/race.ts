/** Race: three engines, one after the other, each in a new worker. */
import type { App } from '../app.js'
import type { RpcClient } from '../../worker/rpc.js'
import { connectWorker } from '../connect.js'
import { button, byId, fillTable, h, say } from '../dom.js'
import type { EngineName, PageApi, RaceProgress } from '../page-api.js'
import { count, duration } from '../text.js'

/**
 * Training time of each engine; the rest of its run is estimated. The scalar engine would need a
 * minute for a whole run.
 */
const BUDGET_MS = 6000

const NAMES: Record<EngineName, string> = {
  wasm: 'WebAssembly core',
  typed: 'typed arrays, TypeScript',
  value: 'scalar Value, TypeScript',
}
const ORDER: EngineName[] = ['wasm', 'typed', 'value']

export function racePanel(app: App): void {
  const legs = new Map<EngineName, RaceProgress>()
  let running: RpcClient<PageApi> | null = null
  const go = button('race-go')

  const end = (text: string) => {
    running?.close(new Error('the race is over'))
    running = null
    say(go, 'Race')
    say(byId('race-status'), text)
  }
  const leg = (at: number) => {
    const engine = ORDER[at]
    if (!engine) {
      end('')
      say(byId('race-word'), verdict(legs))
      return
    }
    say(byId('race-status'), `Running: ${NAMES[engine]}`)
    const hear = (progress: RaceProgress) => {
      legs.set(engine, progress)
      show(legs)
    }
    const { source, settings } = app
    const rpc = connectWorker((error) => end(error.message))
    running = rpc
    const options = { engine, text: source.text, settings, budget: BUDGET_MS }
    rpc
      .call('race', options, { onPart: hear })
      .then(() => {
        if (running !== rpc) return
        rpc.close(new Error('the race is over'))
        leg(at + 1)
      })
      .catch(() => {})
  }
  go.addEventListener('click', () => {
    if (running) {
      end('Stopped.')
      return
    }
    if (app.mode === 'text') {
      say(byId('race-status'), 'The reference engines learn from lists only: choose one to race.')
      return
    }
    app.pause()
    legs.clear()
    show(legs)
    say(byId('race-word'), '')
    say(go, 'Stop')
    leg(0)
  })
  show(legs)
}

const perStep = ({ ms, steps }: RaceProgress) => (steps > 0 ? ms / steps : NaN)

const time = (ms: number) => (Number.isNaN(ms) ? '-' : duration(ms))

function show(legs: ReadonlyMap<EngineName, RaceProgress>): void {
  const core = legs.get('wasm')
  const rows = ORDER.map((engine) => {
    const leg = legs.get(engine)
    if (!leg) return [NAMES[engine], '-', '-', '-', '-']
    if (leg.error !== undefined) return [NAMES[engine], leg.error, '-', '-', '-']
    const each = perStep(leg)
    const bar = h('progress', { max: Math.max(1, leg.of), value: leg.steps })
    bar.setAttribute('aria-label', `Steps made on ${NAMES[engine]}`)
    const made = h('span', {}, bar, ` ${count(leg.steps)} / ${count(leg.of)}`)
    const whole = time(each * leg.of)
    const ratio =
      core && !core.error ? `${count(Math.round((10 * each) / perStep(core)) / 10)}x` : '-'
    const estimated = leg.done && leg.steps < leg.of ? `${whole}, estimated` : whole
    return [NAMES[engine], made, time(each), estimated, Number.isNaN(each) ? '-' : ratio]
  })
  fillTable(
    byId('race-table'),
    ['engine', 'steps', 'per step', 'whole run', 'compared with the core'],
    rows,
  )
}

/** The result of the race: how much the losses of the engines differ. */
function verdict(legs: ReadonlyMap<EngineName, RaceProgress>): string {
  const core = legs.get('wasm')
  if (!core || core.error) return 'Without the core there is nothing to compare with.'
  const gaps = ORDER.slice(1).flatMap((engine) => {
    const { losses } = legs.get(engine)!
    const compared = Math.min(losses.length, core.losses.length)
    let gap = 0
    for (let i = 0; i < compared; i++) gap = Math.max(gap, Math.abs(losses[i]! - core.losses[i]!))
    return [`${NAMES[engine]} ${gap.toExponential(0)} over ${compared} steps`]
  })
  const about = 'Each engine starts cold, has one core to itself, and compiles while it runs.'
  return `${about} Largest difference of a loss from the core's: ${gaps.join('; ')}.`
}
