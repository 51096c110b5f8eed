/** Training at its edges: the norm at which gradients are clipped, and long validations. */
import { describe, expect, test } from 'vitest'
import { Adam, MicroGPT } from '../../src/index.js'
import { BUILDS, arenaOn } from '../helpers/cores.js'

const ULP = 2 ** -52

describe.each(BUILDS)('grad_clip beside the norm of the gradient, %s build', (build) => {
  /** What is left of a gradient of norm 10. */
  async function clipped(grad_clip: number): Promise<number[]> {
    const grad = [6, 0, -8]
    const arena = await arenaOn(build, { params: 3 })
    arena.paramsGrad.set(grad)
    new Adam(arena, { beta1: 0.9, beta2: 0.95, eps_adam: 1, grad_clip }).update(0.01)
    return [...arena.paramsGrad]
  }

  test.each([10, 10 * (1 + ULP), 10 * (1 + 1e-9), 11, 1e300])('%d leaves it', async (clip) => {
    expect(await clipped(clip)).toEqual([6, 0, -8])
  })

  test.each([10 * (1 - ULP), 10 * (1 - 1e-9), 9, 1e-9, 5e-324])('%d cuts it', async (clip) => {
    const factor = clip / 10
    expect(await clipped(clip)).toEqual([6 * factor, 0, -8 * factor])
    expect(Math.abs(6 * factor)).toBeLessThan(6)
  })
})

describe.each([1, 2])('grad_clip in a model, on %i threads', (threads) => {
  const docs = ['anna', 'bob', 'carla', 'dan', 'emma', 'finn']

  /** The gradient of the first step, as it is left. */
  async function gradient(grad_clip: number | null): Promise<number[]> {
    const config = { grad_clip, batch_size: 5, init_std: 0.3, zero_init_projections: false }
    const gpt = await MicroGPT.create({ docs, threads, config })
    for (const _ of gpt.train({ steps: 1 })) continue
    const grad = Array.from(gpt.stateDict.values(), (matrix) => Array.from(matrix.grad)).flat()
    gpt.free()
    return grad
  }
  const normOf = (grad: number[]) => Math.sqrt(grad.reduce((sum, g) => sum + g * g, 0))

  test('cuts what is longer by a little, and leaves what is shorter by a little', async () => {
    const grad = await gradient(null)
    const norm = normOf(grad)
    expect(norm).toBeGreaterThan(0.1)
    expect(await gradient(norm * (1 + 1e-12))).toEqual(grad)
    const short = norm * (1 - 1e-12)
    const cut = await gradient(short)
    expect(cut).not.toEqual(grad)
    expect(normOf(cut)).toBeCloseTo(short, 13)
    const half = await gradient(norm / 2)
    expect(normOf(half)).toBeCloseTo(norm / 2, 13)
    half.forEach((g, i) => expect(Math.abs(2 * g - grad[i]!)).toBeLessThanOrEqual(1e-14))
  })
})

describe('a validation over more sequences than are taken at a time', () => {
  const LETTERS = 'abcdefg'
  /** Documents of 0 to 6 letters, each 50th one longer than the model sees. */
  const many = (count: number) =>
    Array.from({ length: count }, (_, i) => {
      const letters = Array.from({ length: i % 50 === 7 ? 40 : i % 7 }, (__, j) => {
        return LETTERS[(i * 3 + j * (i % 5)) % 7]
      })
      return letters.join('')
    })
  const config = { n_embd: 4, n_head: 1, block_size: 6, init_std: 0.5 }

  // 1,024 sequences are a group.
  test.each([1, 1023, 1024, 1025, 2047, 2048, 2049, 3000])('%i documents', async (held) => {
    const docs = many(held + 6)
    const gpt = await MicroGPT.create({ docs, config, valFraction: (held + 0.5) / (held + 6) })
    expect(gpt.counts).toEqual({ train: 6, val: held })
    // One sum in the order of the documents, over their count.
    const sum = gpt.valDocs.reduce((total, doc) => total + gpt.loss([doc]), 0)
    const mean = gpt.validate()
    expect(mean).toBe(sum / held)
    expect(gpt.loss(gpt.valDocs)).toBe(mean)
    const [{ valLoss }] = gpt.train({ steps: 1, evalEvery: 1 }) as unknown as [{ valLoss: number }]
    expect(valLoss).toBe(gpt.validate())
    expect(valLoss).not.toBe(mean)
  })

  test.each([1, 1023, 1024, 1025, 2049])('%i blocks of a text', async (blocks) => {
    const held = 6 * blocks + 1
    const text = Array.from({ length: held + 20 }, (_, i) => LETTERS[(i * i) % 7]).join('')
    const valFraction = (held + 0.5) / (held + 20)
    const gpt = await MicroGPT.create({ text, config, valFraction })
    expect(gpt.counts).toEqual({ train: 20, val: held })
    let sum = 0
    for (let at = 20; at + 6 < text.length; at += 6) sum += gpt.loss([text.slice(at, at + 7)])
    expect(gpt.validate()).toBe(sum / blocks)
  })

  test('is the same on two threads', async () => {
    const make = (threads: number) =>
      MicroGPT.create({ docs: many(2500), config, valFraction: 0.9, threads })
    const [one, two] = await Promise.all([make(1), make(2)])
    expect(two.counts.val).toBe(2250)
    expect(two.validate()).toBe(one.validate())
    two.free()
  })
})
