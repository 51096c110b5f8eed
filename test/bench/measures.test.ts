/**
 * Every measurement of the benchmark, against the known figures of fake engines and a fake clock.
 */
import { loadCore } from '../../src/engine/core.js'
import { describe, expect, test } from 'vitest'
import type { Batches } from '../../src/bench/scaling/batches.js'
import type { DocumentsResult } from '../../src/bench/scaling/documents.js'
import type { ParametersResult } from '../../src/bench/scaling/parameters.js'
import { bytesOf } from '../../src/bench/scaling/plan.js'
import type { ThreadsResult } from '../../src/bench/scaling/threads.js'
import type { SizeResult } from '../../src/bench/sizes.js'
import { type MeasuredEngine, MEASURES, type What } from '../../src/bench/measures.js'
import { NAMES } from '../../src/data/names.js'
import { parseDocs } from '../../src/data/text.js'
import { namesText } from '../../src/bench/texts.js'
import { type Figures, type Step, fakeSetup, noThreads } from './fake.js'

/** A measurement, and what happened in the fake setup meanwhile. */
async function measured<T extends object>(
  what: What,
  rest: string,
  figures: Partial<Figures> = {},
  engine: MeasuredEngine = 'wasm',
) {
  const fake = fakeSetup(figures)
  return { ...fake, result: (await MEASURES[what](fake.setup, engine, rest)) as T }
}

/** All figures of an object, to ten digits. */
function expectClose(got: object, want: object): void {
  expect(Object.keys(got).toSorted()).toEqual(Object.keys(want).toSorted())
  for (const [name, value] of Object.entries(want)) {
    const figure = (got as Record<string, number>)[name]!
    expect(Math.abs(figure / value - 1) < 1e-10 || figure === value, `${name}: ${figure}`).toBe(
      true,
    )
  }
}

describe('an engine, a bit faster with each step', () => {
  // The middle one of 21 batches; the warm-up is before the first.
  test.each([
    ['wasm', 100 - (3000 + 10 * 500 + 249.5) / 1000],
    ['typed', 100 - (3000 + 10 * 200 + 99.5) / 1000],
    ['value', 100 - (20 + 10 * 2 + 0.5) / 1000],
  ] as const)('a step of %s in µs, after the warm-up', async (engine, us) => {
    const ms = ({ step }: Step) => (100 - step / 1000) / 1000
    expectClose((await measured('step', 'tutorial', { ms }, engine)).result, { us })
  })

  // 3, 1, 8 and 8 or 16 tokens; timed are the last two thirds of what is sampled.
  test.each([
    ['tutorial', 'wasm', 20_000, 5],
    ['gist', 'wasm', 20_000, 7],
    ['tutorial', 'typed', 5_000, 5],
    ['tutorial', 'value', 20, 5],
  ] as const)('tokens per second, %s, %s', async (preset, engine, samples, tokens) => {
    const texts = ['ab', '', 'abcdefg', 'abcdefghijklmnopqrstuvw']
    const sampleMs = (n: number) => 1 - n / 100_000
    const { result, steps } = await measured('sample', preset, { texts, sampleMs }, engine)
    const ms = samples * (1 - (samples - 0.5) / 100_000)
    expectClose(result, { tokensPerSecond: (1000 * samples * tokens) / ms })
    expect(steps.length).toBe(engine === 'value' ? 5 : 500)
  })

  test('a start, from the beginning of the process', async () => {
    const figures = { begin: 300, createMs: 40, ms: () => 2 }
    expect((await measured('start', 'tutorial', figures)).result).toEqual({ ms: 342 })
  })

  test('the losses of 30 steps, and the number of parameters', async () => {
    const { result } = await measured<{ losses: number[] }>('losses', 'gist', { numParams: 4192 })
    expect(result).toMatchObject({ numParams: 4192, losses: { length: 30 } })
    const [name] = parseDocs(NAMES)
    expect(result.losses[0]).toBe(2 + name!.length / 8)
  })
})

