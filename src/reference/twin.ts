/**
 * What the two pure-TypeScript models share: the documents, the initial parameters, and the loops
 * around the arithmetic. The arithmetic itself is each twin's own.
 */
import { type Config, type ConfigInput, resolveConfig } from '../config/config.js'
import { FIELDS } from '../config/hyperparameters.js'
import { checkField } from '../config/checks.js'
import { learningRate } from '../config/schedule.js'
import type { Seed } from '../random.js'
import { Random } from '../random.js'
import { Tokenizer } from '../data/tokenizer.js'

export interface TwinOptions {
  /** The documents to train on, in the order of the file. */
  docs: readonly string[]
  /** `tutorial` (the default) or `gist`. */
  preset?: string
  /** Fields that differ from the preset's. */
  config?: ConfigInput
  /** Seeds every draw: the shuffle, the initial parameters, the samples. 42 unless given. */
  seed?: Seed
}

/** What a step of training says of itself. */
export interface TwinStep {
  /** Counted from 1. */
  step: number
  /** Mean loss over the document's positions in nats, before the step's update. */
  loss: number
  /** The learning rate of the update. */
  lr: number
}

/** A matrix of the state_dict: [nout, nin], row-major, drawn from gauss(0, std). */
export interface Shape {
  key: string
  nout: number
  nin: number
  std: number
}

/** The state_dict's matrices in their order, which is also the order of the draws. */
export function stateShapes(config: Config, vocab_size: number): Shape[] {
  const { n_embd, n_layer, block_size, init_std, zero_init_projections } = config
  const projection = zero_init_projections ? 0 : init_std
  const shapes: Shape[] = []
  const put = (key: string, nout: number, nin = n_embd, std = init_std) =>
    shapes.push({ key, nout, nin, std })
  put('wte', vocab_size)
  put('wpe', block_size)
  put('lm_head', vocab_size)
  for (let i = 0; i < n_layer; i++) {
    put(`layer${i}.attn_wq`, n_embd)
    put(`layer${i}.attn_wk`, n_embd)
    put(`layer${i}.attn_wv`, n_embd)
    put(`layer${i}.attn_wo`, n_embd, n_embd, projection)
    put(`layer${i}.mlp_fc1`, 4 * n_embd)
    put(`layer${i}.mlp_fc2`, n_embd, 4 * n_embd, projection)
  }
  return shapes
}

const WHOLE = { kind: 'integer', min: 0, max: 1e12 } as const
const SOME = { ...WHOLE, min: 1 }
/** The twins are microgpt.py's: one document a step. */
const ONE = { ...WHOLE, min: 1, max: 1 }

export abstract class Twin {
  readonly config: Readonly<Config>
  readonly tokenizer: Tokenizer
  /** A shuffled copy; step s (from 0) trains on docs[s % docs.length]. */
  readonly docs: readonly string[]
  readonly numParams: number
  /** Finished steps of training. */
  step = 0
  protected readonly shapes: readonly Shape[]
  /** The initial parameters, flat, in state_dict order. */
  protected readonly drawn: Float64Array
  private readonly random: Random

  /**
   * @throws {ConfigError} for a preset, field or seed that cannot be used
   * @throws {DatasetError} when there is no document, or no character in them
   */
  constructor({ docs, preset, config, seed = 42 }: TwinOptions) {
    this.config = resolveConfig(preset, config)
    checkField('batch_size', this.config.batch_size, ONE, 1)
    this.tokenizer = Tokenizer.of(docs)
    this.random = new Random(seed)
    const shuffled = [...docs]
    this.random.shuffle(shuffled)
    this.docs = shuffled
    this.shapes = stateShapes(this.config, this.tokenizer.vocabSize)
    this.numParams = this.shapes.reduce((count, { nout, nin }) => count + nout * nin, 0)
    this.drawn = new Float64Array(this.numParams)
    let at = 0
    for (const { nout, nin, std } of this.shapes) {
      for (const end = at + nout * nin; at < end; at++) this.drawn[at] = this.random.gauss(0, std)
    }
  }

