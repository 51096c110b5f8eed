/** The sections that --sizes and --scaling add, on processes of known figures. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { BenchReport } from '../../src/bench/rounds.js'
import { WIDTHS, run } from './processes.js'

const folder = mkdtempSync(join(tmpdir(), 'bench-'))
afterAll(() => rmSync(folder, { recursive: true }))

describe('--sizes', () => {
  test('three models, with their rows', async () => {
    const { asked, stdout } = await run({}, '--sizes', '--json')
    const sizes = ['small', 'medium', 'large']
    expect(asked.slice(-3)).toEqual(sizes.map((size) => `wasm size ${size}`))
    expect((JSON.parse(stdout) as BenchReport).sizes).toEqual(
      sizes.map((size) => ({
        size,
        numParams: 108_672,
        msPerStep: 17.25,
        tokensPerSecond: 29_670,
        gflops: 18.99,
        ofPeak: 0.788,
        lossDifference: size.length,
      })),
    )
  })

  test('a table of them', async () => {
    const { stdout } = await run({}, '--sizes')
    for (const line of [
      'model                       parameters   batch   ms per step   tokens/s   GFLOP/s   of peak',
      'small (64, 4, 2, 32)           108,672      16        17.3     29,670      19.0      79 %',
      'medium (128, 4, 4, 64)         108,672      16        17.3     29,670      19.0      79 %',
      'large (256, 8, 6, 128)         108,672       8        17.3     29,670      19.0      79 %',
    ]) {
      expect(stdout.split('\n').map((one) => one.replaceAll(/ +/g, ' '))).toContain(
        line.replace(/ +/g, ' '),
      )
    }
  })
})

describe('--scaling', () => {
  test('batches, documents, parameters and threads, in the report', async () => {
    const { asked, stdout } = await run({}, '--scaling', '--preset', 'gist', '--json')
    const { scaling } = JSON.parse(stdout) as BenchReport
    const { batches, documents, parameters, threads } = scaling!
    expect(batches).toMatchObject({ rows: [{ batch: 2 }], scalarDifference: 3e-15 })
    expect(documents).toEqual(
      [1e3, 1e4, 1e5, 1e6].map((count) => ({
        documents: count,
        textBytes: 6448,
        lossDifference: 1e-16,
        peakBytes: 2 ** 20 + 5e7,
        // Medians of three processes: 20, 90, 30; above bare ones, 10, 40 and 0 MB and 1 MiB.
        ms: 30,
        memoryBytes: 2 ** 20 + 1e7,
      })),
    )
    expect(parameters.rows.map(({ n_embd }) => n_embd)).toEqual(WIDTHS)
    expect(WIDTHS.slice(0, 3)).toEqual([16, 32, 64])
    expect(parameters.rows[1]).toMatchObject({ nsPerPosition: 2, nsAdam: 1.5, bytes: 2 ** 20 })
    const spread = WIDTHS.at(-1)! / 16
    expect(parameters.spread.nsPerPosition).toBeCloseTo(spread, 9)
    expect(parameters.spread.nsAdam).toBeCloseTo(spread, 9)
    expect(parameters.bound).toBe('80 % of the 64.0 MiB of memory that is free')
    expect(Object.keys(threads)).toEqual(['small', 'medium'])
    const starts = [1000, 10_000, 100_000, 1_000_000].flatMap((count) =>
      Array.from({ length: 3 }, () => ['wasm bare gist', `wasm documents gist ${count}`]).flat(),
    )
    expect(asked.slice(asked.indexOf('wasm batches gist'))).toEqual([
      ...['wasm batches gist', ...starts],
      ...WIDTHS.map((n) => `wasm parameters ${n}`),
      ...['wasm threads small', 'wasm threads medium'],
    ])
  })

  const LINES = [
    '| 2     |            12.3 |                  1,850 |',
    'of 1 equals scalar autograd within 3.0e-15',
    '| 1,000     | 6.3 KiB |         30.0 |            30.0 | 10.5 MiB |',
    '| 1,000,000 | 6.3 KiB |         30.0 |          0.0300 | 10.5 MiB |',
    '| 4,064      |     32 | 1.0 MiB |       0.100 |             24.6 |',
    '| small (64, 4, 2, 32)   |       2 |        8.00 |    2.50 |',
  ]

  test('prints its tables below the machine, and writes them between the comments of a --readme file', async () => {
    const file = join(folder, 'README.md')
    writeFileSync(
      file,
      'Above.\n\n<!-- bench --scaling -->\nold\n<!-- /bench --scaling -->\n\nBelow.\n',
    )
    const { code, stdout } = await run({}, '--scaling', '--markdown', '--readme', file)
    expect(code).toBe(0)
    const text = readFileSync(file, 'utf8')
    expect(text.startsWith('Above.\n\n<!-- bench --scaling -->\n\n')).toBe(true)
    expect(text.endsWith('\n\n<!-- /bench --scaling -->\n\nBelow.\n')).toBe(true)
    expect(text).not.toContain('old')
    for (const line of LINES) {
      expect(stdout).toContain(line)
      expect(text).toContain(line)
    }
    expect(text).toContain('Scaling of the WebAssembly core:\nan abacus\n')
    expect(text).not.toContain('| WebAssembly core')
  })

  test('--readme writes Markdown while the terminal gets text', async () => {
    const file = join(folder, 'text.md')
    writeFileSync(file, '<!-- bench --scaling --><!-- /bench --scaling -->')
    const { stdout } = await run({}, '--scaling', '--readme', file)
    expect(stdout).not.toContain('|')
    expect(readFileSync(file, 'utf8')).toContain(LINES[0])
  })

  test('a --readme file without the comments is an error', async () => {
    const file = join(folder, 'none.md')
    writeFileSync(file, 'nothing')
    const { code, stderr } = await run({}, '--scaling', '--readme', file)
    expect(code).toBe(2)
    expect(stderr).toMatch(/there is no place between <!-- bench --scaling -->/)
  })
})
