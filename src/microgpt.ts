/** The front door: one object that trains, samples and shows itself, in Node and in browsers. */
import { Adam } from './adam.js'
import type { Arena } from './arena.js'
import { beside } from './beside.js'
import { dataFor, otherData } from './checkpoint-data.js'
import { type DatasetMark, type ReadOptions, type RunState, markOf } from './checkpoint.js'
import { writeCheckpoint } from './checkpoint.js'
import { sampleMany } from './bulk.js'
import { type Config, type ConfigInput, FIELDS, checkField, checkOptions } from './config.js'
import { learningRate, resolveConfig, show } from './config.js'
import type { Core } from './core.js'
import { DEFAULT_LENGTH, checkLength, contextOf, nextCandidates } from './continue.js'
import {
  type Corpus,
  type Data,
  type DataOptions,
  type Mode,
  checkEval,
  corpusOf,
} from './corpus.js'
import { encodeFor, modeOf } from './corpus.js'
import { checkDocs } from './dataset.js'
import { type Engine, type EngineOptions, openEngine } from './engine.js'
import { ConfigError, DatasetError, TrainingError } from './errors.js'
import { Random, type Seed } from './random.js'
import { type Candidate, Decoder, sampleIds } from './sample.js'
import { type StateDict, gptTable, initialise, mapStateDict } from './state-dict.js'
import { Tokenizer } from './tokenizer.js'
import type { Team } from './threads/team.js'
import { DocumentPass } from './train.js'

/** What to learn from, and how to make the model. */
export type CreateOptions = Data & MakeOptions

interface MakeOptions extends EngineOptions {
  /** 'tutorial' (the default) or 'gist'. */
  preset?: string
  /** Fields that differ from the preset. */
  config?: ConfigInput
  /** 42 unless given. */
  seed?: Seed
}

/**
 * With `docs` or `text`, whichever it was: what to go on learning from; without, the model only
 * samples. A run goes on with its own `valFraction`; a new one has that which is given.
 */
export interface LoadOptions extends ReadOptions, DataOptions, EngineOptions {
  /** Whether to take up the file's run where it has one (the default), or to begin a new one. */
  optimizer?: boolean
  /** Starts the generator over; the file's goes on unless given. */
  seed?: Seed
}

export interface StepResult {
  /** Steps made so far, this one included. */
  step: number
  /** Mean over the step's documents of the mean of -log p(next token), before its update. */
  loss: number
  /** Learning rate of the update. */
  lr: number
  /** validate() after the update, on the steps that evalEvery says. */
  valLoss?: number
}

export interface TrainOptions {
  /** The rest of config.num_steps unless given. */
  steps?: number
  /** Documents, or blocks of the text, a step; config.batch_size unless given. */
  batch_size?: number
  /**
   * Validates after each step whose number this divides, and after the last one of the call; never
   * unless given. It takes time in proportion to what is held out, and changes no bit of the run.
   */
  evalEvery?: number
}

export interface SampleOptions {
  /** 20 unless given; of a text, 1. */
  count?: number
  /** Characters of each, of a text only; 200 unless given. */
  length?: number
  /** config.temperature unless given; 0 is greedy. */
  temperature?: number
  /**
   * Whether to invent documents side by side, some times as fast. Their random numbers are then
   * drawn in another order than microgpt.py's, so they are others, though as likely. From 1,000 on
   * it is so unless this is false; below only where it is true.
   */
  sideBySide?: boolean
}

export interface GenerateOptions {
  /** How the text begins; '' unless given. */
  prompt?: string
  /** Characters to go on for, of a text only; 200 unless given. A document ends by itself. */
  length?: number
  /** config.temperature unless given; 0 is greedy. */
  temperature?: number
  /** Draw among the k likeliest only. */
  topK?: number
  /** A generator of its own for this text; without it the model's own goes on. */
  seed?: Seed
}

export interface Generated extends Candidate {
  /** The likeliest candidates, this one among them or not: topK of them, or 10. */
  top: Candidate[]
}

interface Parts {
  core: Core
  arena: Arena
  team: Team | null
  stateDict: StateDict
  decoder: Decoder
  pass: DocumentPass
  adam: Adam
}

/** Documents from which on they are invented side by side. */
const MANY = 1000

/** Options of create and load alike. */
const BOTH = ['docs', 'text', 'valFraction', 'core', 'fast', 'threads']

/** Ends the threads of models that nobody holds any more. */
const forgotten = new FinalizationRegistry((stop: () => void) => stop())

