/**
 * The main class: one object that trains, samples and can be inspected, in Node and in browsers.
 */
import type { CheckpointBytes } from '../checkpoint/safetensors/read.js'
import { type Bytes, type PiecewiseFile, joined } from '../checkpoint/safetensors/write.js'
import { type DatasetMark, markOf, writeCheckpoint } from '../checkpoint/write.js'
import { checkEffect, checkField, checkOptions, checkWhole } from '../config/checks.js'
import { type Config, resolveConfig } from '../config/config.js'
import { FIELDS } from '../config/hyperparameters.js'
import { gptTable } from '../config/parameters.js'
import { learningRate } from '../config/schedule.js'
import { advice, term } from '../config/terms.js'
import { type Corpus, type DataOptions, type Mode, createCorpus, modeOf } from '../data/corpus.js'
import { checkDocs } from '../data/text.js'
import { Tokenizer } from '../data/tokenizer.js'
import { Adam } from '../engine/adam.js'
import type { Arena } from '../engine/arena.js'
import { CheckpointError, DatasetError, TrainingError } from '../errors.js'
import { Random, type Seed } from '../random.js'
import { Decoder } from './decoder.js'
import { type Runtime, openRuntime } from './runtime.js'
import type {
  Candidate,
  CreateOptions,
  GenerateOptions,
  Generated,
  LoadOptions,
} from './options.js'
import { type SampleOptions, type StepResult, type TrainOptions, snapshot } from './options.js'
import { continuationOf } from './policy.js'
import { drawRanked, rankIds, sampleSequences } from './sample.js'
import { sampleMany } from './sample-many.js'
import type { Trainable } from './trainable.js'
import { type StateDict, initialise, mapStateDict } from './state-dict.js'
import { Trainer } from './train.js'

/** Everything that references the core's memory. */
interface Parts {
  arena: Arena
  stateDict: StateDict
  /** A map of the caller's own: what is deleted there is not missing in the model. */
  shown: StateDict
  decoder: Decoder
  trainer: Trainer
  adam: Adam
  random: Random
}

/** From this number of documents on, they are sampled side by side by default. */
const MANY = 1000

/** Most samples of one call: they are all in memory. */
const MAX_SAMPLES = 1e7

/** Number of candidates that generate() returns by default. */
const TOP = 10

export type * from './options.js'

/** A GPT that trains on documents or a text, and samples. Made with create() or load(). */
export class MicroGPT implements Trainable {
  static readonly name = 'MicroGPT'
  /** The preset that it was made with, 'tutorial' or 'gist'. */
  readonly preset: string
  /** All hyperparameters. */
  readonly config: Readonly<Config>
  /** Whether it learns documents or one long text. */
  readonly mode: Mode
  /** The share of the data that is held out; 0 is none. */
  readonly valFraction: number
  /** The seed of the shuffle and of the initial parameters. */
  readonly seed: bigint
  /** Characters to token ids and back. */
  readonly tokenizer: Tokenizer
  /**
   * The documents to train on, shuffled with the seed, without those held out. Empty for a text.
   */
  readonly docs: readonly string[]
  /** The held-out documents. Empty for a text. */
  readonly valDocs: readonly string[]
  /** Number of parameters. */
  readonly numParams: number
  /**
   * Documents that steps have used so far: the next one is docs[docsSeen % docs.length]. For a
   * text, the number of blocks.
   */
  get docsSeen(): number {
    return this.seen
  }

  /** @throws {ConfigError} for anything but a whole number from 0 */
  set docsSeen(count: number) {
    checkField('docsSeen', count, { kind: 'integer', min: 0, max: Number.MAX_SAFE_INTEGER }, 0)
    this.seen = count
  }

  private seen = 0
  private readonly corpus: Corpus
  /** What a checkpoint of this run says about its data. */
  private mark: DatasetMark | null = null
  private parts: Parts | null

