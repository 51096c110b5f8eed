/**
 * What TypedGPT computes between its matrix products, each backward below its forward. Outputs come
 * first, then inputs, then sizes. Matrices are row-major with one row per position. Forward
 * computes the rows from <= t < to, so that sampling can continue, and backward the rows t < T.
 */
import type { Activation, Config } from '../config/config.js'

/** x[t] = wte[tokens[t]] + wpe[t]. x: [T, n]. wte: [vocab_size, n]. wpe: [block_size, n]. */
export function embedding(
  x: Float64Array,
  wte: Float64Array,
  wpe: Float64Array,
  tokens: Int32Array,
  from: number,
  to: number,
  n: number,
): void {
  for (let t = from; t < to; t++) {
    const row = tokens[t]! * n
    for (let i = 0; i < n; i++) x[t * n + i] = wte[row + i]! + wpe[t * n + i]!
  }
}

/** dwte[tokens[t]] += dx[t] and dwpe[t] = dx[t]; all other rows become 0. */
export function embeddingBackward(
  dwte: Float64Array,
  dwpe: Float64Array,
  dx: Float64Array,
  tokens: Int32Array,
  T: number,
  n: number,
): void {
  dwte.fill(0)
  dwpe.fill(0)
  for (let t = 0; t < T; t++) {
    const row = tokens[t]! * n
    for (let i = 0; i < n; i++) {
      dwte[row + i]! += dx[t * n + i]!
      dwpe[t * n + i] = dx[t * n + i]!
    }
  }
}

/** y = x * scale with scale[t] = (mean(x[t]^2) + 1e-5)^-0.5. y, x: [T, n]. scale: [T]. */
export function rmsnorm(
  y: Float64Array,
  scale: Float64Array,
  x: Float64Array,
  from: number,
  to: number,
  n: number,
): void {
  for (let t = from; t < to; t++) {
    const row = t * n
    let sum = 0
    for (let i = 0; i < n; i++) sum += x[row + i]! * x[row + i]!
    const s = 1 / Math.sqrt(sum * (1 / n) + 1e-5)
    scale[t] = s
    for (let i = 0; i < n; i++) y[row + i] = x[row + i]! * s
  }
}

/** dx[t] += scale[t] * (dy[t] - y[t] * mean(dy[t] * y[t])). Shapes as in rmsnorm. */
export function rmsnormBackward(
  dx: Float64Array,
  dy: Float64Array,
  y: Float64Array,
  scale: Float64Array,
  T: number,
  n: number,
): void {
  for (let t = 0; t < T; t++) {
    const row = t * n
    let sum = 0
    for (let i = 0; i < n; i++) sum += dy[row + i]! * y[row + i]!
    const mean = sum / n
    const s = scale[t]!
    for (let i = 0; i < n; i++) dx[row + i]! += s * (dy[row + i]! - y[row + i]! * mean)
  }
}

const GELU_SCALE = Math.sqrt(2 / Math.PI)
const GELU_CUBIC = 0.044715

/** The activation functions and their derivatives. */
const FUNCTIONS: Record<Activation, { value(x: number): number; slope(x: number): number }> = {
  relu: { value: (x) => Math.max(0, x), slope: (x) => (x > 0 ? 1 : 0) },
  relu2: { value: (x) => Math.max(0, x) ** 2, slope: (x) => 2 * Math.max(0, x) },
  // The tanh form of Hendrycks and Gimpel (2016).
  gelu: {
    value: (x) => 0.5 * x * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x ** 3))),
    slope(x) {
      const t = Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x ** 3))
      const du = GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x)
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du
    },
  },
}

/** y = f(x), for elements from <= i < to. */
export function activate(
  y: Float64Array,
  x: Float64Array,
  from: number,
  to: number,
  activation: Activation,
): void {
  const { value } = FUNCTIONS[activation]
  for (let i = from; i < to; i++) y[i] = value(x[i]!)
}

/** Multiplies dy by f'(x), in place: it becomes dx. */
export function activateBackward(
  dy: Float64Array,
  x: Float64Array,
  count: number,
  activation: Activation,
): void {
  const { slope } = FUNCTIONS[activation]
  for (let i = 0; i < count; i++) dy[i]! *= slope(x[i]!)
}

/** y += x for elements from <= i < to. */
export function add(y: Float64Array, x: Float64Array, from: number, to: number): void {
  for (let i = from; i < to; i++) y[i]! += x[i]!
}

/**
 * The mean of -log softmax(logits[t])[tokens[t + 1]], and its derivative by the logits:
 * (softmax - 1 at the target) / T. dlogits, logits: [T, V].
 */
export function crossEntropy(
  dlogits: Float64Array,
  logits: Float64Array,
  tokens: Int32Array,
  T: number,
  V: number,
): number {
  let loss = 0
  const share = 1 / T
  for (let t = 0; t < T; t++) {
    const row = t * V
    let top = -Infinity
    for (let i = 0; i < V; i++) top = Math.max(top, logits[row + i]!)
    let total = 0
    for (let i = 0; i < V; i++) total += dlogits[row + i] = Math.exp(logits[row + i]! - top)
    const inverse = 1 / total
    const target = row + tokens[t + 1]!
    loss -= Math.log(dlogits[target]! * inverse)
    const scale = inverse * share
    for (let i = 0; i < V; i++) dlogits[row + i]! *= scale
    dlogits[target]! -= share
  }
  return loss * share
}

/** Scales g down to the Euclidean norm `longest` if it is longer. */
export function clip(g: Float64Array, longest: number): void {
  let sum = 0
  for (let i = 0; i < g.length; i++) sum += g[i]! * g[i]!
  const norm = Math.sqrt(sum)
  if (!(norm > longest)) return
  const scale = longest / norm
  for (let i = 0; i < g.length; i++) g[i]! *= scale
}

/**
 * The update after `step` finished steps. p, m, v, g: [numParams].
 * p -= lr * m_hat / (v_hat ** 0.5 + eps_adam) with the bias corrections moved out of the loop: two
 * of its three divisions become multiplications, which changes the last bits.
 */
export function adam(
  p: Float64Array,
  m: Float64Array,
  v: Float64Array,
  g: Float64Array,
  config: Config,
  lr: number,
  step: number,
): void {
  const { beta1, beta2, eps_adam, weight_decay } = config
  const rate = lr / (1 - beta1 ** (step + 1))
  const correction = 1 / Math.sqrt(1 - beta2 ** (step + 1))
  const decay = lr * weight_decay
  const rest1 = 1 - beta1
  const rest2 = 1 - beta2
  for (let i = 0; i < p.length; i++) {
    const gi = g[i]!
    const mi = beta1 * m[i]! + rest1 * gi
    const vi = beta2 * v[i]! + rest2 * (gi * gi)
    m[i] = mi
    v[i] = vi
    const pi = p[i]!
    p[i] = pi - decay * pi - (rate * mi) / (Math.sqrt(vi) * correction + eps_adam)
  }
}
