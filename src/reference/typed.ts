/** The fast reference engine: forward and backward by hand, on Float64Arrays allocated once. */
import type { TwinOptions } from './twin.js'
import { Twin } from './twin.js'
import { attention, attentionBackward } from './typed-attention.js'
import { linear, linearDw, linearDx } from './typed-linear.js'
import {
  activate,
  activateBackward,
  adam,
  add,
  clip,
  crossEntropy,
  embedding,
  embeddingBackward,
  rmsnorm,
  rmsnormBackward,
} from './typed-ops.js'

const floats = (length: number) => new Float64Array(length)

/** The state_dict as slices of one flat array: of the parameters, or of their gradient. */
function slices(flat: Float64Array, V: number, B: number, n: number, n_layer: number) {
  let at = 0
  const next = (length: number) => flat.subarray(at, (at += length))
  return {
    wte: next(V * n),
    wpe: next(B * n),
    lm_head: next(V * n),
    layers: Array.from({ length: n_layer }, () => ({
      // attn_wq, attn_wk and attn_wv are adjacent, so they form one matrix, [3n, n].
      qkv: next(3 * n * n),
      wo: next(n * n),
      fc1: next(4 * n * n),
      fc2: next(4 * n * n),
    })),
  }
}

/**
 * What a layer's forward stores for its backward, one row per position; qkv is also the key/value
 * cache.
 */
const activations = (B: number, n: number, n_head: number) => ({
  norm1: floats(B * n),
  scale1: floats(B),
  qkv: floats(B * 3 * n),
  att: floats(n_head * B * B),
  heads: floats(B * n),
  mid: floats(B * n),
  norm2: floats(B * n),
  scale2: floats(B),
  hidden: floats(B * 4 * n),
  active: floats(B * 4 * n),
  out: floats(B * n),
})

/**
 * Trains with plain loops over typed arrays. Its numbers equal those of ValueGPT except for the
 * last bits.
 */
export class TypedGPT extends Twin {
  static override readonly name = 'TypedGPT'
  /** The parameters, [numParams]: live, the next step changes them. */
  readonly params: Float64Array
  /** The gradient of the latest step, [numParams]: live. */
  readonly grad: Float64Array
  private readonly m: Float64Array
  private readonly v: Float64Array
  private readonly weights: ReturnType<typeof slices>
  private readonly dweights: ReturnType<typeof slices>
  private readonly layers: ReturnType<typeof activations>[]
  private readonly tokens: Int32Array
  private readonly embedded: Float64Array
  private readonly scale: Float64Array
  private readonly x: Float64Array
  private readonly logitRows: Float64Array
  private readonly dlogits: Float64Array
  /** The gradient that flows back along the residual stream: [block_size, n_embd]. */
  private readonly dx: Float64Array
  /** Temporary gradients of a few lines of backward. */
  private readonly dnorm: Float64Array
  private readonly dhidden: Float64Array
  private readonly dqkv: Float64Array
  private readonly da: Float64Array

  /** @throws {ConfigError} {DatasetError} for options or documents that cannot be used */
  constructor(options: TwinOptions) {
    super(options)
    const { n_embd: n, n_head, n_layer, block_size: B } = this.config
    const V = this.tokenizer.vocabSize
    this.params = this.initial
    this.grad = floats(this.numParams)
    this.m = floats(this.numParams)
    this.v = floats(this.numParams)
    this.weights = slices(this.params, V, B, n, n_layer)
    this.dweights = slices(this.grad, V, B, n, n_layer)
    this.layers = Array.from({ length: n_layer }, () => activations(B, n, n_head))
    this.tokens = new Int32Array(B + 1)
    this.embedded = floats(B * n)
    this.scale = floats(B)
    this.x = floats(B * n)
    this.logitRows = floats(B * V)
    this.dlogits = floats(B * V)
    this.dx = floats(B * n)
    this.dnorm = floats(B * n)
    this.dhidden = floats(B * 4 * n)
    this.dqkv = floats(B * 3 * n)
    this.da = floats(B)
  }

