/** What a model learns from, as ids: here documents in the order of the seed. */
import { ConfigError } from '../errors.js'
import type { Random } from '../random.js'
import { type Decoder, topCandidates } from '../sample.js'
import type { Tokenizer } from '../tokenizer.js'
import type { DocumentPass } from '../train.js'

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

/** Documents, or the ids of a text. */
export type Pieces = readonly (string | ArrayLike<number>)[]

/** Sequences of ids; each id but the last is an input, and the next one its target. */
export interface Corpus {
  /** Documents to train on, in their order; of a text none. */
  readonly docs: readonly string[]
  /** Documents held out, in their order; of a text none. */
  readonly valDocs: readonly string[]
  /** Documents, or characters of the text. */
  readonly counts: { train: number; val: number }
  /** All of it in its order and how it is split, for a hash. */
  readonly pieces: Pieces
  /** What a step trains on, where the steps before have taken `seen`. */
  batch(size: number, seen: number, random: Random): number[][]
  /** The mean loss over what is held out, whole documents or blocks, where something is. */
  validate?(pass: DocumentPass): number
  /**
   * The ids of one piece of such data, as loss() takes it.
   * @throws {DatasetError} for a piece in which nothing comes after a character
   */
  encode(piece: string): number[]
  /**
   * The ids before the first one to be drawn, and how many may be drawn.
   * @param length that the caller has given, if any
   * @throws {ConfigError} for a length that cannot be used, or a prompt that is too long
   * @throws {TokenizerError} for a character that the alphabet lacks
   */
  begin(prompt: string, length: number | undefined): { tokens: number[]; count: number }
  /**
   * The k likeliest ids after a step of the decoder with their probabilities among themselves, the
   * likeliest first; all unless k is given.
   */
  next(decoder: Decoder, k?: number): { id: number; probability: number }[]
}

/** Documents; each ends with BOS, and so does what goes on from one. */
export class DocsCorpus implements Corpus {
  readonly docs: readonly string[]
  readonly valDocs: readonly string[] = []
  readonly pieces: Pieces
  private readonly tokenizer: Tokenizer
  private readonly blockSize: number

  /** @param docs in the order of training */
  constructor(docs: readonly string[], tokenizer: Tokenizer, blockSize: number) {
    this.docs = docs
    this.pieces = docs
    this.tokenizer = tokenizer
    this.blockSize = blockSize
  }

  get counts() {
    return { train: this.docs.length, val: this.valDocs.length }
  }

  batch(size: number, seen: number): number[][] {
    const { docs } = this
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.seen(docs[(seen + i) % docs.length]!))
    return batch
  }

  encode(doc: string): number[] {
    return this.tokenizer.encodeDoc(doc)
  }

  begin(prompt: string, length?: number) {
    if (length !== undefined) {
      const what = 'length is for a model of a text; one of documents ends them itself'
      throw new ConfigError('length', length, `${what}, at block_size at the latest; leave it out`)
    }
    const ids = this.tokenizer.encode(prompt)
    const count = this.blockSize - ids.length
    if (count <= 0) {
      const most = this.blockSize - 1
      const message = `prompt has ${ids.length} characters, and the model sees ${most}; cut it`
      throw new ConfigError('prompt', prompt, message)
    }
    return { tokens: [this.tokenizer.BOS, ...ids], count }
  }

  next(decoder: Decoder, k = this.tokenizer.vocabSize) {
    return topCandidates(decoder, k)
  }

  /** What the model can see of a document: of a long one, only this is encoded. */
  protected seen(doc: string): number[] {
    const count = this.blockSize
    // A character is one or two code units.
    if (doc.length <= 2 * count) return this.encode(doc)
    return this.encode([...doc.slice(0, 2 * count)].slice(0, count).join(''))
  }
}

/** A copy of the documents in the order that a generator gives them. */
export function shuffled(docs: readonly string[], random: Random): string[] {
  const copy = [...docs]
  random.shuffle(copy)
  return copy
}
