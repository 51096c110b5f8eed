/** The benchmark as it is run: what it compares, what it tells, and what it refuses. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Report } from '../../src/bench/rounds.js'
import { table } from '../../src/bench/table.js'
import { cli, environment } from '../cli/program.js'
import type { Ended } from '../cli/program.js'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
const file = join(folder, 'report.json')
const MEASURE = fileURLToPath(new URL('../../build/measure.js', import.meta.url))
const LABELS = ['WebAssembly core', 'typed arrays, TypeScript', 'scalar Value, TypeScript']

let run: Ended
let report: Report
beforeAll(async () => {
  run = await cli('bench', '--rounds', '1', '--markdown', '--json', file)
  report = JSON.parse(readFileSync(file, 'utf8'))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('a round', () => {
  test('ends well, and says nothing beside its table', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(run.stdout).toBe(`${table(report, true)}\n`)
  })

  test('measures the same computation: all losses agree', () => {
    expect(report).toMatchObject({ preset: 'tutorial', numParams: 4064, rounds: 1, sizes: [] })
    expect(report.lossDifference).toBeLessThanOrEqual(1e-11)
  })

  test('has a row an engine, each figure with its least and its most', () => {
    const engines = report.rows.map(({ engine }) => engine)
    expect(engines.slice(0, 3)).toEqual(['wasm', 'typed', 'value'])
    expect(['', 'cpython']).toContain(engines.slice(3).join())
    for (const { step, ratio, tokensPerSecond, start } of report.rows) {
      for (const figure of [step, ratio, tokensPerSecond, start]) {
        if (figure === null) continue
        const { min, median, max } = figure
        expect([min, median, max]).toEqual([min, median, max].toSorted((a, b) => a - b))
        expect(min).toBeGreaterThan(0)
      }
    }
  })

  test('gives each step as a multiple of the core’s', () => {
    const [wasm] = report.rows
    expect(wasm!.ratio).toEqual({ min: 1, median: 1, max: 1 })
    for (const { step, ratio } of report.rows) {
      expect(ratio.median).toBeCloseTo(step.median / wasm!.step.median, 9)
    }
  })
})

describe('the table', () => {
  const rows = (markdown: boolean) => table(report, markdown).split('\n')

  test('as text and as Markdown has a line an engine', () => {
    for (const label of LABELS) {
      expect(rows(true).filter((line) => line.startsWith(`| ${label} `))).toHaveLength(1)
      expect(rows(false).filter((line) => line.startsWith(`${label} `))).toHaveLength(1)
    }
  })

  test('says - for what was not measured, and has the larger models where they were', () => {
    const one = { median: 1234.5, min: 0.5, max: 2e6 }
    const none = { engine: 'cpython', step: one, ratio: one, tokensPerSecond: null, start: null }
    const figures = { msPerStep: 17.25, tokensPerSecond: 29_670, gflops: 18.99, ofPeak: 0.788 }
    const size = { size: 'small', numParams: 108_672, ...figures, lossDifference: 0 }
    const text = table({ ...report, rows: [none], sizes: [size] } as unknown as Report, true)
    const cells = text
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => line.split('|').map((cell) => cell.trim()))
    expect(cells.map(([, name]) => name)).toEqual(
      expect.arrayContaining(['microgpt in CPython', 'small (64, 4, 2, 32)']),
    )
    expect(cells.find(([, name]) => name === 'microgpt in CPython')!.slice(2, -1)).toEqual([
      ...['1,235', '0.500 to 2,000,000', '1,235', '-', '-'],
    ])
    expect(cells.find(([, name]) => name!.startsWith('small'))!.slice(2, -1)).toEqual([
      ...['108,672', '16', '17.3', '29,670', '19.0', '79 %'],
    ])
  })
})

test('a larger model is measured once its loss is the twin’s', () => {
  const words = [MEASURE, 'wasm', 'size', 'small']
  const text = execFileSync(process.execPath, words, { encoding: 'utf8', env: environment() })
  const { numParams, lossDifference, msPerStep, tokensPerSecond, gflops, ofPeak } = JSON.parse(text)
  expect(numParams).toBe(108_672)
  expect(lossDifference).toBeLessThanOrEqual(1e-11)
  expect(tokensPerSecond).toBeCloseTo((1000 * 16 * 32) / msPerStep, 6)
  expect(gflops).toBeGreaterThan(0)
  expect(ofPeak).toBeGreaterThan(0)
})

describe('it refuses', () => {
  test.each([
    [['--preset', 'tiny'], '--preset must be tutorial or gist, got tiny'],
    [['--rounds', '0'], '--rounds must be a whole number from 1 to 1000, got 0'],
    [['--rounds', '1.5'], '--rounds must be a whole number from 1 to 1000, got 1.5'],
    [['report.json'], 'bench takes no argument but the file of --json, got report.json'],
    [['--json', 'a', 'b'], 'bench takes no argument but the file of --json, got a b'],
    [['--fly'], "Unknown option '--fly'"],
  ])('%j', async (words, sentence) => {
    const { code, stdout, stderr } = await cli('bench', ...words)
    expect({ code, stdout, stderr }).toEqual({
      ...{ code: 2, stdout: '', stderr: `${sentence}; see microgpt-wasm bench --help\n` },
    })
  })
})
