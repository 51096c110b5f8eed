/** The training data as ids: documents, shuffled with the seed, or one long text. */
import { type Range, checkField, show } from '../config/checks.js'
import { term } from '../config/terms.js'
import { DatasetError } from '../errors.js'
import type { Random } from '../random.js'
import { checkDocs } from './text.js'
import type { Tokenizer } from './tokenizer.js'

/** 'docs': many documents, each from BOS to BOS. 'text': one long text, in blocks without BOS. */
export type Mode = 'docs' | 'text'

/** The data to train on: either documents or a text. */
export interface DataOptions {
  /** Each string is one document. */
  docs?: readonly string[]
  /** One long text, used as it is: a block of it may begin at any character. */
  text?: string
  /**
   * The share of the data that is held out and never trained on, from 0 (the default), below 1: the
   * last floor(count * valFraction) of the shuffled documents, or of the text's characters. The
   * alphabet includes all data.
   */
  valFraction?: number
}

/** The data to train on, where one of docs and text is required. */
export type Data = DataOptions &
  ({ docs: readonly string[]; text?: undefined } | { text: string; docs?: undefined })

/** Documents, or the ids of a text. */
export type Pieces = readonly (string | ArrayLike<number>)[]

/** Sequences of ids; each id except the last is an input, and its target is the next id. */
export interface Corpus {
  /** Documents to train on, in training order; empty for a text. */
  readonly docs: readonly string[]
  /** Held-out documents, in order; empty for a text. */
  readonly valDocs: readonly string[]
  /** Number of documents, or characters of the text. */
  readonly counts: { train: number; val: number }
  /** All data in order, and how it is split: the input of a hash. */
  readonly pieces: Pieces
  /**
   * The sequences of the next step.
   * @param size number of documents or blocks
   * @param seen documents or blocks that earlier steps have used
   */
  batch(size: number, seen: number, random: Random): number[][]
  /** The held-out sequences: whole documents, or whole blocks of the text. */
  heldOut(): Iterable<number[]>
  /**
   * The ids of one document or piece of text, to compute a loss on.
   * @throws {DatasetError} for a piece of text with fewer than 2 characters
   * @throws {TokenizerError} for a character that is not in the alphabet
   */
  encode(piece: string): number[]
}

/** The range of valFraction. */
export const FRACTION: Range = { kind: 'number', min: 0, max: 1, below: true }

/**
 * Whether documents or a text are given, or null for neither.
 * @throws {DatasetError} if both are given, or if the value is not a list of strings or a string
 * @throws {ConfigError} for a valFraction out of range
 */
export function modeOf({ docs, text, valFraction = 0 }: DataOptions): Mode | null {
  checkField('valFraction', valFraction, FRACTION, 0.1)
  if (docs !== undefined && text !== undefined) {
    throw new DatasetError(`give ${term('docs')} or ${term('text')}, not both`)
  }
  if (text !== undefined) {
    if (typeof text !== 'string') throw new DatasetError(`text must be a string, got ${show(text)}`)
    if (text === '') throw new DatasetError('text must have characters to learn from, got none')
    return 'text'
  }
  if (docs === undefined) return null
  checkDocs(docs)
  return 'docs'
}

/**
 * The corpus of a model.
 * @param mode of the model; a model without data only samples
 * @param random shuffles documents; not used for a text
 * @throws {DatasetError} if a part of the split is too small to train on or to validate on
 */
export function createCorpus(
  mode: Mode,
  { docs = [], text, valFraction = 0 }: DataOptions,
  tokenizer: Tokenizer,
  blockSize: number,
  random: Random,
): Corpus {
  return mode === 'text'
    ? new TextCorpus(text, valFraction, tokenizer, blockSize)
    : new DocsCorpus(docs, valFraction, tokenizer, blockSize, random)
}

/** The split as one more piece for the hash; none if nothing is held out. */
const splitPiece = (held: number, valFraction: number) => (held > 0 ? [`split ${valFraction}`] : [])

/** Documents, shuffled; the last ones may be held out. */
class DocsCorpus implements Corpus {
  readonly docs: readonly string[]
  readonly valDocs: readonly string[]
  readonly counts: { train: number; val: number }
  readonly pieces: Pieces
  private readonly tokenizer: Tokenizer
  private readonly blockSize: number

