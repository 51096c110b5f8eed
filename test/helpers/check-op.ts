/**
 * One op against its plain loop and against central differences:
 *   1. y, and what backward adds to each input for a random dy, equal the plain loop bit for bit;
 *   2. the op applied twice to the same inputs adds both gradients;
 *   3. the gradient of sum(r y) agrees with central differences within 1e-6.
 */
import { expect } from 'vitest'
import { type Arena, Graph, Random, type Tensor } from '../../src/index.js'
import { type Matrix, type Naive, zeros } from './naive.js'

export interface OpCase {
  /** Shapes of the inputs. */
  inputs: [number, number][]
  record(g: Graph, inputs: Tensor[]): Tensor
  naive: Naive
  /** Central differences cost two forwards a number; big cases go without. */
  gradcheck?: boolean
}

const STEP = 1e-5
/** Numbers of each input whose derivative is checked. */
const PROBES = 6

export function checkOp(arena: Arena, { inputs, record, naive, gradcheck = true }: OpCase): void {
  const random = new Random(inputs.flat().reduce((sum, n) => 31 * sum + n, 7))
  const noise = (count: number) => Float64Array.from({ length: count }, () => random.gauss())
  const { core } = arena
  core.truncate(0)
  arena.release(arena.params.byteOffset + 8 * (arena.plan.params + (arena.plan.params % 2)))

  const g = new Graph(arena)
  const tensors = inputs.map((shape) => g.input(...shape))
  for (const tensor of tensors) tensor.data.set(noise(tensor.count))
  const matrices = tensors.map(({ data, shape }) => ({ ...zeros(shape[0]!, shape[1]!), data }))
  const grads = inputs.map(([rows, cols]) => zeros(rows, cols))

  // Twice on the same inputs, each with a random dy: z = r1 y1 + r2 y2.
  const ys = [record(g, tensors), record(g, tensors)]
  const rs = ys.map((y) => g.input(...y.shape))
  for (const r of rs) r.data.set(noise(r.count))
  const z = g.add(g.mul(ys[0]!, rs[0]!), g.mul(ys[1]!, rs[1]!))
  g.forward()
  g.backward(z)

  const y = naive.forward(matrices)
  for (const tensor of ys) expectSame(tensor.data, y.data)
  for (const r of rs.toReversed()) {
    naive.backward(matrices, grads, y, { rows: y.rows, cols: y.cols, data: r.data })
  }
  tensors.forEach((tensor, i) => expectSame(tensor.grad, grads[i]!.data))
  if (gradcheck) tensors.forEach((tensor, i) => probe(g, tensor, grads[i]!, z, random))
}

/** Equal as ===, number by number; the sign of a zero does not count. */
export function expectSame(got: Float64Array, want: Float64Array): void {
  expect(got.length).toBe(want.length)
  const i = got.findIndex((x, j) => x !== want[j])
  if (i >= 0) expect.fail(`number ${i} of ${got.length}: got ${got[i]}, want ${want[i]}`)
}

function probe(g: Graph, tensor: Tensor, grad: Matrix, z: Tensor, random: Random): void {
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
    const error = Math.abs(slope - grad.data[i]!) / Math.max(1, Math.abs(slope))
    expect(error, `d/d[${i}]: ${grad.data[i]}, central difference ${slope}`).toBeLessThan(1e-6)
  }
}
