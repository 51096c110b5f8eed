/**
 * One op compared with its plain loop and with central differences:
 *   1. y equals the plain loop bit for bit, whatever the memory contained before;
 *   2. the op applied twice to the same inputs adds both gradients;
 *   3. for each combination of inputs, the gradients of those are set and the others are added to;
 *   4. nothing except y and these gradients is written;
 *   5. the gradient of sum(r y) agrees with central differences within 1e-6.
 */
import { expect } from 'vitest'
import { type Arena, Graph, Random, type Tensor } from '../../src/index.js'
import { type Matrix, type Naive, zeros } from './naive.js'

export interface OpCase {
  /** Shapes of the inputs. */
  inputs: [number, number][]
  record(g: Graph, inputs: Tensor[]): Tensor
  naive: Naive
  /** Central differences need two forwards per number; large cases skip them. */
  gradcheck?: boolean
  /** The numbers of each input, in place of random ones. */
  data?: number[][]
}

const STEP = 1e-5
/** Numbers of each input whose derivative is checked. */
const PROBES = 6
/** Numbers before and after each tensor that no op may write. */
const FENCE = 8
const UNTOUCHED = 1234.5

export function checkOp(arena: Arena, op: OpCase): void {
  const { inputs, record, naive, gradcheck = !op.data } = op
  const random = new Random(inputs.flat().reduce((sum, n) => 31 * sum + n, 7))
  const noise = (count: number) => Float64Array.from({ length: count }, () => random.gauss())
  empty(arena)

  const g = new Graph(arena)
  const fences = [g.input(1, FENCE)]
  const fenced = (tensor: Tensor) => {
    fences.push(g.input(1, FENCE))
    return tensor
  }
  const tensors = inputs.map((shape) => fenced(g.input(...shape)))
  tensors.forEach(({ data, count }, i) => data.set(op.data?.[i] ?? noise(count)))
  const matrices = tensors.map(({ data, shape }) => ({ ...zeros(shape[0]!, shape[1]!), data }))
  const row = arena.core.tapeLength()
  const ys = [fenced(record(g, tensors)), fenced(record(g, tensors))]
  const r = g.input(...ys[0]!.shape)
  r.data.set(noise(r.count))
  for (const { data } of fences) data.fill(UNTOUCHED)

  // Twice on the same inputs: z = r y1 + r y2.
  const z = g.add(g.mul(ys[0]!, r), g.mul(ys[1]!, r))
  g.forward()
  const y = naive.forward(matrices)
  for (const tensor of ys) expectSame(tensor.data, y.data)

  g.backward(z)
  const dy = { rows: y.rows, cols: y.cols, data: r.data }
  const grads = inputs.map(([rows, cols]) => zeros(rows, cols))
  naive.backward(matrices, grads, y, dy)
  const once = grads.map(({ data }) => data.slice())
  naive.backward(matrices, grads, y, dy)
  const twice = grads.map(({ data }) => data)
  tensors.forEach((tensor, i) => expectSame(tensor.grad, twice[i]!, 'both gradients'))

  for (let mask = 0; mask < 1 << inputs.length; mask++) {
    const sets = (i: number) => ((mask >> i) & 1) === 1
    tensors.forEach(({ grad }, i) => (sets(i) ? grad.fill(NaN) : grad.set(once[i]!)))
    for (const { grad } of fences) grad.fill(UNTOUCHED)
    ys[0]!.grad.set(r.data)
    // The seed goes to z, which the op does not read: its own dy does not change.
    arena.core.setAccumulate(row, ~mask)
    arena.core.backward(row, row + 1, z.address, 1, 0)
    tensors.forEach(({ grad }, i) => {
      expectSame(grad, sets(i) ? once[i]! : twice[i]!, `input ${i} with mask ${mask}`)
    })
    expectSame(ys[0]!.data, y.data, 'y after backward')
    expectSame(ys[0]!.grad, r.data, 'dy after backward')
    for (const { data, grad } of fences) {
      if ([...data, ...grad].some((x) => x !== UNTOUCHED)) expect.fail('wrote past a tensor')
    }
  }
  if (gradcheck) tensors.forEach((tensor, i) => probe(g, tensor, twice[i]!, z, random))
}

/** An empty tape and arena, with junk in all values and gradients. */
export function empty({ core, params, plan }: Arena): void {
  const start = params.byteOffset + 8 * (plan.params + (plan.params % 2))
  core.truncate(0)
  core.release(start)
  for (const at of [start, start + (core.gradientGap() >>> 0)]) {
    new Float64Array(core.memory.buffer, at, plan.values).fill(NaN)
  }
}

/** Equal as ===, number by number, or both NaN; the sign of a zero does not count. */
export function expectSame(got: Float64Array, want: Float64Array, what = 'y'): void {
  expect(got.length).toBe(want.length)
  const i = got.findIndex((x, j) => x !== want[j] && !(x !== x && want[j] !== want[j]))
  if (i >= 0) expect.fail(`${what}: number ${i} of ${got.length}: got ${got[i]}, want ${want[i]}`)
}

function probe(g: Graph, tensor: Tensor, grad: Matrix['data'], z: Tensor, random: Random): void {
  const { data } = tensor
  const sumAt = (i: number, x: number) => {
    data[i] = x
    g.forward()
    return z.data.reduce((sum, v) => sum + v, 0)
  }
  for (let n = 0; n < Math.min(PROBES, tensor.count); n++) {
    const i = random.randrange(tensor.count)
    const x = data[i]!
    const slope = (sumAt(i, x + STEP) - sumAt(i, x - STEP)) / (2 * STEP)
    data[i] = x
    const error = Math.abs(slope - grad[i]!) / Math.max(1, Math.abs(slope))
    expect(error, `d/d[${i}]: ${grad[i]}, central difference ${slope}`).toBeLessThan(1e-6)
  }
}
