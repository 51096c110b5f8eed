/** Runs one engine of the race; the page starts a new worker for each. */
import { parseDocs } from '../../data/text.js'
import { nextTurn } from '../../worker/turn.js'
import type { RaceOptions, RaceProgress } from '../page-api.js'
import { createEngine } from './engine.js'

const MESSAGE_MS = 100
/** Number of losses sent to the page for comparison. */
const COMPARED = 100

export async function race(
  { engine: name, text, settings, budget }: RaceOptions,
  post: (progress: RaceProgress) => void,
): Promise<[null]> {
  const losses: number[] = []
  const state: RaceProgress = {
    ...{ engine: name, steps: 0, of: 0, ms: 0, startMs: 0, done: false },
    losses: new Float64Array(),
  }
  try {
    const docs = parseDocs(text)
    const start = performance.now()
    const engine = await createEngine(
      name,
      { text, name: null, mode: 'docs', valFraction: 0, docs },
      settings,
    )
    state.startMs = performance.now() - start
    state.of = engine.config.num_steps
    post(state)
    const run = engine.train({})
    while (state.steps < state.of && state.ms < budget) {
      const begin = performance.now()
      let now = begin
      while (now - begin < MESSAGE_MS && state.ms + now - begin < budget) {
        const { done, value } = run.next()
        now = performance.now()
        if (done) break
        state.steps++
        if (losses.length < COMPARED) losses.push(value.loss)
        if (state.steps === state.of) break
      }
      state.ms += now - begin
      post({ ...state })
      await nextTurn()
    }
    post({ ...state, losses: Float64Array.from(losses), done: true })
  } catch (error) {
    post({ ...state, done: true, error: error instanceof Error ? error.message : String(error) })
  }
  return [null]
}
