/** The front door: one object that trains, samples and shows itself, in Node and in browsers. */
import { Adam } from './adam.js'
import { Arena } from './arena.js'
import { type DatasetMark, type ReadOptions, type RunState, markOf } from './checkpoint.js'
import { readCheckpoint, restore, restoreRandom, writeCheckpoint } from './checkpoint.js'
import { type Config, type ConfigInput, FIELDS, checkField, checkOptions } from './config.js'
import { learningRate, resolveConfig, show } from './config.js'
import { type Core, type CoreSource, CORE_URL, fastCoreUrl, loadCore } from './core.js'
import { checkDocs } from './dataset.js'
import { CheckpointError, ConfigError, TrainingError } from './errors.js'
import { planGPT } from './memory.js'
import { Random, type Seed } from './random.js'
import { type Candidate, Decoder, sampleIds, topCandidates } from './sample.js'
import { type StateDict, gptTable, initialise, mapStateDict } from './state-dict.js'
import { Tokenizer } from './tokenizer.js'
import { DocumentPass } from './train.js'

export interface CreateOptions {
  /** What to learn from; each string is one document. */
  docs: readonly string[]
  /** 'tutorial' (the default) or 'gist'. */
  preset?: string
  /** Fields that differ from the preset. */
  config?: ConfigInput
  /** 42 unless given. */
  seed?: Seed
  /** Where core.wasm is, when it is not beside this module. */
  core?: CoreSource
  /**
   * Fused multiply-add where the engine has relaxed SIMD: faster by a tenth to a quarter, but the
   * last bits then depend on the machine. Without it, and by default, they are the same everywhere.
   */
  fast?: boolean
}

export interface LoadOptions extends ReadOptions {
  /** What to go on learning from; without them the model only samples. */
  docs?: readonly string[]
  /** Whether to take up the file's run where it has one (the default), or to begin a new one. */
  optimizer?: boolean
  /** Starts the generator over; the file's goes on unless given. */
  seed?: Seed
  /** Where core.wasm is, when it is not beside this module. */
  core?: CoreSource
}

export interface StepResult {
  /** Steps made so far, this one included. */
  step: number
  /** Mean over the step's documents of the mean of -log p(next token), before its update. */
  loss: number
  /** Learning rate of the update. */
  lr: number
}

export interface TrainOptions {
  /** The rest of config.num_steps unless given. */
  steps?: number
  /** Documents a step; config.batch_size unless given. */
  batch_size?: number
}

export interface SampleOptions {
  /** 20 unless given. */
  count?: number
  /** config.temperature unless given; 0 is greedy. */
  temperature?: number
}

export interface GenerateOptions {
  /** How the text begins; '' unless given. */
  prompt?: string
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
  stateDict: StateDict
  decoder: Decoder
  pass: DocumentPass
  adam: Adam
}

export class MicroGPT {
  readonly preset: string
  readonly config: Readonly<Config>
  /** What the documents were shuffled with. */
  readonly seed: bigint
  readonly tokenizer: Tokenizer
  /** In the order of training: shuffled by the seed. */
  readonly docs: readonly string[]
  readonly numParams: number
  /** Documents that steps have taken so far: the next one is docs[docsSeen % docs.length]. */
  docsSeen = 0
  private readonly random: Random
  private parts: Parts | null
  private mark: DatasetMark | null = null

  private constructor(
    core: Core,
    { preset, config, tokenizer }: Pick<MicroGPT, 'preset' | 'config' | 'tokenizer'>,
    seed: Seed,
    docs: readonly string[],
  ) {
    this.preset = preset
    this.config = config
    this.tokenizer = tokenizer
    this.random = new Random(seed, core)
    this.seed = BigInt(seed)
    const shuffled = [...docs]
    this.random.shuffle(shuffled)
    this.docs = shuffled

    const { vocabSize } = tokenizer
    const arena = new Arena(core, planGPT(config, vocabSize))
    const stateDict = mapStateDict(arena, gptTable(config, vocabSize))
    const decoder = new Decoder(arena, stateDict, config, vocabSize)
    const pass = new DocumentPass(arena, stateDict, config, vocabSize)
    this.parts = { core, arena, stateDict, decoder, pass, adam: new Adam(arena, config) }
    this.numParams = arena.params.length
  }