  /** The parameters, flat, in state_dict order: [numParams]. */
  abstract get params(): Float64Array
  /** The gradient of the latest step as Adam saw it (scaled, where grad_clip cut in): [numParams]. */
  abstract get grad(): Float64Array

  /** Forward, backward and one update on BOS + characters + BOS; the loss before the update. */
  protected abstract trainDoc(tokens: readonly number[], lr: number): number
  /** The mean loss over a document's positions. */
  protected abstract docLoss(tokens: readonly number[]): number
  /** The logits after one more token: [vocab_size]. Position 0 begins a new sequence. */
  protected abstract logits(token: number, position: number): ArrayLike<number>

  /**
   * One step of training for each value taken; it may be left and taken up again at any step.
   * @param options.steps steps to go; those that are left of config.num_steps unless given
   * @throws {ConfigError} when steps is not a whole number
   */
  *train({
    steps = Math.max(0, this.config.num_steps - this.step),
  }: { steps?: number } = {}): Generator<TwinStep, void, undefined> {
    checkField('steps', steps, WHOLE, this.config.num_steps)
    for (let i = 0; i < steps; i++) {
      const doc = this.docs[this.step % this.docs.length]!
      const lr = learningRate(this.config, this.step, Math.cos)
      const loss = this.trainDoc(this.tokenizer.encodeDoc(doc), lr)
      this.step++
      yield { step: this.step, loss, lr }
    }
  }

  /**
   * New documents, each at most block_size characters long. Draws go on where the last ones ended.
   * @param options.temperature 0 takes the likeliest token and draws nothing
   * @throws {ConfigError} for a count or a temperature that cannot be used
   */
  sample({
    count = 20,
    temperature = this.config.temperature,
  }: { count?: number; temperature?: number } = {}): string[] {
    checkField('count', count, WHOLE, 20)
    checkField('temperature', temperature, FIELDS.temperature, this.config.temperature)
    return Array.from({ length: count }, () => this.sampleOne(temperature))
  }

  /**
   * The mean over documents of the mean loss over their first block_size positions, in nats.
   * @throws {ConfigError} when there is no document
   * @throws {TokenizerError} for a character that the training documents do not have
   */
  loss(docs: readonly string[]): number {
    checkField('docs.length', docs.length, SOME, 1)
    let total = 0
    for (const doc of docs) total += this.docLoss(this.tokenizer.encodeDoc(doc))
    return total / docs.length
  }

  private sampleOne(temperature: number): string {
    const ids: number[] = []
    let token = this.tokenizer.BOS
    for (let position = 0; position < this.config.block_size; position++) {
      const logits = Array.from(this.logits(token, position))
      token = temperature === 0 ? argmax(logits) : this.random.choice(softmax(logits, temperature))
      if (token === this.tokenizer.BOS) break
      ids.push(token)
    }
    return this.tokenizer.decode(ids)
  }
}

/** What weights to draw by may add up to: NaN where the model's numbers have overflowed. */
const POSITIVE = { kind: 'number', min: 0, max: Number.MAX_VALUE, above: true } as const

/** softmax(logits / temperature); a / b is a * (1 / b), as for the Values of microgpt.py. */
function softmax(logits: readonly number[], temperature: number): number[] {
  const scaled = logits.map((logit) => logit * (1 / temperature))
  const top = Math.max(...scaled)
  const exps = scaled.map((logit) => Math.exp(logit - top))
  const total = exps.reduce((a, b) => a + b)
  checkField('weights', total, POSITIVE, 'a smaller learning_rate')
  return exps.map((e) => e * (1 / total))
}

/** The first index of the largest value. */
const argmax = (values: readonly number[]) => values.indexOf(Math.max(...values))