  private constructor(
    { arena, executor }: Runtime,
    { mode, preset, config, tokenizer }: Pick<MicroGPT, 'mode' | 'preset' | 'config' | 'tokenizer'>,
    seed: Seed,
    data: DataOptions,
  ) {
    const random = new Random(seed, arena.core)
    this.mode = mode
    this.preset = preset
    this.config = config
    this.tokenizer = tokenizer
    this.seed = BigInt(seed)
    this.valFraction = data.valFraction ?? 0
    this.corpus = createCorpus(mode, data, tokenizer, config.block_size, random)
    this.docs = this.corpus.docs
    this.valDocs = this.corpus.valDocs

    const { vocabSize } = tokenizer
    const stateDict = mapStateDict(arena, gptTable(config, vocabSize))
    const decoder = new Decoder(arena, stateDict, config, vocabSize)
    const trainer = new Trainer(arena, stateDict, config, vocabSize, executor)
    const shown = new Map(stateDict)
    const adam = new Adam(arena, config)
    this.parts = { arena, stateDict, shown, decoder, trainer, adam, random }
    this.numParams = arena.params.length
  }

  /**
   * Creates a model: loads the core, shuffles a copy of the documents, and draws the initial
   * parameters, like microgpt.py.
   * @throws {ConfigError} for a hyperparameter, fraction, seed or option that cannot be used
   * @throws {DatasetError} if there is nothing to train on, or to validate on
   * @throws {CoreError} if the core cannot be loaded
   * @throws {ArenaError} if the model does not fit in memory
   * @throws {TrainingError} if a thread cannot be started
   */
  static async create(options: CreateOptions): Promise<MicroGPT> {
    options = snapshot(options)
    checkOptions(
      'create',
      options,
      'docs text valFraction core fast threads preset config seed'.split(' '),
    )
    const { preset = 'tutorial', seed = 42, docs, text, valFraction = 0 } = options
    const config = resolveConfig(preset, options.config)
    const mode = modeOf(options) ?? 'docs'
    const tokenizer = Tokenizer.of(text === undefined ? docs! : [text])
    const runtime = await openRuntime(config, tokenizer.vocabSize, options)
    const data = { ...(docs && { docs }), ...(text !== undefined && { text }), valFraction }
    const gpt = new this(runtime, { mode, preset, config, tokenizer }, seed, data)
    initialise(gpt.params, gptTable(config, tokenizer.vocabSize), gpt.live().random)
    return gpt
  }

  /**
   * Loads a model from a checkpoint, made in Node or in a browser. If the file has a run, training
   * continues with the same bits as without the interruption.
   * @param bytes of a safetensors file
   * @throws {CheckpointError} if the file is malformed, of another model, or of other documents
   * @throws {TokenizerError} if the documents have a character that the file's alphabet lacks
   * @throws {ConfigError} {CoreError} {ArenaError} as create does
   */
  static async load(bytes: CheckpointBytes, options: LoadOptions = {}): Promise<MicroGPT> {
    options = snapshot(options)
    const { openCheckpoint, restore } = await import('./load.js')
    const opened = openCheckpoint(bytes, options)
    const { file, data, seed } = opened
    const runtime = await openRuntime(file.config, file.tokenizer.vocabSize, options)
    const gpt = new this(runtime, file, seed, data)
    const { arena, adam, random } = gpt.live()
    const run = restore(opened, arena, gpt.corpus, random)
    if (run) {
      gpt.mark = run.mark
      gpt.seen = run.docsSeen
      adam.t = file.step
    }
    return gpt
  }

  /**
   * The model as the bytes of a safetensors file. Equal models give equal bytes.
   * @param options.optimizer also save everything that the next training step depends on (default
   *   false)
   * @throws {CheckpointError} if a parameter or moment is not finite, or if the
   *   file is larger than an array can be
   */
  save(options: { optimizer?: boolean } = {}): Bytes {
    const file = this.saveInPieces(options)
    try {
      return joined(file)
    } catch (cause) {
      const what = `the file takes ${file.byteLength} bytes, more than an array can have here`
      throw new CheckpointError('file', `${what}; use saveInPieces`, { cause })
    }
  }

  /**
   * The same file piece by piece: a large one fits no array. The pieces are made when they are taken,
   * from the model as it is then: do not train in between.
   * @param options.optimizer as for save
   * @throws {CheckpointError} when a number is not finite
   */
  saveInPieces(options: { optimizer?: boolean } = {}): PiecewiseFile {
    checkOptions('save', options, ['optimizer'])
    checkField('optimizer', options.optimizer ?? false, { kind: 'boolean' }, true)
    const { arena, random } = this.live()
    if (!options.optimizer) return writeCheckpoint(this, arena)
    const { docsSeen, mode, valFraction } = this
    this.mark ??= markOf(mode, this.corpus)
    const run = { ...this.mark, docsSeen, valFraction, random: random.save() }
    return writeCheckpoint(this, arena, run)
  }