  /**
   * Loads the core, shuffles a copy of the documents and draws the parameters, as microgpt.py does.
   * @throws {ConfigError} for a hyperparameter or seed that cannot be used
   * @throws {DatasetError} when there is nothing to learn from
   * @throws {CoreError} when the core cannot be loaded
   * @throws {ArenaError} when the model does not fit 4 GiB
   */
  static async create(options: CreateOptions): Promise<MicroGPT> {
    checkOptions('create', options, ['docs', 'preset', 'config', 'seed', 'core', 'fast'])
    const { preset = 'tutorial', seed = 42, docs } = options
    const config = resolveConfig(preset, options.config)
    const tokenizer = Tokenizer.of(docs)
    const core = await loadCore(options.core ?? (options.fast ? fastCoreUrl() : CORE_URL))
    const gpt = new MicroGPT(core, { preset, config, tokenizer }, seed, docs)
    initialise(gpt.params, gptTable(config, tokenizer.vocabSize), gpt.random)
    return gpt
  }

  /**
   * A model from a checkpoint, in Node or a browser, wherever it was made. Where the file holds a
   * run, the next step gives the bits that it would have given there.
   * @throws {CheckpointError} when the file is malformed, of another model, or of other documents
   * @throws {TokenizerError} when the documents have a character that the file's alphabet lacks
   * @throws {ConfigError} {CoreError} {ArenaError} as create does
   */
  static async load(bytes: Uint8Array, options: LoadOptions = {}): Promise<MicroGPT> {
    const known = ['docs', 'optimizer', 'seed', 'core', 'preset', 'config', 'alphabet', 'widen']
    checkOptions('load', options, [...known, 'maxHeader'])
    const { docs = [], seed, optimizer = true } = options
    if (options.docs) checkDocs(docs)
    const alphabet = docs.length > 0 ? Tokenizer.of(docs).chars : []
    const file = readCheckpoint(bytes, { ...(docs.length > 0 ? { alphabet } : {}), ...options })
    const run = optimizer ? file.run : null
    const first = (run ? undefined : seed) ?? file.seed
    const gpt = new MicroGPT(await loadCore(options.core), file, first, docs)
    restore(file, gpt.live().arena, run !== null)
    if (run) gpt.takeUp(run, file.step)
    for (const char of alphabet) file.tokenizer.encode(char)
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
    this.mark ??= markOf(this.docs)
    const run = { ...this.mark, docsSeen: this.docsSeen, random: this.random.save() }
    return writeCheckpoint(this, arena, run)
  }

  /** All parameters, flat, in state_dict order: a live view. */
  get params(): Float64Array {
    return this.live().arena.params
  }

  /** The matrices by name, in microgpt.py's order; their data and grad are live views. */
  get stateDict(): StateDict {
    return this.live().stateDict
  }

  /** Steps made so far. */
  get step(): number {
    return this.live().adam.t
  }

  /**
   * Trains, a step each time the caller asks for the next one; stopping early loses nothing, and
   * another call goes on from there. Each step takes the next documents, round and round.
   * Beyond config.num_steps the cosine and linear schedules stay at 0.
   * @throws {TrainingError} when a loss is not finite; the parameters stay as before that step
   */
  *train(options: TrainOptions = {}): Generator<StepResult, void, undefined> {
    checkOptions('train', options, ['steps', 'batch_size'])
    const { batch_size: batchSize = this.config.batch_size } = options
    checkField('batch_size', batchSize, FIELDS.batch_size, this.config.batch_size)
    if (this.docs.length === 0) {
      throw new TrainingError('this model has no documents; give docs to load')
    }
    const rest = Math.max(0, this.config.num_steps - this.step)
    const steps = options.steps ?? rest
    if (!Number.isInteger(steps) || steps < 0) {
      const message = `steps must be a whole number from 0, got ${show(steps)}; try ${rest}`
      throw new ConfigError('steps', steps, message)
    }
    for (let i = 0; i < steps; i++) yield this.trainStep(batchSize)
  }

  /**
   * Invents documents, as microgpt.py does, with the generator that shuffled and initialised.
   * @throws {ConfigError} for a count or temperature that cannot be used
   */
  sample(options: SampleOptions = {}): string[] {
    checkOptions('sample', options, ['count', 'temperature'])
    const { count = 20, temperature = this.config.temperature } = options
    if (!Number.isInteger(count) || count < 0) {
      throw new ConfigError(
        'count',
        count,
        `count must be a whole number from 0, got ${show(count)}`,
      )
    }
    const { decoder } = this.live()
    const { config, random, tokenizer } = this
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    decoder.forget()
    decoder.setTemperature(temperature)
    return Array.from({ length: count }, () =>
      tokenizer.decode(sampleIds(decoder, random, config, tokenizer.BOS, temperature)),
    )
  }

