import { describe, expect, test } from 'vitest'
import { Adam, type AdamOptions, type Arena, Random } from '../src/index.js'
import { power } from '../src/engine/adam.js'
import { BUILDS, arenaOn } from './helpers/cores.js'

const TUTORIAL = { beta1: 0.9, beta2: 0.95, eps_adam: 1e-8 }
const GIST = { beta1: 0.85, beta2: 0.99, eps_adam: 1e-8 }

/** The update of microgpt.py, letter for letter. */
class Literal {
  readonly p: number[]
  private readonly m: number[]
  private readonly v: number[]
  private readonly options: AdamOptions

  constructor(p: ArrayLike<number>, options: AdamOptions) {
    this.p = Array.from(p)
    this.m = this.p.map(() => 0)
    this.v = this.p.map(() => 0)
    this.options = options
  }

  update(grad: ArrayLike<number>, lr_t: number, step: number): void {
    const { p, m, v } = this
    const { beta1, beta2, eps_adam, weight_decay = 0 } = this.options
    for (let i = 0; i < p.length; i++) {
      m[i] = beta1 * m[i]! + (1 - beta1) * grad[i]!
      v[i] = beta2 * v[i]! + (1 - beta2) * grad[i]! ** 2
      const m_hat = m[i]! / (1 - beta1 ** (step + 1))
      const v_hat = v[i]! / (1 - beta2 ** (step + 1))
      p[i]! -= lr_t * weight_decay * p[i]!
      p[i]! -= (lr_t * m_hat) / (v_hat ** 0.5 + eps_adam)
    }
  }
}

/** The largest of |a - b| / |b|. */
const apart = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (x, i) => (x === b[i] ? 0 : Math.abs((x - b[i]!) / b[i]!))))

function fill(arena: Arena, seed: number): void {
  const random = new Random(seed)
  arena.params.forEach((_, i) => (arena.params[i] = random.gauss()))
  arena.paramsGrad.forEach((_, i) => (arena.paramsGrad[i] = random.gauss()))
}

