/** What the page reads from its model: matrices before and now, candidates, and right answers. */
import { expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { makeSums, shareOfRightAnswers } from '../../src/web/lib/datasets/sums.js'
import type { Drawing } from '../../src/web/page-api.js'
import { Probe } from '../../src/web/worker/probe.js'

const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn', 'otto']

/** A model after some steps, and its probe. */
async function probed(options: Parameters<typeof MicroGPT.create>[0], steps: number) {
  const gpt = await MicroGPT.create(options)
  const initial = gpt.params.slice()
  const probe = new Probe(gpt, initial)
  for (const _ of gpt.train({ steps })) continue
  return { gpt, initial, probe }
}

test('the numbers are those before training, now, and of the latest gradients', async () => {
  const { gpt, initial, probe } = await probed({ docs, config: { n_layer: 2 } }, 5)
  const now = Float64Array.from(gpt.params)
  const grad = Array.from(gpt.stateDict.values(), (matrix) => Array.from(matrix.grad)).flat()
  const { step, values, gradients, start } = probe.numbers(true)
  expect([step, values, start]).toEqual([5, now, initial])
  expect(Array.from(gradients)).toEqual(grad)
  expect(probe.numbers(false).start).toBeNull()
  let at = 0
  const first = new Map<string, Float64Array>()
  for (const { name, data } of gpt.stateDict.values()) {
    first.set(name, initial.slice(at, (at += data.length)))
  }
  for (const { name, shape, data, grad: slope } of gpt.stateDict.values()) {
    for (const [shown, numbers] of [
      ['data', data],
      ['grad', slope],
    ] as const) {
      const found = probe.matrix(name, shown)!
      const matrix = { name, rows: shape[0], columns: shape[1] }
      expect(found).toEqual({
        ...{ shown, step: 5 },
        before: { ...matrix, values: first.get(name) },
        now: { ...matrix, values: numbers.slice() },
      })
    }
  }
  expect(probe.matrix('layer2.attn_wq', 'data')).toBeNull()
  for (const shown of ['data', 'grad'] as const) {
    expect(probe.thumbs(shown)).toEqual(
      [...gpt.stateDict.keys()].map((name) => probe.matrix(name, shown)!.now),
    )
  }
})

test('right answers are counted in the sums that are held out, up to a number of them', async () => {
  const sums = makeSums({ to: 3 })
  const config = { block_size: 8, num_steps: 400 }
  const { gpt, probe } = await probed({ docs: sums, valFraction: 0.5, config }, 400)
  expect(gpt.valDocs).toHaveLength(8)
  const held = shareOfRightAnswers(gpt, gpt.valDocs)
  // It has learned its sums by heart.
  expect(shareOfRightAnswers(gpt, gpt.docs)).toBeGreaterThan(held)
  expect(probe.rightAnswers(200)).toBe(held)
  for (const most of [1, 3, 7]) {
    expect(probe.rightAnswers(most)).toBe(shareOfRightAnswers(gpt, gpt.valDocs.slice(0, most)))
  }
  const { probe: without } = await probed({ docs }, 1)
  expect(without.rightAnswers(200)).toBeNull()
})

const drawing = (more: Partial<Drawing>): Drawing => {
  return { prompt: '', temperature: 1, topK: null, ...more }
}

test('candidates of a prompt as long as the model sees, and not of a longer one', async () => {
  const { gpt, probe } = await probed({ docs, config: { block_size: 4 } }, 20)
  expect(probe.mostChars).toBe(4)
  for (const prompt of ['', 'a', 'ott']) {
    const found = await probe.candidates(drawing({ prompt }))
    const { top } = gpt.generate({ prompt, temperature: 1, seed: 3 }).next().value ?? { top: [] }
    for (const [i, { char, probability }] of top.entries()) {
      expect(found[i]).toEqual({ char, probability: expect.closeTo(probability, 12) })
    }
    expect(found).toHaveLength(gpt.tokenizer.vocabSize)
  }
  await expect(probe.candidates(drawing({ prompt: 'otto' }))).rejects.toThrow(
    'the prompt has 4 characters, and the model sees 3',
  )
})

test('a text has no end: BOS is no candidate, and only the end of a prompt is seen', async () => {
  const text = 'the quick brown fox jumps over the lazy dog\n'.repeat(9)
  const { gpt, probe } = await probed({ text, config: { block_size: 4 } }, 20)
  expect(probe.mostChars).toBe(300)
  const found = await probe.candidates(drawing({ prompt: 'jumps over' }))
  expect(found.map(({ char }) => char).sort()).toEqual([...gpt.tokenizer.chars].sort())
  expect(await probe.candidates(drawing({ prompt: 'over' }))).toEqual(found)
  // Without a prompt it begins after a new line.
  const begin = await probe.candidates(drawing({ prompt: '\n' }))
  expect(await probe.candidates(drawing({}))).toEqual(begin)
})

test.each([
  [{ topK: 0 }, 'top-k must be a whole number from 1, or empty for all'],
  [{ topK: 1.5 }, 'top-k must be a whole number from 1, or empty for all'],
  [{ temperature: -1 }, 'temperature'],
  [{ temperature: NaN }, 'temperature'],
])('%j is refused', async (wrong, message) => {
  const { probe } = await probed({ docs }, 0)
  await expect(probe.candidates(drawing(wrong))).rejects.toThrow(message)
})
