/** Measurements in processes of their own, and how the scaling section asks for them. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { Batches } from '../../src/bench/scaling/batches.js'
import type { DocumentsResult } from '../../src/bench/scaling/documents.js'
import { measureScaling } from '../../src/bench/scaling/index.js'
import type { ParametersResult } from '../../src/bench/scaling/parameters.js'
import { bound, sizesUpTo } from '../../src/bench/scaling/plan.js'
import type { ThreadsResult } from '../../src/bench/scaling/threads.js'
import { environment } from '../cli/program.js'

const asked: string[][] = []
/** What each measurement is to give, by its name. */
const given: Record<string, (rest: string) => unknown> = {}
vi.mock('../../src/bench/child.js', () => ({
  child: async (engine: string, what: string, rest: string) => {
    asked.push([engine, what, rest])
    return given[what]!(rest)
  },
}))

/** What build/measure.js prints. */
function measured<T>(what: string, rest: string): T {
  const file = fileURLToPath(new URL('../../build/measure.js', import.meta.url))
  const words = [file, 'wasm', what, rest]
  return JSON.parse(execFileSync(process.execPath, words, { encoding: 'utf8', env: environment() }))
}

describe('a process measures', () => {
  test('batches: a loss is the mean of its documents’, and 1 is scalar autograd', () => {
    const { rows, scalarDifference } = measured<Batches>('batches', 'tutorial')
    expect(rows.map(({ batch }) => batch)).toEqual([1, 2, 4, 8, 16, 32, 64])
    expect(scalarDifference).toBeLessThanOrEqual(1e-11)
    for (const { usPerDocument, usPerThousand, lossDifference } of rows) {
      expect(lossDifference).toBeLessThanOrEqual(1e-12)
      expect(usPerDocument).toBeGreaterThan(0)
      // A document of names has 2 to 8 positions in a block of 8.
      const positions = (1000 * usPerDocument) / usPerThousand
      expect(positions).toBeGreaterThan(2)
      expect(positions).toBeLessThanOrEqual(8)
    }
  })

  test('documents: from the text to the first step, and the memory of that and of none', () => {
    const { peakBytes } = measured<{ peakBytes: number }>('bare', 'tutorial')
    expect(peakBytes).toBeGreaterThan(1e6)
    const few = measured<DocumentsResult>('documents', 'gist 100')
    expect(few.textBytes).toBeGreaterThan(400)
    expect(few.lossDifference).toBeLessThanOrEqual(1e-11)
  })

  test('parameters and threads, by the width and by the name of a size', () => {
    expect(measured<ParametersResult>('parameters', '16').numParams).toBe(4064)
    const { rows } = measured<ThreadsResult>('threads', 'small')
    expect(rows.map(({ threads }) => threads)).toEqual(rows.map((_, i) => i + 1))
    expect(rows[0]!.msPerStep).toBeGreaterThan(0)
  })
})

describe('the scaling section', () => {
  beforeEach(() => {
    asked.length = 0
    let runs = 0
    Object.assign(given, {
      batches: () => ({ rows: [], scalarDifference: 0 }),
      bare: () => ({ peakBytes: 100 }),
      documents: () => ({ ms: [5, 90, 7][runs % 3], peakBytes: [300, 1000, 200][runs++ % 3] }),
      parameters: (n: string) => ({ nsPerPosition: Number(n), nsAdam: 32 / Number(n) }),
      threads: () => ({ supported: true, rows: [{ threads: 1, msPerStep: 3 }] }),
    })
  })

  test('takes medians over processes, and spreads over the widths', async () => {
    const said: string[] = []
    const scaling = await measureScaling('gist', (text) => said.push(text))
    expect(scaling.documents.map(({ documents }) => documents)).toEqual([1e3, 1e4, 1e5, 1e6])
    for (const { ms, memoryBytes } of scaling.documents) expect([ms, memoryBytes]).toEqual([7, 200])
    const { parameters, threads } = scaling
    const widths = parameters.rows.map(({ n_embd }) => n_embd)
    expect(widths.slice(0, 3)).toEqual(sizesUpTo(bound().bytes).slice(0, 3))
    const ratio = widths.at(-1)! / widths[0]!
    expect(parameters.spread.nsPerPosition).toBeCloseTo(ratio, 9)
    expect(parameters.spread.nsAdam).toBeCloseTo(ratio, 9)
    expect(Object.keys(threads)).toEqual(['small', 'medium'])
    expect(said[0]).toBe('scaling: batches')
    expect(said.at(-1)).toBe('scaling: threads, medium')
  })

  test('asks for each in a fresh process, with the preset', async () => {
    await measureScaling('gist', () => {})
    expect(asked[0]).toEqual(['wasm', 'batches', 'gist'])
    const documents = asked.filter(([, what]) => what === 'documents').map(([, , rest]) => rest)
    expect(documents.slice(0, 4)).toEqual(['gist 1000', 'gist 1000', 'gist 1000', 'gist 10000'])
    expect(asked.filter(([, what]) => what === 'bare')).toHaveLength(documents.length)
  })
})