describe.each(BUILDS)('Adam in the %s core', (build) => {
  const arenaOf = (params: number) => arenaOn(build, { params, values: 64, scratch: 16 })

  test.each<[string, number, AdamOptions]>([
    ['the tutorial', 1, TUTORIAL],
    ['the tutorial', 2, TUTORIAL],
    ['the tutorial', 7, TUTORIAL],
    ['the tutorial', 64, TUTORIAL],
    ['the gist', 64, GIST],
    ['no moments', 16, { beta1: 0, beta2: 0, eps_adam: 1e-8 }],
    ['a large epsilon', 16, { ...GIST, eps_adam: 1 }],
    ['a small epsilon', 16, { ...GIST, eps_adam: 1e-300 }],
    ['weight decay', 16, { ...GIST, weight_decay: 0.1 }],
  ])('%s: updates of %i parameters as the literal formula', async (_, params, options) => {
    const arena = await arenaOf(params)
    fill(arena, 1)
    const adam = new Adam(arena, options)
    const literal = new Literal(arena.params, options)
    for (let step = 0; step < 3; step++) {
      const lr = 0.01 * (1 - step / 10)
      literal.update(arena.paramsGrad, lr, step)
      adam.update(lr)
      expect(adam.t).toBe(step + 1)
      expect(apart(arena.params, literal.p)).toBeLessThanOrEqual(1e-15)
      fill(arena, step + 2)
      arena.params.set(literal.p)
    }
  })

  test.each([1e-100, 1e-8, 1, 1e8, 1e100])('a gradient of %d on a parameter 0', async (size) => {
    const arena = await arenaOf(8)
    fill(arena, 1)
    arena.params.fill(0)
    arena.paramsGrad.forEach((g, i) => (arena.paramsGrad[i] = g * size))
    const literal = new Literal(arena.params, TUTORIAL)
    literal.update(arena.paramsGrad, 0.01, 0)
    new Adam(arena, TUTORIAL).update(0.01)
    expect(apart(arena.params, literal.p)).toBeLessThanOrEqual(1e-15)
  })

  test('changes only the parameters', async () => {
    const arena = await arenaOf(7)
    fill(arena, 1)
    const x = arena.alloc([6])
    x.data.fill(5)
    x.grad.fill(6)
    const grad = arena.paramsGrad.slice()
    new Adam(arena, TUTORIAL).update(0.01)
    expect([...x.data, ...x.grad]).toEqual([5, 5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6])
    expect(arena.paramsGrad).toEqual(grad)
  })

  test('no gradient and learning rate 0 change nothing', async () => {
    const arena = await arenaOf(7)
    fill(arena, 1)
    const before = arena.params.slice()
    const adam = new Adam(arena, { ...TUTORIAL, weight_decay: 0.5 })
    adam.update(0)
    expect(arena.params).toEqual(before)
    const other = new Adam(await arenaOf(7), TUTORIAL)
    other.update(0.01)
    expect(apart(arena.params, before)).toBe(0)
  })

  describe('grad_clip', () => {
    const updated = async (grad: number[], grad_clip: number | null) => {
      const arena = await arenaOf(grad.length)
      arena.paramsGrad.set(grad)
      new Adam(arena, { ...TUTORIAL, eps_adam: 1, grad_clip }).update(0.01)
      return { params: [...arena.params], grad: [...arena.paramsGrad] }
    }

    test('shortens a longer gradient to its norm', async () => {
      const { grad, params } = await updated([3, 0, -4], 1)
      expect(apart(grad, [0.6, 0, -0.8])).toBeLessThanOrEqual(2e-16)
      expect(apart(params, (await updated([0.6, 0, -0.8], null)).params)).toBeLessThanOrEqual(1e-15)
    })

    test.each([5, 6, null])('does not change a gradient of norm 5 with %s', async (clip) => {
      expect(await updated([3, 0, -4], clip)).toEqual(await updated([3, 0, -4], null))
      expect((await updated([3, 0, -4], clip)).grad).toEqual([3, 0, -4])
    })

    test('leaves a gradient of zeros', async () => {
      expect((await updated([0, 0], 0.5)).grad).toEqual([0, 0])
    })
  })

  // With beta1 0.1 a first moment of 0.9 is 9e-(k + 1) after k updates without a gradient.
  test.each([
    ['kept above 1e-250', 248, false],
    ['zero below it', 251, true],
    ['zero where it would be denormal', 315, true],
  ])('the first moment is %s', async (_, updates, zero) => {
    const arena = await arenaOf(4)
    arena.paramsGrad.set([1, -1, 2, 0])
    const { core } = arena
    core.adam(0.01, 1, 0.1, 0.1, 1)
    arena.zeroGrad()
    for (let k = 1; k < updates; k++) core.adam(0.01, 1, 0.1, 0.1, 1)
    arena.params.fill(0)
    core.adam(1, 1e-40, 0.1, 0.1, 1)
    expect(Array.from(arena.params, (p) => p === 0)).toEqual([zero, zero, zero, true])
  })

  // p = -m / (sqrt(v) + eps): the root of a second moment kept is far above epsilon.
  test.each([
    [1e-120, 1],
    [1e-126, 1e-126 / 1e-200],
  ])('the second moment of a gradient %d: kept, or zero below 1e-250', async (g, want) => {
    const arena = await arenaOf(2)
    arena.paramsGrad.set([g, -g])
    arena.core.adam(1, 1e-200, 0, 0, 1)
    expect(apart(arena.params, [-want, want])).toBeLessThanOrEqual(1e-15)
  })
})

describe('power', () => {
  test.each([0, 1, 0.5, 0.85, 0.9, 0.95, 0.99, 1 - 2 ** -53])(
    'of %d is repeated multiplication',
    (x) => {
      let product = 1
      for (let n = 0; n <= 1000; n++, product *= x) {
        expect(Math.abs(power(x, n) - product)).toBeLessThanOrEqual(n * 2 ** -53 * product)
      }
    },
  )

  test.each([2 ** 31, 2 ** 32 + 1, 1e12])('to the %d ends, and at 0 or 1', (n) => {
    expect([power(0.99, n), power(1, n), power(0, n)]).toEqual([0, 1, 0])
  })

  test('is exact where the products are', () => {
    expect([power(2, 10), power(2, 1023), power(-3, 3), power(0.5, 1074)]).toEqual([
      1024,
      2 ** 1023,
      -27,
      5e-324,
    ])
  })
})
