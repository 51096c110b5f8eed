/** Small experiments on a temporary model; the page's own run does not notice them. */
import { MicroGPT } from '../../gpt/microgpt.js'
import { nextTurn } from '../../worker/turn.js'
import type { EqualRun, FirstGradient } from '../page-api.js'
import { Smooth } from '../smooth.js'
import { type Engine, slicesOf } from './engine.js'

/** Time that an experiment may train. */
const BUDGET_MS = 2000
/** Maximum number of steps timed for an estimate, and their maximum time. */
const TIMED_STEPS = 12
const TIMED_MS = 400
/** Time between two turns of the event loop. */
const TURN_MS = 10
/** The value of all random numbers where init_std is 0. */
const USUAL = 0.02

/**
 * Trains a model whose random numbers are all replaced by one value. Equal parameters get equal
 * gradients and stay equal, so that few different values are left.
 */
export async function equalRun(engine: Engine): Promise<EqualRun> {
  const value = engine.config.init_std || USUAL
  const { params } = engine
  for (let i = 0; i < params.length; i++) if (params[i] !== 0) params[i] = value
  const smooth = new Smooth()
  const end = performance.now() + BUDGET_MS
  let turn = performance.now()
  for (const { loss } of engine.train()) {
    smooth.add(loss)
    const now = performance.now()
    if (now > end) break
    if (now - turn < TURN_MS) continue
    await nextTurn()
    turn = performance.now()
  }
  const largest = slicesOf(engine, 'data').reduce((a, b) =>
    b.values.length > a.values.length ? b : a,
  )
  return {
    value,
    steps: engine.step,
    loss: smooth.value,
    numParams: params.length,
    distinct: new Set(params).size,
    largest: {
      name: largest.name,
      count: largest.values.length,
      distinct: new Set(largest.values).size,
    },
  }
}

/** The gradients of the first layer's matrices at the first two steps: root mean squares. */
export function firstGradients(engine: Engine): FirstGradient[] {
  const run = engine.train({ steps: 2 })
  const measure = () => {
    const slices = slicesOf(engine, 'grad').filter(({ name }) => name.startsWith('layer0.'))
    return slices.map(({ name, values }) => {
      const sum = values.reduce((total, x) => total + x * x, 0)
      return { name: name.replace('layer0.', ''), size: Math.sqrt(sum / values.length) }
    })
  }
  run.next()
  const first = measure()
  run.next()
  const second = measure()
  return first.map(({ name, size }, i) => ({ name, first: size, second: second[i]!.size }))
}

/** Milliseconds per step: the median of a few steps. */
export function msPerStep(engine: Engine): number {
  const times: number[] = []
  const begin = performance.now()
  const run = engine.train({ steps: TIMED_STEPS })
  while (performance.now() - begin < TIMED_MS) {
    const start = performance.now()
    if (run.next().done) break
    times.push(performance.now() - start)
  }
  times.sort((a, b) => a - b)
  return times[times.length >> 1] ?? 0
}

/** Runs an experiment and frees its model. */
export async function onTemporary<T>(
  engine: Engine,
  experiment: (engine: Engine) => T | Promise<T>,
): Promise<T> {
  try {
    return await experiment(engine)
  } finally {
    if (engine instanceof MicroGPT) engine.free()
  }
}