  constructor(
    docs: readonly string[],
    valFraction: number,
    tokenizer: Tokenizer,
    blockSize: number,
    random: Random,
  ) {
    const val = Math.floor(docs.length * valFraction)
    const train = docs.length - val
    if (docs.length > 0 && valFraction > 0 && (val === 0 || train === 0)) {
      const part = val === 0 ? 'none' : 'all'
      const what = `${term('valFraction')} ${valFraction} of ${docs.length} documents holds out ${part}`
      throw new DatasetError(`${what}; give more documents or another ${term('valFraction')}`)
    }
    const shuffled = [...docs]
    random.shuffle(shuffled)
    this.docs = val === 0 ? shuffled : shuffled.slice(0, train)
    this.valDocs = shuffled.slice(train)
    this.counts = { train, val }
    this.pieces = [...shuffled, ...splitPiece(val, valFraction)]
    this.tokenizer = tokenizer
    this.blockSize = blockSize
  }

  /** The next documents; after the last comes the first again. */
  batch(size: number, seen: number): number[][] {
    const { docs } = this
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.encodeSeen(docs[(seen + i) % docs.length]!))
    return batch
  }

  *heldOut(): Generator<number[]> {
    for (const doc of this.valDocs) yield this.encodeSeen(doc)
  }

  encode(doc: string): number[] {
    return this.tokenizer.encodeDoc(doc)
  }

  /** The ids that the model can see. Only the beginning of a long document is encoded. */
  private encodeSeen(doc: string): number[] {
    const count = this.blockSize
    // A character is one or two code units.
    if (doc.length <= 2 * count) return this.encode(doc)
    return this.encode([...doc.slice(0, 2 * count)].slice(0, count).join(''))
  }
}

/** One text; without BOS, because it has no end. */
class TextCorpus implements Corpus {
  readonly docs: readonly string[] = []
  readonly valDocs: readonly string[] = []
  readonly counts: { train: number; val: number }
  readonly pieces: Pieces
  private readonly ids: ArrayLike<number>
  private readonly tokenizer: Tokenizer
  private readonly blockSize: number

  /** @param text undefined for a model that only samples */
  constructor(
    text: string | undefined,
    valFraction: number,
    tokenizer: Tokenizer,
    blockSize: number,
  ) {
    this.ids = encodeText(tokenizer, text ?? '')
    this.tokenizer = tokenizer
    this.blockSize = blockSize
    const val = Math.floor(this.ids.length * valFraction)
    const train = this.ids.length - val
    this.counts = { train, val }
    this.pieces = [this.ids, ...splitPiece(val, valFraction)]
    if (text === undefined) return
    const block = `but a block takes ${blockSize + 1} (${term('block_size')} and the next one)`
    if (train <= blockSize) {
      const what = `the text has ${train} characters to train on, ${block}`
      throw new DatasetError(`${what}; give a longer text or a smaller ${term('block_size')}`)
    }
    if (valFraction > 0 && val <= blockSize) {
      const what = `${term('valFraction')} ${valFraction} holds out ${val} characters, ${block}`
      throw new DatasetError(`${what}; give a longer text, a larger ${term('valFraction')} or 0`)
    }
  }

  /** Blocks at random offsets, as in nanoGPT: every offset where a block fits is equally likely. */
  batch(size: number, _seen: number, random: Random): number[][] {
    const offsets = this.counts.train - this.blockSize
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.block(random.below(offsets)))
    return batch
  }

  /**
   * Whole blocks; each begins at the last target of the previous one. An incomplete last block is
   * dropped.
   */
  *heldOut(): Generator<number[]> {
    const { ids, blockSize } = this
    for (let at = this.counts.train; at + blockSize < ids.length; at += blockSize) {
      yield this.block(at)
    }
  }

  encode(piece: string): number[] {
    const ids = this.tokenizer.encode(piece)
    if (ids.length > 1) return ids
    throw new DatasetError(`a piece of text must have at least 2 characters, got ${show(piece)}`)
  }

  private block(at: number): number[] {
    const block: number[] = []
    for (let i = at; i <= at + this.blockSize; i++) block.push(this.ids[i]!)
    return block
  }
}

/**
 * The ids of a long text, 2 bytes each, or 4 if the vocabulary has more than 65,536 tokens.
 * @throws {TokenizerError} for a character not in the alphabet
 */
export function encodeText(tokenizer: Tokenizer, text: string): Uint16Array | Uint32Array {
  const ids = new (tokenizer.vocabSize <= 65536 ? Uint16Array : Uint32Array)(text.length)
  let count = 0
  for (const char of text) ids[count++] = tokenizer.idOf(char)
  return count < ids.length ? ids.slice(0, count) : ids
}
