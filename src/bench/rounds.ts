/**
 * Rounds of measurements. First all engines run the same 30 steps, and nothing is timed unless
 * their losses agree within 1e-11: all of them must compute the same. Then, in each round, every
 * engine is measured in a new process, one after another, so that noise of the machine affects all
 * of them. A figure is the median over the rounds, with the smallest and the largest. A ratio is
 * the median of the ratios within each round.
 */
import { type Processes, PROCESSES } from './child.js'
import { COMPARED, checkLosses } from './equal.js'
import { type Scaling, measureScaling } from './scaling/index.js'
import type { Size } from './shapes.js'
import type { SizeResult } from './sizes.js'

const ENGINES = ['wasm', 'typed', 'value'] as const
export type TimedEngine = (typeof ENGINES)[number] | 'cpython'
const TOLERANCE = 1e-11
/** Steps of CPython per round. */
const PYTHON_STEPS = 10

/** A figure: the median over the rounds, the smallest and the largest. */
export interface Figure {
  median: number
  min: number
  max: number
}

export interface Row {
  engine: TimedEngine
  step: Figure
  /** Time per step relative to the WebAssembly core. */
  ratio: Figure
  tokensPerSecond: Figure | null
  start: Figure | null
}

export interface BenchReport {
  machine: string
  preset: string
  numParams: number
  rounds: number
  /** The largest difference between any engine's losses and wasm's. */
  lossDifference: number
  rows: Row[]
  /** The larger models, on the WebAssembly core; empty unless requested. */
  sizes: SizeRow[]
  /** Scaling of the WebAssembly core; null unless requested. */
  scaling: Scaling | null
}

export interface SizeRow extends SizeResult {
  size: Size
}

function figure(values: number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, min: sorted[0]!, max: sorted.at(-1)! }
}

/** @throws {Error} if an engine's losses differ from the core's */
async function compareLosses(preset: string, { child, cpython }: Processes) {
  const want = await child<{ losses: number[]; numParams: number }>('wasm', 'losses', preset)
  let worst = 0
  const compare = (name: string, losses: number[], steps = COMPARED) => {
    const far = checkLosses(name, losses, want.losses.slice(0, steps), TOLERANCE)
    worst = Math.max(worst, far)
  }
  for (const name of ['typed', 'value']) {
    compare(name, (await child<{ losses: number[] }>(name, 'losses', preset)).losses)
  }
  const python = await cpython(preset, PYTHON_STEPS)
  if (python) compare('cpython', python.losses, PYTHON_STEPS)
  return { worst, numParams: want.numParams, withPython: python !== null }
}

/**
 * All figures of a preset.
 * @param sections whether to measure larger models and scaling, too
 * @param say receives progress messages
 * @throws {Error} if an engine's losses differ from the core's
 */
export async function measureRounds(
  preset: string,
  rounds: number,
  sections: { sizes: boolean; scaling: boolean },
  say: (text: string) => void,
  processes: Processes = PROCESSES,
): Promise<BenchReport> {
  const { child, cpython } = processes
  say('comparing losses')
  const { worst, numParams, withPython } = await compareLosses(preset, processes)

  const steps: Record<TimedEngine, number[]> = { wasm: [], typed: [], value: [], cpython: [] }
  const tokens: Record<TimedEngine, number[]> = { wasm: [], typed: [], value: [], cpython: [] }
  const starts: Record<TimedEngine, number[]> = { wasm: [], typed: [], value: [], cpython: [] }
  for (let round = 1; round <= rounds; round++) {
    for (const name of ENGINES) {
      say(`round ${round} of ${rounds}: ${name}`)
      steps[name].push((await child<{ us: number }>(name, 'step', preset)).us)
      const sampled = await child<{ tokensPerSecond: number }>(name, 'sample', preset)
      tokens[name].push(sampled.tokensPerSecond)
      starts[name].push((await child<{ ms: number }>(name, 'start', preset)).ms)
    }
    if (!withPython) continue
    say(`round ${round} of ${rounds}: cpython`)
    steps.cpython.push(1e6 * (await cpython(preset, PYTHON_STEPS))!.secondsPerStep)
  }

  const sizes: SizeRow[] = []
  for (const size of sections.sizes ? (['small', 'medium', 'large'] as const) : []) {
    say(`size: ${size}`)
    sizes.push({ size, ...(await child<SizeResult>('wasm', 'size', size)) })
  }

  const scaling = sections.scaling ? await measureScaling(preset, processes, say) : null

  const measured: TimedEngine[] = withPython ? [...ENGINES, 'cpython'] : [...ENGINES]
  const rows = measured.map((engine) => ({
    engine,
    step: figure(steps[engine]),
    ratio: figure(steps[engine].map((us, round) => us / steps.wasm[round]!)),
    tokensPerSecond: tokens[engine].length > 0 ? figure(tokens[engine]) : null,
    start: starts[engine].length > 0 ? figure(starts[engine]) : null,
  }))
  const lossDifference = worst
  return {
    machine: processes.machine(),
    preset,
    numParams,
    rounds,
    lossDifference,
    rows,
    sizes,
    scaling,
  }
}