  /**
   * Goes on from a prompt, a character each time the caller asks, until the model ends the text or
   * block_size is reached. Training or sampling in between is allowed; what is written into data
   * in between counts for the characters to come, while the keys and values of the past stay.
   * @throws {ConfigError} for an option that cannot be used, or a prompt longer than the model sees
   * @throws {TokenizerError} for a character that the alphabet lacks
   */
  *generate(options: GenerateOptions = {}): Generator<Generated, void, undefined> {
    checkOptions('generate', options, ['prompt', 'temperature', 'topK', 'seed'])
    const { config, tokenizer } = this
    const { prompt = '', temperature = config.temperature, topK } = options
    checkField('temperature', temperature, FIELDS.temperature, config.temperature)
    if (topK !== undefined && !(Number.isInteger(topK) && topK >= 1)) {
      throw new ConfigError('topK', topK, `topK must be a whole number from 1, got ${show(topK)}`)
    }
    if (typeof prompt !== 'string') {
      throw new ConfigError('prompt', prompt, `prompt must be a string, got ${show(prompt)}`)
    }
    const tokens = [tokenizer.BOS, ...tokenizer.encode(prompt)]
    if (tokens.length > config.block_size) {
      const most = config.block_size - 1
      const message = `prompt has ${tokens.length - 1} characters, and the model sees ${most}; cut it`
      throw new ConfigError('prompt', prompt, message)
    }
    const random =
      options.seed === undefined ? this.random : new Random(options.seed, this.live().core)
    while (tokens.length <= config.block_size) {
      const { decoder } = this.live()
      decoder.setTemperature(temperature)
      decoder.resume(tokens, tokens)
      const shown = topCandidates(decoder, topK ?? tokenizer.vocabSize)
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
   * The mean over documents of the mean loss over their positions; nothing is trained.
   * @throws {DatasetError} when there is no document
   * @throws {TokenizerError} for a character that the alphabet lacks
   */
  loss(docs: readonly string[]): number {
    const { pass } = this.live()
    checkDocs(docs)
    return pass.forward(docs.map((doc) => this.tokenizer.encodeDoc(doc)))
  }

  /** Lets go of the memory at once. Views that the caller still holds keep it until they go too. */
  free(): void {
    this.parts = null
  }

  private trainStep(batchSize: number): StepResult {
    const { core, pass, adam, decoder } = this.live()
    const done = adam.t
    const lr = learningRate(this.config, done, core.cos)
    const batch: number[][] = []
    for (let i = 0; i < batchSize; i++) {
      const doc = this.docs[(this.docsSeen + i) % this.docs.length]!
      batch.push(this.tokenizer.encodeDoc(head(doc, this.config.block_size)))
    }
    const loss = pass.train(batch, adam, lr)
    this.docsSeen += batchSize
    decoder.forget()
    return { step: adam.t, loss, lr }
  }

  /** @throws {CheckpointError} when the run was trained on other documents than there are here */
  private takeUp(run: RunState, step: number): void {
    const { num_docs, docs_hash } = run
    if (this.docs.length > 0 && markOf(this.docs).docs_hash !== docs_hash) {
      const what = `the run was trained on ${num_docs} other documents, got ${this.docs.length}`
      const hint = 'give the same, or optimizer: false (--fresh) for a new run on these'
      throw new CheckpointError('dataset', `${what}; ${hint}`)
    }
    this.mark = { num_docs, docs_hash }
    this.docsSeen = run.docsSeen
    this.live().adam.t = step
    restoreRandom(this.random, run.random)
  }

  private candidate(tokenId: number, probability: number): Candidate {
    return { char: this.tokenizer.chars[tokenId] ?? '', tokenId, probability }
  }

  private live(): Parts {
    if (!this.parts) throw new TrainingError('this model has been freed; create another one')
    return this.parts
  }
}

/** The characters of a document that a model can see: of a long one, only these are encoded. */
function head(doc: string, count: number): string {
  // A character is one or two code units.
  if (doc.length <= 2 * count) return doc
  return [...doc.slice(0, 2 * count)].slice(0, count).join('')
}
