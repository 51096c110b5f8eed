/** microgpt.py in TypeScript, with one Value per number: slow, and easy to compare line by line. */
import type { Activation } from '../config/config.js'
import type { TwinOptions } from './twin.js'
import { Twin } from './twin.js'
import { Value, sum } from './value.js'

type Vector = Value[]
type Matrix = Vector[]
/** The rows of the positions so far, one list per layer. */
type Cache = Matrix[]

const linear = (x: Vector, w: Matrix): Vector =>
  w.map((row) => sum(row.map((wi, i) => wi.mul(x[i]!))))

function softmax(logits: Vector): Vector {
  const top = Math.max(...logits.map((logit) => logit.data))
  const exps = logits.map((logit) => logit.add(-top).exp())
  const total = sum(exps)
  return exps.map((e) => e.mul(total.pow(-1)))
}

function rmsnorm(x: Vector): Vector {
  const meanSquare = sum(x.map((xi) => xi.mul(xi))).mul(1 / x.length)
  const scale = meanSquare.add(1e-5).pow(-0.5)
  return x.map((xi) => xi.mul(scale))
}

const ACTIVATIONS: Record<Activation, (x: Value) => Value> = {
  relu: (x) => x.relu(),
  relu2: (x) => x.relu().pow(2),
  gelu: (x) => {
    const cube = x.mul(x).mul(x)
    const u = x.add(cube.mul(0.044715)).mul(Math.sqrt(2 / Math.PI))
    return x.mul(0.5).mul(u.tanh().add(1))
  },
}

const add = (a: Vector, b: Vector): Vector => a.map((ai, i) => ai.add(b[i]!))

/** microgpt.py on scalar Values: trains and samples with Math's log, exp and pow. */
export class ValueGPT extends Twin {
  static override readonly name = 'ValueGPT'
  /** [numParams]: the gradient of the latest step. */
  readonly grad: Float64Array
  private readonly stateDict = new Map<string, Matrix>()
  private readonly flat: Vector
  private readonly m: Float64Array
  private readonly v: Float64Array
  private keys: Cache = []
  private values: Cache = []

  /** @throws {ConfigError} {DatasetError} for options or documents that cannot be used */
  constructor(options: TwinOptions) {
    super(options)
    this.flat = Array.from(this.initial, (data) => new Value(data))
    this.grad = new Float64Array(this.numParams)
    this.m = new Float64Array(this.numParams)
    this.v = new Float64Array(this.numParams)
    let at = 0
    for (const { name, shape } of this.table) {
      const [nout, nin] = shape
      const row = () => this.flat.slice(at, (at += nin))
      this.stateDict.set(name, Array.from({ length: nout }, row))
    }
  }

  /** [numParams]: a snapshot. */
  get params(): Float64Array {
    return Float64Array.from(this.flat, (p) => p.data)
  }

  /**
   * The logits after one more token. Its keys and values are added to those of earlier positions.
   */
  private gpt(token: number, position: number): Vector {
    const { n_embd, n_layer, head_dim, activation } = this.config
    if (position === 0) {
      this.keys = Array.from({ length: n_layer }, () => [])
      this.values = Array.from({ length: n_layer }, () => [])
    }
    const state = (key: string) => this.stateDict.get(key)!
    let x = add(state('wte')[token]!, state('wpe')[position]!)
    x = rmsnorm(x)
    for (let i = 0; i < n_layer; i++) {
      let residual = x
      x = rmsnorm(x)
      const q = linear(x, state(`layer${i}.attn_wq`))
      const keys = this.keys[i]!
      const values = this.values[i]!
      keys.push(linear(x, state(`layer${i}.attn_wk`)))
      values.push(linear(x, state(`layer${i}.attn_wv`)))
      x = []
      for (let start = 0; start < n_embd; start += head_dim) {
        const head = Array.from({ length: head_dim }, (_, j) => start + j)
        const scores = keys.map((k) =>
          sum(head.map((j) => q[j]!.mul(k[j]!))).mul(1 / Math.sqrt(head_dim)),
        )
        const weights = softmax(scores)
        for (const j of head) x.push(sum(weights.map((w, t) => w.mul(values[t]![j]!))))
      }
      x = linear(x, state(`layer${i}.attn_wo`))
      x = add(x, residual)
      residual = x
      x = rmsnorm(x)
      x = linear(x, state(`layer${i}.mlp_fc1`))
      x = x.map(ACTIVATIONS[activation])
      x = linear(x, state(`layer${i}.mlp_fc2`))
      x = add(x, residual)
    }
    return linear(x, state('lm_head'))
  }

  private docValue(tokens: readonly number[]): Value {
    const n = Math.min(this.config.block_size, tokens.length - 1)
    const losses: Vector = []
    for (let position = 0; position < n; position++) {
      const probs = softmax(this.gpt(tokens[position]!, position))
      losses.push(probs[tokens[position + 1]!]!.log().mul(-1))
    }
    return sum(losses).mul(1 / n)
  }

  protected docLoss(tokens: readonly number[]): number {
    return this.docValue(tokens).data
  }

  protected logits(token: number, position: number): number[] {
    return this.gpt(token, position).map((logit) => logit.data)
  }

  protected trainDoc(tokens: readonly number[], lr: number): number {
    const loss = this.docValue(tokens)
    this.checked(loss.data)
    loss.backward()
    this.flat.forEach((p, i) => {
      this.grad[i] = p.grad
      p.grad = 0
    })
    this.clip()
    this.adam(lr)
    return loss.data
  }

  private clip(): void {
    const { grad_clip } = this.config
    if (grad_clip === null) return
    const norm = Math.sqrt(this.grad.reduce((total, g) => total + g * g, 0))
    if (norm > grad_clip) this.grad.forEach((g, i) => (this.grad[i] = g * (grad_clip / norm)))
  }

  private adam(lr: number): void {
    const { beta1, beta2, eps_adam, weight_decay } = this.config
    const { grad, m, v, step } = this
    this.flat.forEach((p, i) => {
      const g = grad[i]!
      m[i] = beta1 * m[i]! + (1 - beta1) * g
      v[i] = beta2 * v[i]! + (1 - beta2) * g ** 2
      const m_hat = m[i]! / (1 - beta1 ** (step + 1))
      const v_hat = v[i]! / (1 - beta2 ** (step + 1))
      p.data -= lr * weight_decay * p.data
      p.data -= (lr * m_hat) / (v_hat ** 0.5 + eps_adam)
    })
  }
}