describe('larger models', () => {
  const ms = ({ step }: Step) => 50 - step / 10
  test.each([
    ['small', 108_672, 16 * 32, 105.5, 327_745_536],
    ['medium', 16_512 + 100_000, 16 * 64, 7.5, 818_872_320],
    ['large', 49_408 + 100_000, 8 * 128, 4, 1_831_796_736],
  ])('%s', async (size, numParams, tokens, middle, flops) => {
    const figures = { ms, numParams, spinMs: [2, 1, 4], off: offBy(2 ** -37, () => true) }
    const { result } = await measured<SizeResult>('size', size, figures)
    const msPerStep = 50 - middle / 10
    const gflops = flops / msPerStep / 1e6
    expectClose(result, {
      ...{ numParams, msPerStep, gflops, tokensPerSecond: (1000 * tokens) / msPerStep },
      // At best 32 million operations in 2 ms.
      ...{ ofPeak: gflops / 16, lossDifference: 2 ** -37 },
    })
  })
})

/** An engine whose loss is off in the steps that `where` names. */
const offBy = (by: number, where: (step: Step) => boolean) => (step: Step) => (where(step) ? by : 0)

describe('the scaling section', () => {
  test.each([
    ['tutorial', 6],
    ['gist', 8],
  ])('batches, %s: per document and per 1,000 positions', async (preset, positions) => {
    const docs = Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? 'abc' : 'abcdefghijk'))
    const ms = ({ batch, seen }: Step) => (batch * (100 - (seen + (batch - 1) / 2) / 1000)) / 1000
    const off = ({ step, batch, engine }: Step) => {
      if (step === 0 && batch === 8) return 2 ** -41
      return engine === 'wasm' && batch === 1 && step === 7 ? 2 ** -38 : 0
    }
    const { result } = await measured<Batches>('batches', preset, { docs, ms })
    expect(result.rows.map(({ batch }) => batch)).toEqual([1, 2, 4, 8, 16, 32, 64])
    for (const row of result.rows) {
      // Round 5 of 1 to 9; round 0 warms up.
      const usPerDocument = 100 - (row.batch + 5 * 2048 + 1023.5) / 1000
      const usPerThousand = (1000 * usPerDocument) / positions
      expectClose(row, { batch: row.batch, usPerDocument, usPerThousand, lossDifference: 0 })
    }
    const apart = await measured<Batches>('batches', preset, { off })
    expect(apart.result.scalarDifference).toBe(2 ** -38)
    const differences = apart.result.rows.map(({ lossDifference }) => lossDifference)
    expect(differences).toEqual([0, 0, 0, 2 ** -41, 0, 0, 0])
  })

  test('documents: from the text to the first step, the reference engine not counted', async () => {
    const figures = { begin: 5, off: offBy(2 ** -37, ({ step }) => step === 0) }
    const { result } = await measured<DocumentsResult>('documents', 'gist 1000', figures)
    const textBytes = namesText(1000).length
    expect(result).toEqual({ textBytes, ms: 41, peakBytes: 1e6, lossDifference: 2 ** -37 })
  })

  test('a bare process: its peak, no model made', async () => {
    expect((await measured('bare', 'tutorial')).result).toEqual({ peakBytes: 0 })
  })

  test('parameters: a step and its parts, the first step and the small model not counted', async () => {
    const ms = ({ step, n_embd }: Step) => (n_embd === 16 && step > 0 ? 2 - step / 1000 : 5000)
    const figures = { ms, numParams: 1000, off: offBy(2 ** -37, ({ step }) => step === 0) }
    const { result, steps, counts } = await measured<ParametersResult>('parameters', '16', figures)
    // Rounds of 1, 20, 20, 20... steps: the middle one of seven is the third of 20.
    const msPerStep = 2 - 51.5 / 1000
    expectClose(result, {
      ...{
        numParams: 1000,
        bytes: bytesOf(await loadCore(), 16),
        msPerStep,
        lossDifference: 2 ** -37,
      },
      nsPerPosition: (0.75 * msPerStep * 1e6) / 1000 / 32,
      nsAdam: (0.25 * msPerStep * 1e6) / 1000,
    })
    expect(steps.filter(({ n_embd }) => n_embd === 16)).toHaveLength(1 + 1 + 6 * 20)
    expect(steps.filter(({ n_embd }) => n_embd === 64)).toHaveLength(300)
    expect(counts).toMatchObject({ watches: 0, freed: 1 })
  })

  test('parameters: a step of half a second is measured once', async () => {
    const ms = ({ n_embd }: Step) => (n_embd === 32 ? 500 : 1)
    const { result, steps } = await measured<ParametersResult>('parameters', '32', { ms })
    expect(result.msPerStep).toBe(500)
    expect(steps.filter(({ n_embd }) => n_embd === 32)).toHaveLength(2)
  })

  test.each([
    ['small', 55],
    ['medium', 6],
  ])('threads, %s: each number of them, the warm-up not counted', async (size, middle) => {
    const ms = ({ threads, step }: Step) => 30 / threads - step / 1000
    const { result, counts } = await measured<ThreadsResult>('threads', size, { ms, maxThreads: 3 })
    expect(result.supported).toBe(true)
    expect(result.rows.map(({ threads }) => threads)).toEqual([1, 2, 3])
    for (const { threads, msPerStep } of result.rows) {
      expect(msPerStep).toBeCloseTo(30 / threads - middle / 1000, 10)
    }
    expect(counts.freed).toBe(counts.made)
  })

  test('threads: one row in a build without them; another error is an error', async () => {
    const none = await measured<ThreadsResult>('threads', 'small', { noThreads })
    expect(none.result).toMatchObject({ supported: false, rows: [{ threads: 1 }] })
    const failed = measured('threads', 'small', { noThreads: new Error('no memory') })
    await expect(failed).rejects.toThrow('no memory')
  })
})

