/** The benchmark from its flags to its report, table and files, on processes of known figures. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { BenchReport } from '../../src/bench/rounds.js'
import { cli } from '../cli/program.js'
import { LOSSES, run } from './processes.js'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

const without = (count: number) => LOSSES.slice(0, count)
const off = (at: number, by: number) => LOSSES.map((loss, i) => (i === at ? loss + by : loss))

const ROWS = [
  {
    engine: 'wasm',
    step: { median: 20, min: 10, max: 50 },
    ratio: { median: 1, min: 1, max: 1 },
    tokensPerSecond: { median: 200_000, min: 100_000, max: 300_000 },
    start: { median: 100, min: 90, max: 250 },
  },
  {
    engine: 'typed',
    step: { median: 500, min: 200, max: 600 },
    // Of a round: 20, 10 and 30; of the medians it would be 25.
    ratio: { median: 20, min: 10, max: 30 },
    tokensPerSecond: { median: 5000, min: 2000, max: 9000 },
    start: { median: 80, min: 70, max: 200 },
  },
  {
    engine: 'value',
    step: { median: 12_000, min: 9000, max: 35_000 },
    ratio: { median: 700, min: 600, max: 900 },
    tokensPerSecond: { median: 123.4, min: 99.94, max: 300 },
    start: { median: 120, min: 110, max: 400 },
  },
  {
    engine: 'cpython',
    step: { median: 200_000, min: 80_000, max: 300_000 },
    ratio: { median: 8000, min: 6000, max: 10_000 },
    tokensPerSecond: null,
    start: null,
  },
]
const REPORT = {
  ...{ machine: 'an abacus', preset: 'tutorial', numParams: 4064, rounds: 3, lossDifference: 0 },
  ...{ rows: ROWS, sizes: [], scaling: null },
}

describe('the report', () => {
  test('medians, extremes and ratios within a round, as --json prints them', async () => {
    const { code, stdout, stderr } = await run({}, '--rounds', '3', '--json')
    expect([code, stderr]).toEqual([0, ''])
    expect(stdout.endsWith('}\n')).toBe(true)
    expect(JSON.parse(stdout)).toEqual(REPORT)
  })

  test('engines in turn within each round, each figure in a fresh process, of the preset', async () => {
    const { asked } = await run({}, '--rounds', '2', '--preset', 'gist', '--json')
    const compared = ['wasm', 'typed', 'value'].map((engine) => `${engine} losses gist`)
    const round = ['wasm', 'typed', 'value'].flatMap((engine) =>
      ['step', 'sample', 'start'].map((what) => `${engine} ${what} gist`),
    )
    const python = 'cpython 10 gist'
    expect(asked).toEqual([...compared, python, ...round, python, ...round, python])
  })

  test('five rounds of the tutorial unless told otherwise', async () => {
    const { asked, stdout } = await run({}, '--json')
    expect(asked.filter((question) => question === 'wasm step tutorial')).toHaveLength(5)
    expect(JSON.parse(stdout)).toMatchObject({ rounds: 5, preset: 'tutorial' })
  })

  test('without CPython it has no row of it', async () => {
    const { asked, stdout } = await run({ python: false }, '--rounds', '3', '--json')
    expect((JSON.parse(stdout) as BenchReport).rows).toEqual(ROWS.slice(0, 3))
    expect(asked.filter((question) => question.startsWith('cpython'))).toHaveLength(1)
  })

  test('the largest difference of a loss, whichever engine’s it is', async () => {
    const python = off(9, 2 ** -40).slice(0, 10)
    const losses = { typed: off(3, 2 ** -42), value: off(29, -(2 ** -38)), cpython: python }
    const { stdout } = await run({ losses }, '--json')
    expect(JSON.parse(stdout)).toMatchObject({ lossDifference: 2 ** -38 })
    const last = await run({ losses: { cpython: python } }, '--json')
    expect(JSON.parse(last.stdout)).toMatchObject({ lossDifference: 2 ** -40 })
  })
})

describe('an unequal loss ends the benchmark before anything is timed', () => {
  test.each([
    ['typed at the first step', { typed: off(0, 1e-10) }, 'typed, step 1: the loss is'],
    ['typed at the last step', { typed: off(29, -1e-10) }, 'typed, step 30: the loss is'],
    ['value', { value: off(17, 2e-11) }, 'value, step 18: the loss is'],
    ['wasm', { wasm: off(1, 1e-10) }, 'typed, step 2: the loss is'],
    ['cpython', { cpython: off(9, 1e-10).slice(0, 10) }, 'cpython, step 10: the loss is'],
    ['no number', { value: off(2, NaN) }, 'value, step 3: the loss is NaN'],
    ['no number at all', { wasm: off(2, NaN), typed: off(2, NaN) }, 'typed, step 3'],
    ['a step too few', { typed: without(29) }, 'typed: 29 losses, expected 30'],
    ['none of CPython', { cpython: [] }, 'cpython: 0 losses, expected 10'],
    ['too few of CPython', { cpython: without(9) }, 'cpython: 9 losses, expected 10'],
  ])('%s', async (_, losses, message) => {
    const { error, asked, stdout } = await run({ losses }, '--sizes', '--scaling')
    expect(error?.message).toContain(message)
    expect(stdout).toBe('')
    expect(asked.filter((question) => !/losses|cpython/.test(question))).toEqual([])
  })

  test.each(['size', 'batches', 'documents', 'parameters', 'threads'])(
    'in the process of %s: nothing is printed or written',
    async (broken) => {
      const [file, readme] = [join(folder, `${broken}.json`), join(folder, `${broken}.md`)]
      const text = '<!-- bench --scaling --><!-- /bench --scaling -->'
      writeFileSync(readme, text)
      const flags = ['--sizes', '--scaling', '--json', file, '--readme', readme]
      const { error, stdout } = await run({ broken }, ...flags)
      expect(error?.message).toBe(`${broken}: the loss is 1, expected 2`)
      expect(stdout).toBe('')
      expect(() => readFileSync(file)).toThrow('ENOENT')
      expect(readFileSync(readme, 'utf8')).toBe(text)
    },
  )
})

const TABLE = `\
tutorial: 4,064 parameters, float64, one document per step
an abacus
the losses of all engines agree within 0.0e+0

engine                     µs per step          min to max   times wasm   tokens/s   ms to step 1
WebAssembly core                  20.0        10.0 to 50.0         1.00    200,000            100
typed arrays, TypeScript           500          200 to 600         20.0      5,000           80.0
scalar Value, TypeScript        12,000     9,000 to 35,000          700        123            120
microgpt in CPython            200,000   80,000 to 300,000        8,000          -              -

Medians of 3 rounds`
const MARKDOWN = `\
| engine                   | µs per step |        min to max | times wasm | tokens/s | ms to step 1 |
| ------------------------ | ----------: | ----------------: | ---------: | -------: | -----------: |
| WebAssembly core         |        20.0 |      10.0 to 50.0 |       1.00 |  200,000 |          100 |
| typed arrays, TypeScript |         500 |        200 to 600 |       20.0 |    5,000 |         80.0 |
| scalar Value, TypeScript |      12,000 |   9,000 to 35,000 |        700 |      123 |          120 |
| microgpt in CPython      |     200,000 | 80,000 to 300,000 |      8,000 |        - |            - |
`

describe('the table', () => {
  test('as text', async () => {
    const { stdout } = await run({}, '--rounds', '3')
    expect(stdout.slice(0, TABLE.length)).toBe(TABLE)
    expect(stdout).not.toContain('GFLOP/s')
  })

  test('as Markdown', async () => {
    expect((await run({}, '--rounds', '3', '--markdown')).stdout).toContain(`\n\n${MARKDOWN}\n`)
  })

  test('the largest difference of the losses is above it', async () => {
    const { stdout } = await run({ losses: { typed: off(3, 2.5e-12) } })
    expect(stdout).toContain('\nthe losses of all engines agree within 2.5e-12\n')
  })

  test('--json FILE writes the report beside it', async () => {
    const file = join(folder, 'report.json')
    const { stdout } = await run({}, '--rounds', '3', '--json', file)
    expect(stdout.slice(0, TABLE.length)).toBe(TABLE)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(REPORT)
  })
})

describe('it refuses, and measures nothing', () => {
  test.each([
    [['--preset', 'tiny'], '--preset must be tutorial or gist, got tiny'],
    [['--rounds', '0'], '--rounds must be a whole number from 1 to 1000, got 0'],
    [['--rounds', '1001'], '--rounds must be a whole number from 1 to 1000, got 1001'],
    [['--rounds', '1.5'], '--rounds must be a whole number from 1 to 1000, got 1.5'],
    [['--rounds', 'x'], '--rounds must be a whole number from 1 to 1000, got x'],
    [['report.json'], 'bench takes no argument but the file of --json, got report.json'],
    [['--json', 'a', 'b'], 'bench takes no argument but the file of --json, got a b'],
    [['--fly'], "Unknown option '--fly'"],
  ])('%j', async (words, sentence) => {
    const { code, asked, stdout, stderr } = await run({}, ...words)
    expect({ code, asked, stdout }).toEqual({ code: 2, asked: [], stdout: '' })
    expect(stderr).toBe(`${sentence}; see microgpt-wasm bench --help\n`)
  })

  test('the program ends with code 2', async () => {
    const { code, stdout, stderr } = await cli('bench', '--rounds', '0')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('--rounds must be a whole number from 1 to 1000, got 0')
  })

  test('--rounds 1000 and --help are fine', async () => {
    expect((await run({ broken: 'losses' }, '--rounds', '1000')).error?.message).toContain('losses')
    const { code, asked, stdout } = await run({}, '--help')
    expect([code, asked]).toEqual([0, []])
    for (const flag of 'preset rounds sizes scaling json markdown readme'.split(' ')) {
      expect(stdout).toContain(`--${flag}`)
    }
  })
})