  /** Number of threads that train, the calling one included. */
  get threads(): number {
    return this.live().trainer.executor.width
  }

  /** All parameters, flat, in state_dict order: a live view. */
  get params(): Float64Array {
    return this.live().arena.params
  }

  /** The weight matrices by name, in microgpt.py's order; their data and grad are live views. */
  get stateDict(): StateDict {
    return this.live().shown
  }

  /** Number of documents, or characters of the text, to train on (`train`) and held out (`val`). */
  get counts(): { train: number; val: number } {
    return this.corpus.counts
  }

  /** Number of training steps so far. */
  get step(): number {
    return this.live().adam.t
  }

  /**
   * Trains, one step per iteration. You can leave the loop at any step; another call continues. A
   * step uses the next documents, starting over after the last, or blocks of the text at random
   * offsets. The offsets come from the model's generator, so sampling in between changes them.
   * After config.num_steps the learning rate of the cosine and linear schedules is 0.
   * @throws {ConfigError} for an option that cannot be used
   * @throws {DatasetError} for evalEvery if nothing is held out
   * @throws {TrainingError} if a loss is not finite; the parameters stay as they were before the
   *   step
   */
  *train(options: TrainOptions = {}): Generator<StepResult, void, undefined> {
    checkOptions('train', options, ['steps', 'batch_size', 'evalEvery'])
    const { evalEvery, batch_size: batchSize = this.config.batch_size } = options
    checkField('batch_size', batchSize, FIELDS.batch_size, this.config.batch_size)
    const evaluates = evalEvery !== undefined
    if (evaluates) checkWhole('evalEvery', evalEvery, 1, 50)
    this.checkData(evaluates)
    const rest = Math.max(0, this.config.num_steps - this.step)
    const { steps = rest } = options
    checkField('steps', steps, { kind: 'integer', min: 0, max: 1e12 }, rest)
    for (let i = 1; i <= steps; i++) {
      const result = this.trainStep(batchSize)
      const due = evaluates && (i === steps || result.step % evalEvery === 0)
      yield due ? { ...result, valLoss: this.validate() } : result
    }
  }

  /**
   * The mean loss over the held-out data, in nats: over its documents like loss(), or over all
   * whole blocks of the held-out text. It does not affect training.
   * @throws {DatasetError} if nothing is held out
   * @throws {TrainingError} for a model that was loaded without its data
   */
  validate(): number {
    const { trainer } = this.live()
    this.checkData(true)
    return trainer.meanLoss(this.corpus.heldOut())
  }

  /**
   * Samples new documents, like microgpt.py, with the generator that shuffled and initialized. For
   * a text, the same as generate() without a prompt.
   * @throws {ConfigError} for a count, length or temperature that cannot be used
   */
  sample(options: SampleOptions = {}): string[] {
    checkOptions('sample', options, ['count', 'length', 'temperature', 'sideBySide'])
    const { mode, config, tokenizer } = this
    const { count = mode === 'text' ? 1 : 20, temperature = config.temperature, length } = options
    checkField('count', count, { kind: 'integer', min: 0, max: MAX_SAMPLES }, 20)
    const { sideBySide = mode === 'docs' && count >= MANY } = options
    checkField('sideBySide', sideBySide, { kind: 'boolean' }, true)
    checkEffect(options, { sideBySide: mode === 'text' && 'is for models of documents' })
    const { arena, decoder, trainer, stateDict, random } = this.live()
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    const continuation = continuationOf(mode, tokenizer, config.block_size, '', length)
    if (mode === 'text') {
      const one = () => this.generate({ temperature, length: continuation.length })
      return Array.from({ length: count }, () => Array.from(one(), ({ char }) => char).join(''))
    }
    const policy = { ...continuation, temperature }
    decoder.forget()
    const { vocabSize } = tokenizer
    const documents = sideBySide
      ? sampleMany(arena, stateDict, config, vocabSize, random, policy, count, trainer.lend())
      : sampleSequences(decoder, random, policy, count)
    return documents.map((ids) => tokenizer.decode(ids))
  }