const first = ({ step }: Step) => step === 0
const wasm = ({ engine }: Step) => engine === 'wasm'
describe.each([
  ['size', 'small', 'small:', 1e-10, first],
  ['size', 'large', 'large:', -1e-10, first],
  ['batches', 'tutorial', 'a batch of 1, against scalar autograd, step 30:', 1e-10, last],
  ['batches', 'tutorial', 'a batch of 1, against scalar autograd, step 1:', 1e-10, first],
  ['batches', 'gist', 'a batch of 2, against its', 2e-12, (s: Step) => first(s) && s.batch === 2],
  ['batches', 'gist', 'a batch of 64, against its', 2e-12, (s: Step) => first(s) && s.batch > 32],
  ['documents', 'tutorial 1000', '1000 documents:', 1e-10, first],
  ['parameters', '16', '4064 parameters:', 1e-10, first],
  [
    'threads',
    'small',
    'small on 2 threads, step 3:',
    2 ** -49,
    (s: Step) => s.threads === 2 && s.step === 2,
  ],
  ['threads', 'medium', 'medium on 2 threads, step 1:', 2 ** -49, (s: Step) => s.threads > 1],
] as const)('%s, %s: an unequal loss', (what, rest, message, by, where) => {
  test.each([by, NaN, Infinity])(`off by %d is an error: ${message}`, async (off) => {
    const figures = { off: offBy(off, (step) => wasm(step) && where(step)) }
    await expect(measured(what, rest, figures)).rejects.toThrow(message)
  })
})

function last({ step }: Step): boolean {
  return step === 29
}

test('documents that are lost in parsing are an error', async () => {
  // A count that the text does not hold: half a document more.
  await expect(measured('documents', 'gist 100.5')).rejects.toThrow('documents, expected 100.5')
})

describe('the learning rate', () => {
  test.each([
    ['step', 'tutorial', 'wasm'],
    ['step', 'tutorial', 'typed'],
    ['step', 'gist', 'value'],
    ['sample', 'gist', 'wasm'],
    ['start', 'tutorial', 'wasm'],
    ['losses', 'gist', 'typed'],
    ['size', 'small', 'wasm'],
    ['batches', 'tutorial', 'wasm'],
    ['documents', 'gist 100', 'wasm'],
    ['parameters', '16', 'wasm'],
    ['threads', 'small', 'wasm'],
  ] as const)('is the preset’s in every step: %s, %s, %s', async (what, rest, engine) => {
    const { steps } = await measured(what, rest, {}, engine)
    expect(steps.length).toBeGreaterThan(0)
    const rates = steps.map(({ lr }) => lr)
    expect(Math.min(...rates)).toBeGreaterThan(0.0095)
    expect(Math.max(...rates)).toBe(0.01)
  })
})
