/** One parameter through a run: Adam's moments and its update, and what a long run keeps. */
import { describe, expect, test } from 'vitest'
import { readSafetensors } from '../../../src/checkpoint/safetensors/read.js'
import { MicroGPT } from '../../../src/index.js'
import { PathLog, pointOf, updateOf } from '../../../src/web/lib/path-log.js'
import { figure, updateLines, updateSentence } from '../../../src/web/lib/update-text.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn', 'otto']
const ADAM = { beta1: 0.9, beta2: 0.95, eps_adam: 1e-8, weight_decay: 0 }

/** Gradients, flat, as the model has them after a step. */
const gradientsOf = (gpt: MicroGPT) =>
  [...gpt.stateDict.values()].flatMap(({ grad }) => Array.from(grad))

/** The logs of some parameters over a run, and the model after it. */
async function logsOf(indices: readonly number[], steps: number, config = {}) {
  const gpt = await MicroGPT.create({ docs, config: { n_embd: 8, ...config } })
  const logs = indices.map((index) => new PathLog(gpt.config, 0, gpt.params[index]!))
  for (const { lr } of gpt.train({ steps })) {
    const gradients = gradientsOf(gpt)
    logs.forEach((log, i) => log.add(gpt.params[indices[i]!]!, gradients[indices[i]!]!, lr))
  }
  return { gpt, logs }
}

/** A moment of all parameters, flat, from a checkpoint. */
function momentOf(gpt: MicroGPT, prefix: string): number[] {
  const { tensors } = readSafetensors(gpt.save({ optimizer: true }))
  return [...gpt.stateDict.keys()].flatMap((name) => {
    const { bytes } = tensors.get(`${prefix}${name}`)!
    return Array.from(new Float64Array(bytes.slice().buffer))
  })
}

describe.each([
  ['Adam alone', {}],
  ['weight decay and clipping', { weight_decay: 0.1, grad_clip: 0.5 }],
  ['other decays', { beta1: 0, beta2: 0.999, eps_adam: 1e-3 }],
])('with %s', (_, config) => {
  const indices = [0, 17, 130, 400, 700]

  test('the moments are those of the checkpoint, bit for bit', async () => {
    const { gpt, logs } = await logsOf(indices, 60, config)
    const [m, v] = [momentOf(gpt, 'adam.m.'), momentOf(gpt, 'adam.v.')]
    expect(logs.map(({ end }) => end.m)).toEqual(indices.map((index) => m[index]))
    expect(logs.map(({ end }) => end.v)).toEqual(indices.map((index) => v[index]))
    expect(v.some((x) => x > 0)).toBe(true)
  })

  test('the formula gives the value that the step began with', async () => {
    const { gpt, logs } = await logsOf(indices, 40, config)
    for (const log of logs) {
      const columns = log.columns()
      for (let i = 1; i <= 40; i++) {
        const { before, change } = updateOf(pointOf(columns, i), gpt.config)!
        expect(before).toBeCloseTo(columns.value[i - 1]!, 12)
        expect(change).toBeCloseTo(columns.value[i]! - columns.value[i - 1]!, 12)
      }
    }
  })
})

test('a tiny moment becomes 0, as in the core', () => {
  const log = new PathLog(ADAM, 0, 1)
  log.add(1, 1e-130, 0.01)
  expect([log.end.m, log.end.v]).toEqual([(1 - 0.9) * 1e-130, 0])
})

test('a log that begins later knows no moments, and no update', () => {
  const log = new PathLog(ADAM, 7, 0.5)
  log.add(0.4, 2, 0.01)
  expect(log.end).toEqual({ step: 8, value: 0.4, gradient: 2, rate: 0.01, m: NaN, v: NaN })
  expect(updateOf(log.end, ADAM)).toBeNull()
  expect(updateLines(log.end, null, ADAM)).toEqual([])
  expect(updateSentence(log.end, ADAM)).toContain('Adam averages recent gradients')
})

test.each([
  [0, [0]],
  [3, [0, 1, 2, 3]],
  [7, [0, 1, 2, 3, 4, 5, 6, 7]],
  [8, [0, 2, 4, 6, 8]],
  [13, [0, 2, 4, 6, 8, 10, 12, 13]],
  [33, [0, 8, 16, 24, 32, 33]],
])('after %i steps a log of at most 8 points has the steps %j', (steps, wanted) => {
  const log = new PathLog(ADAM, 0, 0, 8)
  for (let step = 1; step <= steps; step++) log.add(step / 10, 1, 0.01)
  const { step, value } = log.columns()
  expect(Array.from(step)).toEqual(wanted)
  expect(Array.from(value)).toEqual(wanted.map((at) => at / 10))
  expect(log.end.step).toBe(steps)
})

describe('the text of an update', () => {
  const log = new PathLog(ADAM, 0, 0.5)
  log.add(0.49, 2, 0.01)
  log.add(0.485, -1, 0.01)
  const [start, first, second] = [0, 1, 2].map((i) => pointOf(log.columns(), i))

  test('has the formulas of microgpt.py with the numbers of the step', () => {
    const lines = updateLines(second!, first!, ADAM)
    expect(lines.map(({ formula }) => formula)).toEqual([
      'm = 0.9 m + 0.1 gradient',
      'v = 0.95 v + 0.05 gradient²',
      'm̂ = m / (1 − 0.9^step)',
      'v̂ = v / (1 − 0.95^step)',
      'p = p − lr × m̂ / (√v̂ + 1e-8)',
    ])
    expect(lines.map(({ numbers }) => numbers)).toEqual([
      '0.9 × 0.2 + 0.1 × (−1) = 0.08',
      '0.95 × 0.2 + 0.05 × (−1)² = 0.24',
      '0.08 / 0.19 = 0.4211',
      '0.24 / 0.0975 = 2.462',
      '0.4877 − 0.01 × 0.4211 / 1.569 = 0.485',
    ])
    const decayed = updateLines(first!, start!, { ...ADAM, weight_decay: 0.5 }).at(-1)!
    expect(decayed.formula).toBe('p = (1 − lr × weight_decay) × p − lr × m̂ / (√v̂ + 1e-8)')
    expect(decayed.numbers).toMatch(/^\(1 − 0\.01 × 0\.5\) × 0\.5025 − 0\.01 × 2 \/ 2 = 0\.49$/)
  })

  test('leaves out the old moments if the step before is not kept', () => {
    expect(updateLines(second!, start!, ADAM)[0]!.numbers).toBe('0.08')
  })

  test.each([
    [2, [], /^At step 1 the gradient was positive: .* a higher loss\. Adam lowered it by 0\.01\.$/],
    [-2, [], /^At step 1 the gradient was negative: .* a lower loss\. Adam raised it by 0\.01\.$/],
    [0, [], /^At step 1 the gradient was 0: .* Adam left it where it was\.$/],
    [0, [2], /the gradient was 0.* lowered .*The gradients of earlier steps still move it\.$/],
    [-0.1, [2, 2], /negative.*Adam lowered it.*It still follows the gradients of earlier steps\.$/],
  ])('says what a gradient of %d after %j does', (gradient, earlier, wanted) => {
    const path = new PathLog(ADAM, 0, 0.5)
    for (const g of [...earlier, gradient]) path.add(0.49, g, 0.01)
    expect(updateSentence(path.end, ADAM)).toMatch(wanted)
  })

  test.each([
    [0, '0'],
    [-0.00123456, '−0.001235'],
    [0.1, '0.1'],
    [9.87e-8, '9.87e−8'],
    [123456, '1.235e+5'],
  ])('writes %d as %s', (x, text) => expect(figure(x)).toBe(text))
})