  /**
   * Computes positions from <= t < to, after the earlier ones: all at once, or one at a time to
   * sample.
   */
  private forward(from: number, to: number): void {
    const { n_embd: n, head_dim, block_size, activation } = this.config
    const { weights, tokens } = this
    embedding(this.embedded, weights.wte, weights.wpe, tokens, from, to, n)
    rmsnorm(this.x, this.scale, this.embedded, from, to, n)
    let x = this.x
    for (let i = 0; i < this.layers.length; i++) {
      const w = weights.layers[i]!
      const a = this.layers[i]!
      rmsnorm(a.norm1, a.scale1, x, from, to, n)
      linear(a.qkv, a.norm1, w.qkv, from, to, 3 * n, n)
      attention(a.heads, a.att, a.qkv, from, to, n, head_dim, block_size)
      linear(a.mid, a.heads, w.wo, from, to, n, n)
      add(a.mid, x, from * n, to * n)
      rmsnorm(a.norm2, a.scale2, a.mid, from, to, n)
      linear(a.hidden, a.norm2, w.fc1, from, to, 4 * n, n)
      activate(a.active, a.hidden, from * 4 * n, to * 4 * n, activation)
      linear(a.out, a.active, w.fc2, from, to, n, 4 * n)
      add(a.out, a.mid, from * n, to * n)
      x = a.out
    }
    linear(this.logitRows, x, weights.lm_head, from, to, this.tokenizer.vocabSize, n)
  }

  /** Computes grad from dlogits and the results of forward(0, T), in reverse order. */
  private backward(T: number): void {
    const { n_embd: n, head_dim, block_size, activation } = this.config
    const { weights, dweights, tokens, dx, dnorm, dhidden, dqkv } = this
    const V = this.tokenizer.vocabSize
    linearDw(dweights.lm_head, this.dlogits, this.layers.at(-1)!.out, T, V, n)
    linearDx(dx, this.dlogits, weights.lm_head, T, V, n)
    for (let i = this.layers.length - 1; i >= 0; i--) {
      const w = weights.layers[i]!
      const dw = dweights.layers[i]!
      const a = this.layers[i]!
      linearDw(dw.fc2, dx, a.active, T, n, 4 * n)
      linearDx(dhidden, dx, w.fc2, T, n, 4 * n)
      activateBackward(dhidden, a.hidden, T * 4 * n, activation)
      linearDw(dw.fc1, dhidden, a.norm2, T, 4 * n, n)
      linearDx(dnorm, dhidden, w.fc1, T, 4 * n, n)
      rmsnormBackward(dx, dnorm, a.norm2, a.scale2, T, n)
      linearDw(dw.wo, dx, a.heads, T, n, n)
      linearDx(dnorm, dx, w.wo, T, n, n)
      attentionBackward(dqkv, this.da, dnorm, a.att, a.qkv, T, n, head_dim, block_size)
      linearDw(dw.qkv, dqkv, a.norm1, T, 3 * n, n)
      linearDx(dnorm, dqkv, w.qkv, T, 3 * n, n)
      rmsnormBackward(dx, dnorm, a.norm1, a.scale1, T, n)
    }
    dnorm.fill(0)
    rmsnormBackward(dnorm, dx, this.x, this.scale, T, n)
    embeddingBackward(dweights.wte, dweights.wpe, dnorm, tokens, T, n)
  }

  /** Forward over a document; the mean loss, with its derivative in dlogits. */
  private forwardDoc(tokens: readonly number[], T: number): number {
    for (let t = 0; t <= T; t++) this.tokens[t] = tokens[t]!
    this.forward(0, T)
    return crossEntropy(this.dlogits, this.logitRows, this.tokens, T, this.tokenizer.vocabSize)
  }

  protected trainDoc(tokens: readonly number[], lr: number): number {
    const T = Math.min(this.config.block_size, tokens.length - 1)
    const loss = this.checked(this.forwardDoc(tokens, T))
    this.backward(T)
    if (this.config.grad_clip !== null) clip(this.grad, this.config.grad_clip)
    adam(this.params, this.m, this.v, this.grad, this.config, lr, this.step)
    return loss
  }

  protected docLoss(tokens: readonly number[]): number {
    return this.forwardDoc(tokens, Math.min(this.config.block_size, tokens.length - 1))
  }

  protected logits(token: number, position: number): Float64Array {
    const V = this.tokenizer.vocabSize
    this.tokens[position] = token
    this.forward(position, position + 1)
    return this.logitRows.subarray(position * V, (position + 1) * V)
  }
}
