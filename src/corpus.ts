/**
 * What a model learns from and what is held out, as ids: documents in the order of the seed, or
 * blocks of one long text.
 */
import { type Field, checkField, show } from './config.js'
import { checkDocs } from './dataset.js'
import { DatasetError } from './errors.js'
import type { Random } from './random.js'
import type { Tokenizer } from './tokenizer.js'

/** Many documents, each from BOS to BOS; or one long text, in blocks without BOS. */
export type Mode = 'docs' | 'text'

/** What to learn from: either of the two. */
export interface DataOptions {
  /** Each string is one document. */
  docs?: readonly string[]
  /** One long text, as it is: a block of it may begin at any character. */
  text?: string
  /**
   * The part that is never trained on, from 0 (the default) up to below 1: the last
   * floor(count * valFraction) of the shuffled documents, or of the text's characters. The alphabet
   * is that of all.
   */
  valFraction?: number
}

/** The same where one must be given. */
export type Data = DataOptions & ({ docs: readonly string[] } | { text: string })

/** Sequences of ids; each id but the last is an input, and the next one its target. */
export interface Corpus {
  /** Documents to train on, in their order; of a text none. */
  readonly docs: readonly string[]
  /** Documents held out, in their order; of a text none. */
  readonly valDocs: readonly string[]
  /** Documents, or characters of the text. */
  readonly counts: { train: number; val: number }
  /** All of it in its order, for a hash. */
  readonly all: readonly (string | ArrayLike<number>)[]
  /** What a step trains on, where the steps before have taken `seen`. */
  batch(size: number, seen: number, random: Random): number[][]
  /** What is held out, from its beginning, one sequence at a time. */
  heldOut(): Iterable<number[]>
}

/** What valFraction may be. */
export const FRACTION: Field = { kind: 'number', min: 0, max: 1, below: true, about: '' }
const EVERY: Field = { kind: 'integer', min: 1, max: 1e12, about: '' }

/**
 * Which of the two is given, if any.
 * @throws {DatasetError} for both, or for something else than documents and a text
 * @throws {ConfigError} for a fraction out of range
 */
export function modeOf({ docs, text, valFraction = 0 }: DataOptions): Mode | null {
  checkField('valFraction', valFraction, FRACTION, 0.1)
  if (docs !== undefined && text !== undefined) {
    throw new DatasetError('give docs or text, not both')
  }
  if (text !== undefined) {
    if (typeof text !== 'string') throw new DatasetError(`text must be a string, got ${show(text)}`)
    if (text === '') throw new DatasetError('text must hold characters to learn from, got none')
    return 'text'
  }
  if (docs === undefined) return null
  checkDocs(docs)
  return 'docs'
}

/**
 * @param random shuffles documents; a text leaves it as it is
 * @throws {DatasetError} when a part of the split is too small to train on or to validate on
 */
export function corpusOf(
  { docs = [], text, valFraction = 0 }: DataOptions,
  tokenizer: Tokenizer,
  blockSize: number,
  random: Random,
): Corpus {
  if (text !== undefined) return new TextCorpus(text, valFraction, tokenizer, blockSize)
  const shuffled = [...docs]
  random.shuffle(shuffled)
  return new DocsCorpus(shuffled, valFraction, tokenizer, blockSize)
}

/** @throws {ConfigError} {DatasetError} when there is nothing to validate on, or never a time to */
export function checkEval({ counts }: Corpus, evalEvery: unknown): void {
  checkField('evalEvery', evalEvery, EVERY, 50)
  if (counts.val > 0) return
  throw new DatasetError('evalEvery needs held-out data; give valFraction 0.1 to create')
}

/**
 * A document from BOS to BOS, or a piece of text as it is.
 * @throws {DatasetError} for a piece in which nothing comes after a character
 */
export function encodeFor(mode: Mode, tokenizer: Tokenizer, doc: string): number[] {
  if (mode === 'docs') return tokenizer.encodeDoc(doc)
  const ids = tokenizer.encode(doc)
  if (ids.length > 1) return ids
  throw new DatasetError(`a piece of text must have 2 characters at least, got ${show(doc)}`)
}

class DocsCorpus implements Corpus {
  readonly docs: readonly string[]
  readonly valDocs: readonly string[]
  readonly all: readonly string[]
  private readonly tokenizer: Tokenizer
  private readonly blockSize: number

  constructor(all: string[], valFraction: number, tokenizer: Tokenizer, blockSize: number) {
    const held = Math.floor(all.length * valFraction)
    if (all.length > 0 && valFraction > 0 && (held === 0 || held === all.length)) {
      const what = held === 0 ? 'none' : 'all'
      const where = `valFraction ${valFraction} of ${all.length} documents holds out ${what}`
      throw new DatasetError(`${where}; give more documents or another valFraction`)
    }
    this.all = all
    this.docs = held === 0 ? all : all.slice(0, -held)
    this.valDocs = held === 0 ? [] : all.slice(-held)
    this.tokenizer = tokenizer
    this.blockSize = blockSize
  }

  get counts() {
    return { train: this.docs.length, val: this.valDocs.length }
  }

  batch(size: number, seen: number): number[][] {
    const { docs } = this
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.encode(docs[(seen + i) % docs.length]!))
    return batch
  }

  *heldOut(): Generator<number[]> {
    for (const doc of this.valDocs) yield this.encode(doc)
  }

  private encode(doc: string): number[] {
    return this.tokenizer.encodeDoc(head(doc, this.blockSize))
  }
}

class TextCorpus implements Corpus {
  readonly docs: readonly string[] = []
  readonly valDocs: readonly string[] = []
  readonly counts: { train: number; val: number }
  private readonly ids: ArrayLike<number>
  private readonly blockSize: number

  constructor(text: string, valFraction: number, tokenizer: Tokenizer, blockSize: number) {
    this.ids = tokenizer.encodeText(text)
    this.blockSize = blockSize
    const val = Math.floor(this.ids.length * valFraction)
    const train = this.ids.length - val
    this.counts = { train, val }
    const block = `and a block takes ${blockSize + 1} (block_size and the one after)`
    if (train <= blockSize) {
      const what = `the text has ${train} characters to train on, ${block}`
      throw new DatasetError(`${what}; give a longer text or a smaller block_size`)
    }
    if (valFraction > 0 && val <= blockSize) {
      const what = `valFraction ${valFraction} holds out ${val} characters, ${block}`
      throw new DatasetError(`${what}; give a longer text, a larger valFraction or 0`)
    }
  }

  get all() {
    return [this.ids]
  }

  /** As nanoGPT draws them: each offset is as likely as any other at which a block fits. */
  batch(size: number, _seen: number, random: Random): number[][] {
    const offsets = this.counts.train - this.blockSize
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.block(random.randrange(offsets)))
    return batch
  }

  /** Whole blocks, each beginning at the last target of the one before; what is left over is not. */
  *heldOut(): Generator<number[]> {
    const { ids, blockSize } = this
    for (let at = this.counts.train; at + blockSize < ids.length; at += blockSize) {
      yield this.block(at)
    }
  }

  private block(at: number): number[] {
    const block: number[] = []
    for (let i = at; i <= at + this.blockSize; i++) block.push(this.ids[i]!)
    return block
  }
}

/** The characters of a document that a model can see: of a long one, only these are encoded. */
function head(doc: string, count: number): string {
  // A character is one or two code units.
  if (doc.length <= 2 * count) return doc
  return [...doc.slice(0, 2 * count)].slice(0, count).join('')
}