  /**
   * Continues a prompt, one character per iteration, until the model ends the document or
   * block_size is reached. A text has no end: it continues for `length` characters, and the model
   * sees the last block_size of them. Without a prompt a text continues from a newline, or else
   * from the first character of the alphabet. You may train, sample or write to data between two
   * characters; that affects the following characters.
   * @throws {ConfigError} for an option that cannot be used, or a prompt longer than the model sees
   * @throws {TokenizerError} if the prompt is not a string, or has a character not in the alphabet
   */
  *generate(options: GenerateOptions = {}): Generator<Generated, void, undefined> {
    checkOptions('generate', options, ['prompt', 'length', 'temperature', 'topK', 'seed'])
    const { config, mode, tokenizer } = this
    const { prompt = '', temperature = config.temperature, topK, length } = options
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    if (topK !== undefined) checkWhole('topK', topK, 1, TOP)
    const continuation = continuationOf(mode, tokenizer, config.block_size, prompt, length)
    const policy = { ...continuation, temperature, ...(topK !== undefined && { topK }) }
    const { core } = this.live().arena
    const random = options.seed === undefined ? this.live().random : new Random(options.seed, core)
    let tokens = [...policy.start]
    for (let i = 0; i < policy.length; i++) {
      const { decoder } = this.live()
      // Another list is another owner of the cache: when the window moves, all positions change.
      if (tokens.length > config.block_size) tokens = tokens.slice(-config.block_size)
      decoder.setTemperature(temperature)
      decoder.resume(tokens, tokens)
      const ranked = rankIds(decoder.rows[0]!, policy, core.exp)
      const { id, probability } = ranked[drawRanked(ranked, policy, random)]!
      if (id === policy.stop) return
      tokens.push(id)
      const top = ranked.slice(0, topK ?? TOP)
      yield {
        ...this.candidate(id, probability),
        top: top.map((other) => this.candidate(other.id, other.probability)),
      }
    }
  }

  /**
   * The mean over documents of the mean loss over their first block_size positions, in nats,
   * without training. For a model of a text, pass pieces of text; they have no BOS.
   * @throws {DatasetError} if there is no document, or a piece of text has fewer than 2 characters
   * @throws {TokenizerError} for a character not in the alphabet
   */
  loss(docs: readonly string[]): number {
    const { trainer } = this.live()
    checkDocs(docs)
    return trainer.forward(docs.map((doc) => this.corpus.encode(doc))) / docs.length
  }

  /**
   * What JSON.stringify shows: how the model was made (`preset`, `config`, `mode`, `valFraction`,
   * `seed` in decimal, `numParams`) and how far it has come (`step`, null after free(), and
   * `docsSeen`), without its numbers.
   */
  toJSON() {
    const { preset, config, mode, valFraction, seed, numParams, docsSeen } = this
    const step = this.parts ? this.step : null
    return { preset, config, mode, valFraction, seed: String(seed), numParams, step, docsSeen }
  }

  /** Releases the memory immediately. Views that you still reference keep it alive. */
  free(): void {
    this.parts?.trainer.executor.free()
    this.parts = null
  }

  private trainStep(batchSize: number): StepResult {
    const { arena, trainer, adam, decoder, random } = this.live()
    const lr = learningRate(this.config, adam.t, arena.core.cos)
    const batch = this.corpus.batch(batchSize, this.docsSeen, random)
    const loss = trainer.train(batch, adam, lr)
    this.seen += batchSize
    decoder.forget()
    return { step: adam.t, loss, lr }
  }

  private candidate(tokenId: number, probability: number): Candidate {
    return { char: this.tokenizer.chars[tokenId] ?? '', tokenId, probability }
  }

  /** @param held whether held-out data is required */
  private checkData(held: boolean): void {
    const { train, val } = this.counts
    if (train === 0) {
      const [what, option] = this.mode === 'text' ? ['text', 'text'] : ['documents', 'docs']
      throw new TrainingError(`this model has no ${what}; load it with ${term(option)}`)
    }
    if (held && val === 0) {
      throw new DatasetError(`nothing is held out to validate on; ${advice('heldOut')}`)
    }
  }

  /** @throws {TrainingError} after free() */
  private live(): Parts {
    if (!this.parts) throw new TrainingError('this model has been freed; create another one')
    return this.parts
  }
}
