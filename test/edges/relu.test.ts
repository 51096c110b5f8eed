/** relu and relu2 where their slope breaks: at 0, -0 and NaN, alone and in the model. */
import { describe, expect, test } from 'vitest'
import { MicroGPT } from '../../src/index.js'
import { BUILDS, graphOn, moduleOf } from '../helpers/cores.js'

const TINY = 5e-324
// As Python's max(0, x), and 1 where x > 0 for its slope: NaN is not above 0.
const CASES: [x: number, relu: number, slope: number, relu2: number, slope2: number][] = [
  [0, 0, 0, 0, 0],
  [-0, 0, 0, 0, 0],
  [NaN, 0, 0, 0, 0],
  [TINY, TINY, 1, 0, 2 * TINY],
  [-TINY, 0, 0, 0, 0],
  [2 ** -600, 2 ** -600, 1, 0, 2 ** -599],
  [1, 1, 1, 1, 2],
  [-1, 0, 0, 0, 0],
  [2 ** 600, 2 ** 600, 1, Infinity, 2 ** 601],
  [Infinity, Infinity, 1, Infinity, Infinity],
  [-Infinity, 0, 0, 0, 0],
]

describe.each(BUILDS)('%s build', (build) => {
  // Vectors of two numbers, four of them at a time, and what is left over.
  test.each([1, 2, 3, 5, 8, 9, 17])('in each place of %i numbers', async (count) => {
    for (const [op, y, slope] of [
      ['relu', 1, 2],
      ['relu2', 3, 4],
    ] as const) {
      const g = await graphOn(build)
      const x = g.input(1, count)
      const out = g[op](x)
      for (const row of CASES) {
        for (let place = 0; place < count; place++) {
          // The others are 3, so that a lane that leaks into the next is visible.
          x.data.fill(3)
          x.data[place] = row[0]
          g.forward()
          x.grad.fill(NaN)
          g.backward(out, -1)
          const want = (i: number, one: number, other: number) => (i === place ? one : other)
          const ys = Array.from(out.data, (_, i) => want(i, row[y], op === 'relu' ? 3 : 9))
          const slopes = Array.from(x.grad, (_, i) => want(i, -row[slope], op === 'relu' ? -1 : -6))
          // toEqual tells 0 from -0: a value is never -0, a slope has the sign of what it is times.
          expect([...out.data]).toEqual(ys)
          expect(Array.from(x.grad, (d) => d + 0)).toEqual(slopes.map((d) => d + 0))
        }
      }
    }
  })

  test('an accumulated gradient does not change where the slope is 0', async () => {
    for (const op of ['relu', 'relu2'] as const) {
      const g = await graphOn(build)
      const x = g.input(1, 5)
      x.data.set([0, -0, NaN, -1, 2])
      const y = g.add(g[op](x), g.scale(x, 10))
      g.forward()
      g.backward(y)
      expect([...x.grad]).toEqual([10, 10, 10, 10, op === 'relu' ? 11 : 14])
    }
  })
})

describe.each(['relu', 'relu2'] as const)('the model with %s', (activation) => {
  const docs = ['ab', 'cab', 'dd']
  const config = { activation, init_std: 0.5, zero_init_projections: false }
  const create = () => MicroGPT.create({ docs, config, core: moduleOf('release') })
  const fc1 = (gpt: MicroGPT) => gpt.stateDict.get('layer0.mlp_fc1')!

  test.each([0, -0, NaN])('a feature that is always %d counts for nothing', async (value) => {
    const [gpt, without] = [await create(), await create()]
    // Zeros as weights give 0 or -0, NaN gives NaN: in the model all of them are 0 behind.
    fc1(gpt).data.fill(value, 0, 16)
    without.stateDict.get('layer0.mlp_fc2')!.data.forEach((_, i, fc2) => {
      if (i % 64 === 0) fc2[i] = 0
    })
    const want = without.loss(docs)
    expect(want).toBeGreaterThan(0)
    expect(gpt.loss(docs)).toBe(want)
    expect(gpt.sample({ count: 3 })).toEqual(without.sample({ count: 3 }))
  })

  test.each([0, -0])(
    'where all features are %d there is no gradient before them',
    async (value) => {
      const gpt = await create()
      fc1(gpt).data.fill(value)
      expect([...gpt.train({ steps: 1 })]).toHaveLength(1)
      expect(fc1(gpt).grad.every((g) => g === 0)).toBe(true)
      expect(gpt.stateDict.get('layer0.mlp_fc2')!.grad.every((g) => g === 0)).toBe(true)
      expect(gpt.stateDict.get('layer0.attn_wv')!.grad.some((g) => g !== 0)).toBe(true)
    },
  )
})
