/** The real engines and the real clock, briefly: as the benchmark is run, and what a step does. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Arena } from '../../src/engine/arena.js'
import { Adam } from '../../src/engine/adam.js'
import { MEASURES } from '../../src/bench/measures.js'
import { REAL } from '../../src/bench/real.js'
import type { BenchReport } from '../../src/bench/rounds.js'
import type { ParametersResult } from '../../src/bench/scaling/parameters.js'
import { watchAdam } from '../../src/bench/scaling/watch-adam.js'
import type { Setup } from '../../src/bench/setup.js'
import type { SizeResult } from '../../src/bench/sizes.js'
import type { MicroGPT } from '../../src/gpt/microgpt.js'
import type { Ended } from '../cli/ended.js'
import { cli, environment } from '../cli/program.js'

/**
 * A folder for PATH whose python3 runs the real one, and only once: with one round, CPython is asked
 * the same twice, and takes 8 s each time.
 */
const once = mkdtempSync(join(tmpdir(), 'microgpt-python-'))
const { PATH } = process.env
writeFileSync(
  join(once, 'python3'),
  `#!/bin/sh
PATH=\${PATH#*:}
[ -f "$0.said" ] || echo "$@" > "$0.asked"
[ "$(cat "$0.asked")" = "$*" ] || exec python3 "$@"
[ -f "$0.said" ] || python3 "$@" > "$0.said" || exit
cat "$0.said"
`,
  { mode: 0o755 },
)
afterAll(() => {
  process.env['PATH'] = PATH
  rmSync(once, { recursive: true })
})

let run: Ended
let report: BenchReport
let size: SizeResult
beforeAll(async () => {
  const file = fileURLToPath(new URL('../../build/measure.js', import.meta.url))
  const words = [file, 'wasm', 'size', 'small']
  // Side by side: nothing here depends on how long it takes.
  const measured = promisify(execFile)(process.execPath, words, { env: environment() })
  process.env['PATH'] = `${once}${delimiter}${PATH}`
  run = await cli('bench', '--rounds', '1', '--json')
  report = JSON.parse(run.stdout || '{}')
  size = JSON.parse((await measured).stdout)
}, 300_000)

describe('bench --rounds 1 --json', () => {
  test('measures the same computation on every engine, and prints nothing but its report', () => {
    expect(run).toMatchObject({ code: 0, stderr: '' })
    expect(report).toMatchObject({ preset: 'tutorial', numParams: 4064, rounds: 1, sizes: [] })
    expect(report.lossDifference).toBeLessThanOrEqual(1e-11)
    expect(report.machine).toContain(`Node ${process.version}`)
  })

  test('with CPython where there is one', async () => {
    const python = await promisify(execFile)('python3', ['--version']).catch(() => null)
    const rows = report.rows.filter(({ engine }) => engine === 'cpython')
    expect(rows).toHaveLength(python ? 1 : 0)
    for (const { step, ratio } of rows) {
      expect(step.median).toBeGreaterThan(1000)
      expect(ratio.median).toBeGreaterThan(10)
    }
  })

  test('has figures of the right order: the core leads, scalar autograd is last', () => {
    const [core, typed, value] = report.rows
    expect(report.rows.slice(0, 3).map(({ engine }) => engine)).toEqual(['wasm', 'typed', 'value'])
    // Wide: a step takes 20 µs on the core and 20 ms on scalar autograd, a start a tenth of a
    // second.
    expect(core!.step.median).toBeGreaterThan(2)
    expect(core!.step.median).toBeLessThan(20_000)
    expect(value!.ratio.median).toBeGreaterThan(10)
    expect(core!.tokensPerSecond!.median).toBeGreaterThan(value!.tokensPerSecond!.median)
    for (const row of [core!, typed!, value!]) {
      expect(row.start!.median).toBeGreaterThan(5)
      expect(row.start!.median).toBeLessThan(100_000)
    }
  })
})

test('a larger model, in a process: its loss is the reference engine’s, its pace that of a fraction of the peak', () => {
  expect(size.numParams).toBe(108_672)
  expect(size.lossDifference).toBeLessThanOrEqual(1e-11)
  expect(size.ofPeak).toBeGreaterThan(0)
  expect(size.ofPeak).toBeLessThan(10)
})

/** The real setup, whose clock also notes the parameters of the core that was made last. */
function noting() {
  const noted: Float64Array[] = []
  let core: MicroGPT | null = null
  const setup: Setup = {
    ...REAL,
    now() {
      if (core) noted.push(core.params.slice())
      return REAL.now()
    },
    async wasm(options) {
      core = (await REAL.wasm(options)) as MicroGPT
      return core
    },
  }
  return { setup, noted }
}

test('every timed batch of steps moves the parameters', async () => {
  const { setup, noted } = noting()
  await MEASURES.step(setup, 'wasm', 'tutorial')
  // The warm-up and 21 batches, each from one reading of the clock to the next.
  expect(noted).toHaveLength(2 * 22)
  for (let i = 0; i < noted.length; i += 2) {
    const moved = noted[i]!.filter((x, j) => x !== noted[i + 1]![j])
    expect(moved.length / noted[i]!.length).toBeGreaterThan(0.9)
  }
})

test('the parts of a real step are both measured', async () => {
  const { lossDifference, nsAdam, nsPerPosition, numParams } = (await MEASURES.parameters(
    ...([REAL, 'wasm', '16'] as const),
  )) as ParametersResult
  expect(numParams).toBe(4064)
  expect(lossDifference).toBeLessThanOrEqual(1e-11)
  expect(nsAdam).toBeGreaterThan(0)
  expect(nsPerPosition).toBeGreaterThan(0)
})

test('real documents: parsed, trained and compared with the reference engine', async () => {
  expect(await MEASURES.documents(REAL, 'wasm', 'gist 100')).toMatchObject({
    lossDifference: expect.closeTo(0, 11),
  })
})

describe('a watch on Adam', () => {
  /** An update of one parameter's worth on an arena that has no core. */
  const adam = () => new Adam({ core: {} } as Arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })

  test('sums the time of updates, and hands on all of their arguments', () => {
    let ms = 0
    const rates: number[] = []
    const update = (rate: number) => {
      rates.push(rate)
      ms += 7
    }
    const watch = watchAdam(() => ms)
    const one = adam()
    one.update(0.5, update)
    ms += 100
    one.update(0.25, update)
    expect(watch.ms()).toBe(14)
    expect(rates).toHaveLength(2)
    expect(one.t).toBe(2)
    watch.stop()
    one.update(0.5, update)
    expect(watch.ms()).toBe(14)
    expect(rates).toHaveLength(3)
  })

  test('leaves the parameters as they would be without it', () => {
    const plain = adam()
    const watched = adam()
    const rates: number[][] = [[], []]
    plain.update(0.5, (...numbers) => void (rates[0] = numbers))
    const watch = watchAdam(REAL.now)
    watched.update(0.5, (...numbers) => void (rates[1] = numbers))
    watch.stop()
    expect(rates[1]).toEqual(rates[0])
  })
})
