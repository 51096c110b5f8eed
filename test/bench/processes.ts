/** The benchmark on processes of known figures, from its flags on. */
import { loadCore } from '../../src/engine/core.js'
import type { Processes } from '../../src/bench/child.js'
import { runBench as bench } from '../../src/bench/main.js'
import { sizesUpTo } from '../../src/bench/scaling/plan.js'
import { captured } from './captured.js'

/** Bytes that are free, and the widths of the models that fit 80 % of them. */
const FREE = 2 ** 26
export const WIDTHS = sizesUpTo(await loadCore(), 0.8 * FREE)

/** Figures of three rounds, the second on a machine that is busy: of an engine, what by what. */
const ROUNDS: Record<string, Record<string, number[]>> = {
  wasm: { step: [10, 50, 20], sample: [300_000, 100_000, 200_000], start: [90, 250, 100] },
  typed: { step: [200, 500, 600], sample: [9000, 2000, 5000], start: [80, 200, 70] },
  value: { step: [9000, 35_000, 12_000], sample: [300, 99.94, 123.4], start: [110, 400, 120] },
}
const PYTHON = [0.08, 0.3, 0.2]
/** What every engine's losses are. */
export const LOSSES = Array.from({ length: 30 }, (_, i) => 4 - i / 32)

interface Given {
  losses?: Record<string, number[]>
  python?: boolean
  /** A measurement that ends with an error. */
  broken?: string
}

/** Processes that answer with the figures above, and what they were asked. */
function processes({ losses = {}, python = true, broken }: Given = {}) {
  const asked: string[] = []
  const turns = new Map<string, number>()
  /** How often this was asked before. */
  const turn = (question: string) => {
    const before = turns.get(question) ?? 0
    turns.set(question, before + 1)
    return before
  }
  const answer = (engine: string, what: string, rest: string): unknown => {
    const figure = ROUNDS[engine]?.[what]?.[turn(`${engine} ${what}`) % 3]
    const start = turn(what)
    switch (what) {
      case 'losses':
        return { losses: losses[engine] ?? LOSSES, numParams: 4064 }
      case 'step':
        return { us: figure }
      case 'sample':
        return { tokensPerSecond: figure }
      case 'start':
        return { ms: figure }
      case 'size':
        return {
          ...{ numParams: 108_672, msPerStep: 17.25, tokensPerSecond: 29_670, gflops: 18.99 },
          ...{ ofPeak: 0.788, lossDifference: rest.length },
        }
      case 'batches':
        return {
          rows: [{ batch: 2, usPerDocument: 12.34, usPerThousand: 1850, lossDifference: 2e-16 }],
          scalarDifference: 3e-15,
        }
      case 'bare':
        return { peakBytes: [4e7, 5e7, 6e7][start % 3] }
      case 'documents': {
        const peakBytes = 2 ** 20 + [5e7, 9e7, 6e7][start % 3]!
        const ms = [20, 90, 30][start % 3]
        return { textBytes: 6448, ms, peakBytes, lossDifference: 1e-16 }
      }
      case 'parameters':
        return {
          ...{ numParams: 4064, bytes: 2 ** 20, msPerStep: 0.1, lossDifference: 4e-16 },
          ...{ nsPerPosition: Number(rest) / 16, nsAdam: 48 / Number(rest) },
        }
      default:
        return {
          supported: true,
          rows: [
            { threads: 1, msPerStep: 20 },
            { threads: 2, msPerStep: 8 },
          ],
        }
    }
  }
  const child = async <T>(engine: string, what: string, rest: string): Promise<T> => {
    asked.push(`${engine} ${what} ${rest}`)
    if (what === broken) throw new Error(`${what}: the loss is 1, expected 2`)
    return answer(engine, what, rest) as T
  }
  const cpython = async (preset: string, steps: number) => {
    asked.push(`cpython ${steps} ${preset}`)
    const round = turn('cpython')
    // The first is asked for its losses alone.
    const secondsPerStep = round === 0 ? 77 : PYTHON[(round - 1) % 3]!
    return python ? { secondsPerStep, losses: losses.cpython ?? LOSSES.slice(0, 10) } : null
  }
  const machine = () => 'an abacus'
  return { asked, processes: { child, cpython, machine, freeBytes: () => FREE } as Processes }
}

/** Runs the benchmark on these processes; what it wrote, and how it ended. */
export async function run(given: Given, ...argv: string[]) {
  const { asked, processes: fake } = processes(given)
  return { asked, ...(await captured(() => bench(argv, fake))) }
}
