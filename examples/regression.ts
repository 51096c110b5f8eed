/** Not a language model: a small network that learns a curve from noisy points. */
import { Adam, Random, loadCore, recordModel } from 'microgpt-wasm'

const HIDDEN = 16
const POINTS = 64

/** Fits sin(x) on [-3, 3]. */
export async function regression(steps = 1000) {
  const core = await loadCore()
  const random = new Random(42, core)
  const { arena, graph, model } = recordModel(core, (g) => {
    const [w1, b1] = [g.param(HIDDEN, 1), g.param(HIDDEN)]
    const [w2, b2] = [g.param(1, HIDDEN), g.param(1)]
    const x = g.input(POINTS, 1)
    const y = g.input(POINTS, 1)
    const hidden = g.tanh(g.addRow(g.linear(x, w1), b1))
    const predicted = g.addRow(g.linear(hidden, w2), b2)
    const error = g.sub(predicted, y)
    return { x, y, predicted, loss: g.mean(g.mul(error, error)) } // the mean squared error
  })
  for (let i = 0; i < arena.params.length; i++) arena.params[i] = random.gauss(0, 0.5)

  const adam = new Adam(arena, { beta1: 0.9, beta2: 0.99, eps_adam: 1e-8 })
  const losses: number[] = []
  for (let step = 0; step < steps; step++) {
    for (let i = 0; i < POINTS; i++) {
      const x = 6 * random.random() - 3
      model.x.data[i] = x
      model.y.data[i] = Math.sin(x) + random.gauss(0, 0.05)
    }
    graph.forward()
    arena.zeroGrad()
    graph.backward(model.loss)
    adam.update(0.02 * (1 - step / steps))
    losses.push(model.loss.data[0]!)
  }

  /** The network's value at up to 64 points. */
  const predict = (points: readonly number[]): number[] => {
    model.x.data.set(points)
    graph.forward()
    return Array.from(model.predicted.data.subarray(0, points.length))
  }
  return { losses, predict }
}