export class MicroGPT {
  readonly preset: string
  readonly config: Readonly<Config>
  readonly mode: Mode
  /** The part of the data that is held out; 0 is none. */
  readonly valFraction: number
  /** What the documents were shuffled with. */
  readonly seed: bigint
  readonly tokenizer: Tokenizer
  /** In the order of training: shuffled by the seed, those held out left out. Of a text none. */
  readonly docs: readonly string[]
  /** The documents held out. */
  readonly valDocs: readonly string[]
  readonly numParams: number
  /**
   * Documents that steps have taken so far: the next one is docs[docsSeen % docs.length]. Of a
   * text, blocks.
   */
  docsSeen = 0
  private readonly corpus: Corpus
  private readonly random: Random
  private parts: Parts | null
  private mark: DatasetMark | null = null

  private constructor(
    { core, arena, team }: Engine,
    { mode, preset, config, tokenizer }: Pick<MicroGPT, 'mode' | 'preset' | 'config' | 'tokenizer'>,
    seed: Seed,
    data: DataOptions,
  ) {
    this.mode = mode
    this.preset = preset
    this.config = config
    this.tokenizer = tokenizer
    this.random = new Random(seed, core)
    this.seed = BigInt(seed)
    this.valFraction = data.valFraction ?? 0
    this.corpus = corpusOf(data, tokenizer, config.block_size, this.random)
    this.docs = this.corpus.docs
    this.valDocs = this.corpus.valDocs

    const { vocabSize } = tokenizer
    const stateDict = mapStateDict(arena, gptTable(config, vocabSize))
    const decoder = new Decoder(arena, stateDict, config, vocabSize)
    const pass = new DocumentPass(arena, stateDict, config, vocabSize, team)
    this.parts = { core, arena, team, stateDict, decoder, pass, adam: new Adam(arena, config) }
    if (team) forgotten.register(this, team.stopper)
    this.numParams = arena.params.length
  }

  /**
   * Loads the core, shuffles a copy of the documents and draws the parameters, as microgpt.py does.
   * A text is encoded once, and nothing is drawn for it until training begins.
   * @throws {ConfigError} for a hyperparameter, fraction or seed that cannot be used
   * @throws {DatasetError} when there is nothing to learn from, or to validate on
   * @throws {CoreError} when the core cannot be loaded
   * @throws {ArenaError} when the model does not fit 4 GiB
   */
  static async create(options: CreateOptions): Promise<MicroGPT> {
    checkOptions('create', options, [...BOTH, 'preset', 'config', 'seed'])
    const { preset = 'tutorial', seed = 42, docs, text } = options
    const config = resolveConfig(preset, options.config)
    const mode = modeOf(options) ?? 'docs'
    const tokenizer = Tokenizer.of(text === undefined ? docs! : [text])
    const engine = await openEngine(config, tokenizer.vocabSize, options)
    const gpt = new MicroGPT(engine, { mode, preset, config, tokenizer }, seed, options)
    initialise(gpt.params, gptTable(config, tokenizer.vocabSize), gpt.random)
    return gpt
  }

  /**
   * A model from a checkpoint, in Node or a browser, wherever it was made. Where the file holds a
   * run, the next step gives the bits that it would have given there.
   * @throws {CheckpointError} when the file is malformed, of another model, or of other documents
   * @throws {TokenizerError} when the documents have a character that the file's alphabet lacks
   * @throws {ConfigError} {CoreError} {ArenaError} as create does
   * @throws {MicroGPTError} when microgpt.load.js, which reads the file, is not beside this module
   */
  static async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<MicroGPT> {
    const known = ['optimizer', 'seed', 'preset', 'config', 'alphabet', 'widen', 'maxHeader']
    checkOptions('load', options, [...BOTH, ...known])
    const { docs, text, seed, optimizer = true } = options
    const mode = modeOf(options)
    const alphabet = mode ? Tokenizer.of(docs ?? [text!]).chars : []
    const reader = await beside('microgpt.load.js', import('./checkpoint-reader.js'))
    const file = reader.readCheckpoint(bytes, { ...(mode ? { alphabet } : {}), ...options })
    const run = optimizer ? file.run : null
    const data = dataFor(file.mode, run, options)
    const odd = alphabet.find((char) => !file.tokenizer.chars.includes(char))
    if (odd !== undefined && run) throw otherData(run, data)
    if (odd !== undefined) file.tokenizer.encode(odd)
    const first = (run ? undefined : seed) ?? file.seed
    const engine = await openEngine(file.config, file.tokenizer.vocabSize, options)
    const gpt = new MicroGPT(engine, file, first, data)
    reader.restore(file, gpt.live().arena, run !== null)
    if (run) gpt.takeUp(run, file.step, data)
    if (run) reader.restoreRandom(gpt.random, run.random)
    if (run && seed !== undefined) gpt.random.seed(seed)
    return gpt
  }

