/**
 * What the two reference engines share: the documents, the initial parameters, and the training and
 * sampling loops. Each engine has its own arithmetic.
 */
import { checkField, checkOptions } from '../config/checks.js'
import { type Config, type ConfigInput, resolveConfig } from '../config/config.js'
import { FIELDS } from '../config/hyperparameters.js'
import { type ParameterSpec, countParams, gptTable } from '../config/parameters.js'
import { diverged } from '../config/rate.js'
import { learningRate } from '../config/schedule.js'
import { Tokenizer } from '../data/tokenizer.js'
import { type Sequences, sampleSequences } from '../gpt/sample.js'
import type { TrainStep, Trainable } from '../gpt/trainable.js'
import { Random, type Seed } from '../random.js'

/** Options of a reference engine. */
export interface TwinOptions {
  /** The documents to train on, in the order of the file. */
  docs: readonly string[]
  /** `tutorial` (the default) or `gist`. */
  preset?: string
  /** Fields that differ from the preset's. */
  config?: ConfigInput
  /** Seed of all draws: the shuffle, the initial parameters, the samples. Default 42. */
  seed?: Seed
}

const WHOLE = { kind: 'integer', min: 0, max: 1e12 } as const
const POSITIVE = { ...WHOLE, min: 1 }
/** Like microgpt.py, the reference engines train on one document per step. */
const ONE = { ...WHOLE, min: 1, max: 1 }

/** The common part of the reference engines. */
export abstract class Twin implements Trainable {
  /** All hyperparameters. */
  readonly config: Readonly<Config>
  /** Characters to token ids and back. */
  readonly tokenizer: Tokenizer
  /** The shuffled documents; step s (from 0) trains on docs[s % docs.length]. */
  readonly docs: readonly string[]
  /** Number of parameters. */
  readonly numParams: number
  /** Number of training steps so far. */
  step = 0
  /** The matrices of the state_dict, in their order. */
  protected readonly table: readonly ParameterSpec[]
  /** The initial parameters, flat, in state_dict order. */
  protected readonly initial: Float64Array
  private readonly random: Random

  /**
   * @throws {ConfigError} for a preset, field, seed or option that cannot be used
   * @throws {DatasetError} if there is no document, or no character in them
   */
  constructor(options: TwinOptions) {
    checkOptions('a reference engine', options, ['docs', 'preset', 'config', 'seed'])
    const { docs, preset, config, seed = 42 } = options
    this.config = resolveConfig(preset, config)
    checkField('batch_size', this.config.batch_size, ONE, 1)
    this.tokenizer = Tokenizer.of(docs)
    this.random = new Random(seed)
    const shuffled = [...docs]
    this.random.shuffle(shuffled)
    this.docs = shuffled
    this.table = gptTable(this.config, this.tokenizer.vocabSize)
    this.numParams = countParams(this.table)
    this.initial = new Float64Array(this.numParams)
    let at = 0
    for (const { shape, std } of this.table) {
      for (const end = at + shape[0] * shape[1]; at < end; at++) {
        this.initial[at] = this.random.gauss(0, std)
      }
    }
  }

  /** The parameters, flat, in state_dict order: [numParams]. */
  abstract get params(): Float64Array
  /** The gradient of the latest step as Adam used it, after grad_clip: [numParams]. */
  abstract get grad(): Float64Array

  /**
   * Forward, backward and one update on BOS, characters, BOS. Returns the loss before the update.
   */
  protected abstract trainDoc(tokens: readonly number[], lr: number): number
  /** A loss as it is. @throws {TrainingError} when it is not finite; nothing has been updated then */
  protected checked(loss: number): number {
    if (Number.isFinite(loss)) return loss
    throw diverged(this.config, this.step + 1, loss)
  }

  /** The mean loss over a document's positions. */
  protected abstract docLoss(tokens: readonly number[]): number
  /** The logits after one more token: [vocab_size]. Position 0 begins a new sequence. */
  protected abstract logits(token: number, position: number): ArrayLike<number>

  /**
   * Trains, one step per iteration. You can leave the loop at any step; another call continues.
   * @param options.steps number of steps; default: the rest of config.num_steps
   * @throws {ConfigError} if steps is not a whole number
   * @throws {TrainingError} if a loss is not finite; the parameters stay as before that step
   */
  *train(options: { steps?: number } = {}): Generator<TrainStep, void, undefined> {
    checkOptions('train', options, ['steps'])
    const { steps = Math.max(0, this.config.num_steps - this.step) } = options
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
   * Samples new documents, each at most block_size characters long.
   * @param options.count number of documents; default 20
   * @param options.temperature 0 takes the most likely token; default config.temperature
   * @throws {ConfigError} for a count or a temperature that cannot be used
   */
  sample(options: { count?: number; temperature?: number } = {}): string[] {
    checkOptions('sample', options, ['count', 'temperature'])
    const { count = 20, temperature = this.config.temperature } = options
    checkField('count', count, { ...WHOLE, max: 1e7 }, 20)
    checkField('temperature', temperature, FIELDS.temperature, this.config.temperature)
    const { BOS } = this.tokenizer
    const length = this.config.block_size
    const policy = { start: [BOS], stop: BOS, banned: null, length, temperature }
    const model = new OneSequence((token, position) => this.logits(token, position))
    const sequences = sampleSequences(model, this.random, policy, count)
    return sequences.map((ids) => this.tokenizer.decode(ids))
  }

  /**
   * The mean over documents of the mean loss over their first block_size positions, in nats.
   * @throws {ConfigError} if there is no document
   * @throws {TokenizerError} for a character that the training documents do not have
   */
  loss(docs: readonly string[]): number {
    checkField('docs.length', docs.length, POSITIVE, 1)
    let total = 0
    for (const doc of docs) total += this.docLoss(this.tokenizer.encodeDoc(doc))
    return total / docs.length
  }
}

/** A reference engine for the sampler: one sequence, with softmax computed as in microgpt.py. */
class OneSequence implements Sequences {
  readonly rows: readonly [{ logits: number[]; probabilities: number[] }]
  private readonly logitsOf: (token: number, position: number) => ArrayLike<number>
  private temperature = 1
  private next: [token: number, position: number] = [0, 0]

  constructor(logitsOf: OneSequence['logitsOf']) {
    this.rows = [{ logits: [], probabilities: [] }]
    this.logitsOf = logitsOf
  }

  setTemperature(temperature: number): void {
    // As in the core: below, the most likely token has all the probability.
    this.temperature = Math.max(temperature, 1e-250)
  }

  feed(_row: number, token: number, position: number): void {
    this.next = [token, position]
  }

  run(): void {
    const [row] = this.rows
    row.logits = Array.from(this.logitsOf(...this.next))
    row.probabilities = softmax(row.logits, this.temperature)
  }
}

/**
 * softmax(logits / temperature); a / b is computed as a * (1 / b), like the Values of microgpt.py.
 */
function softmax(logits: readonly number[], temperature: number): number[] {
  const scaled = logits.map((logit) => logit * (1 / temperature))
  const top = Math.max(...scaled)
  const exps = scaled.map((logit) => Math.exp(logit - top))
  const total = exps.reduce((a, b) => a + b)
  return exps.map((e) => e * (1 / total))
}