  /**
   * The model as a safetensors file: equal models give equal bytes.
   * @param options.optimizer whether to hold all that the next training step depends on, too
   * @throws {CheckpointError} when a number is not finite
   */
  save(options: { optimizer?: boolean } = {}): Uint8Array {
    checkOptions('save', options, ['optimizer'])
    const { arena } = this.live()
    if (!options.optimizer) return writeCheckpoint(this, arena)
    const { docsSeen, valFraction } = this
    this.mark ??= markOf(this.corpus.all, valFraction)
    const run = { ...this.mark, docsSeen, valFraction, random: this.random.save() }
    return writeCheckpoint(this, arena, run)
  }

  /** Threads that train. */
  get threads(): number {
    return this.live().team?.size ?? 1
  }

  /** All parameters, flat, in state_dict order: a live view. */
  get params(): Float64Array {
    return this.live().arena.params
  }

  /** The matrices by name, in microgpt.py's order; their data and grad are live views. */
  get stateDict(): StateDict {
    return this.live().stateDict
  }

  /** Documents, or characters of the text, that are trained on and that are held out. */
  get counts(): { train: number; val: number } {
    return this.corpus.counts
  }

  /** Steps made so far. */
  get step(): number {
    return this.live().adam.t
  }

  /**
   * Trains, a step each time the caller asks for the next one; stopping early loses nothing, and
   * another call goes on from there. Each step takes the next documents, round and round, or blocks
   * of the text at offsets that the model's generator draws, which sampling then shifts.
   * Beyond config.num_steps the cosine and linear schedules stay at 0.
   * @throws {DatasetError} for evalEvery when nothing is held out
   * @throws {TrainingError} when a loss is not finite; the parameters stay as before that step
   */
  *train(options: TrainOptions = {}): Generator<StepResult, void, undefined> {
    checkOptions('train', options, ['steps', 'batch_size', 'evalEvery'])
    const { evalEvery, batch_size: batchSize = this.config.batch_size } = options
    checkField('batch_size', batchSize, FIELDS.batch_size, this.config.batch_size)
    if (this.corpus.counts.train === 0) throw this.noData()
    if (evalEvery !== undefined) checkEval(this.corpus, evalEvery)
    const rest = Math.max(0, this.config.num_steps - this.step)
    const steps = options.steps ?? rest
    if (!Number.isInteger(steps) || steps < 0) {
      const message = `steps must be a whole number from 0, got ${show(steps)}; try ${rest}`
      throw new ConfigError('steps', steps, message)
    }
    for (let i = 1; i <= steps; i++) {
      const result = this.trainStep(batchSize)
      const due = evalEvery !== undefined && (i === steps || result.step % evalEvery === 0)
      yield due ? { ...result, valLoss: this.validate() } : result
    }
  }

  /**
   * The mean loss over what is held out: over its documents, as loss() has it, or over the whole
   * blocks of its text, one after the other. It draws nothing and trains nothing, and takes time in
   * proportion to what is held out.
   * @throws {DatasetError} when nothing is held out
   * @throws {TrainingError} for a model that was loaded without its data
   */
  validate(): number {
    const { pass } = this.live()
    if (this.corpus.counts.train === 0) throw this.noData()
    if (this.corpus.counts.val === 0) {
      throw new DatasetError('nothing is held out to validate on; give valFraction 0.1 to create')
    }
    return pass.forward(this.corpus.heldOut())
  }

  /**
   * Invents documents, as microgpt.py does, with the generator that shuffled and initialised; of a
   * text, what generate() gives without a prompt.
   * @throws {ConfigError} for a count, length or temperature that cannot be used
   */
  sample(options: SampleOptions = {}): string[] {
    checkOptions('sample', options, ['count', 'length', 'temperature', 'sideBySide'])
    const { mode, config, random, tokenizer } = this
    const { count = mode === 'text' ? 1 : 20, temperature = config.temperature, length } = options
    if (!Number.isInteger(count) || count < 0) {
      throw new ConfigError(
        'count',
        count,
        `count must be a whole number from 0, got ${show(count)}`,
      )
    }
    const { decoder } = this.live()
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    checkLength(mode, length)
    if (mode === 'text') {
      const one = () => this.generate({ temperature, length: length ?? DEFAULT_LENGTH })
      return Array.from({ length: count }, () => Array.from(one(), ({ char }) => char).join(''))
    }
    if (options.sideBySide ?? count >= MANY) return this.sampleMany(count, temperature)
    decoder.forget()
    decoder.setTemperature(temperature)
    return Array.from({ length: count }, () =>
      tokenizer.decode(sampleIds(decoder, random, config, tokenizer.BOS, temperature)),
    )
  }

  /**
   * Goes on from a prompt, a character each time the caller asks, until the model ends the document
   * or block_size is reached. A text has no end: it goes on for `length` characters, the last
   * block_size before each being what the model sees; without a prompt it goes on from a newline,
   * or else from the first character of the alphabet. Training or sampling in between is allowed;
   * what is written into data in between counts for the characters to come, while the keys and
   * values of the past stay where the window does.
   * @throws {ConfigError} for an option that cannot be used, or a prompt longer than the model sees
   * @throws {TokenizerError} for a character that the alphabet lacks
   */
  *generate(options: GenerateOptions = {}): Generator<Generated, void, undefined> {
    checkOptions('generate', options, ['prompt', 'length', 'temperature', 'topK', 'seed'])
    const { config, tokenizer, mode } = this
    const { prompt = '', temperature = config.temperature, topK } = options
    checkLength(mode, options.length)
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
      throw new ConfigError('topK', topK, `topK must be a whole number from 1, got ${show(topK)}`)
    }
    if (typeof prompt !== 'string') {
      throw new ConfigError('prompt', prompt, `prompt must be a string, got ${show(prompt)}`)
    }
    let tokens = contextOf(mode, tokenizer, prompt, config.block_size)
    const most = config.block_size + 1 - tokens.length
    const count = mode === 'text' ? (options.length ?? DEFAULT_LENGTH) : most
    const random =
      options.seed === undefined ? this.random : new Random(options.seed, this.live().core)
    for (let i = 0; i < count; i++) {
      const { decoder } = this.live()
      // Another list is another owner of the cache: in a window that moves, all positions change.
      if (tokens.length > config.block_size) tokens = tokens.slice(-config.block_size)
      decoder.setTemperature(temperature)
      decoder.resume(tokens, tokens)
      const shown = nextCandidates(decoder, mode, tokenizer, topK)
      const weights = shown.map(({ probability }) => probability)
      const drawn = temperature === 0 ? 0 : random.choice(weights)
      const top = shown
        .slice(0, topK ?? 10)
        .map(({ id, probability }) => this.candidate(id, probability))
      const { id, probability } = shown[drawn]!
      if (id === tokenizer.BOS) return
      tokens.push(id)
      yield { ...this.candidate(id, probability), top }
    }
  }

  /**
   * The mean over documents of the mean loss over their positions, of which block_size count at
   * the most; nothing is trained. To a model of a text they are pieces of text, without BOS.
   * @throws {DatasetError} when there is no document, or a piece of text has fewer than 2 characters
   * @throws {TokenizerError} for a character that the alphabet lacks
   */
  loss(docs: readonly string[]): number {
    const { pass } = this.live()
    checkDocs(docs)
    return pass.forward(docs.map((doc) => encodeFor(this.mode, this.tokenizer, doc)))
  }

  /** Lets go of the memory at once. Views that the caller still holds keep it until they go too. */
  free(): void {
    this.parts?.team?.stopper()
    this.parts = null
  }

  private sampleMany(count: number, temperature: number): string[] {
    const { arena, stateDict, pass } = this.live()
    const { BOS, vocabSize } = this.tokenizer
    const options = { count, temperature, BOS, vocabSize, room: pass.lend() }
    const documents = sampleMany(arena, stateDict, this.config, this.random, options)
    return documents.map((ids) => this.tokenizer.decode(ids))
  }

  private trainStep(batchSize: number): StepResult {
    const { core, pass, adam, decoder } = this.live()
    const done = adam.t
    const lr = learningRate(this.config, done, core.cos)
    const batch = this.corpus.batch(batchSize, this.docsSeen, this.random)
    const loss = pass.train(batch, adam, lr)
    this.docsSeen += batchSize
    decoder.forget()
    return { step: adam.t, loss, lr }
  }

  /** @throws {CheckpointError} when the run was trained on other data than there is here */
  private takeUp(run: RunState, step: number, data: DataOptions): void {
    const { num_docs, num_chars, docs_hash } = run
    const { all, counts } = this.corpus
    if (counts.train > 0 && markOf(all, run.valFraction).docs_hash !== docs_hash) {
      throw otherData(run, data)
    }
    this.mark = { num_docs, ...(num_chars === undefined ? {} : { num_chars }), docs_hash }
    this.docsSeen = run.docsSeen
    this.live().adam.t = step
  }

  private candidate(tokenId: number, probability: number): Candidate {
    return { char: this.tokenizer.chars[tokenId] ?? '', tokenId, probability }
  }

  private noData(): TrainingError {
    const what = this.mode === 'text' ? 'text; give text' : 'documents; give docs'
    return new TrainingError(`this model has no ${what} to load`)
  }

  private live(): Parts {
    if (!this.parts) throw new TrainingError('this model has been freed; create another one')
    return this.parts
  }
}
