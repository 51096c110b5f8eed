/**
 * What only some models learn from: one long text, in blocks, and data of which a part is held out.
 * It is loaded when it is asked for: build/microgpt.data.js.
 */
import { type Range, checkField, checkWhole, show } from '../config.js'
import { type Corpus, type DataOptions, DocsCorpus, type Mode } from './corpus.js'
import { type Pieces, shuffled } from './corpus.js'
import { checkDocs } from '../dataset.js'
import { DatasetError } from '../errors.js'
import type { Random } from '../random.js'
import { type Decoder, topCandidates } from '../sample.js'
import type { Tokenizer } from '../tokenizer.js'
import type { DocumentPass } from '../train.js'

/** What valFraction may be. */
export const FRACTION: Range = { kind: 'number', min: 0, max: 1, below: true }

/** Characters of a text, unless told otherwise. */
const DEFAULT_LENGTH = 200

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
 * @param mode of the model, which may have no data here
 * @param random shuffles documents; a text leaves it as it is
 * @throws {DatasetError} when a part of the split is too small to train on or to validate on
 */
export function corpusOf(
  mode: Mode,
  { docs = [], text, valFraction = 0 }: DataOptions,
  tokenizer: Tokenizer,
  blockSize: number,
  random: Random,
): Corpus {
  if (mode === 'text') return new TextCorpus(text, valFraction, tokenizer, blockSize)
  const count = docs.length
  const held = Math.floor(count * valFraction)
  if (count > 0 && valFraction > 0 && (held === 0 || held === count)) {
    const what = held === 0 ? 'none' : 'all'
    const where = `valFraction ${valFraction} of ${count} documents holds out ${what}`
    throw new DatasetError(`${where}; give more documents or another valFraction`)
  }
  const all = shuffled(docs, random)
  if (held === 0) return new DocsCorpus(all, tokenizer, blockSize)
  return new SplitCorpus(all, held, valFraction, tokenizer, blockSize)
}

/** Documents, the last ones of which are held out. */
class SplitCorpus extends DocsCorpus {
  override readonly valDocs: readonly string[]
  override readonly pieces: Pieces

  constructor(
    all: readonly string[],
    held: number,
    valFraction: number,
    tokenizer: Tokenizer,
    blockSize: number,
  ) {
    const train = all.length - held
    super(all.slice(0, train), tokenizer, blockSize)
    this.valDocs = all.slice(train)
    this.pieces = [...all, splitAt(valFraction)]
  }

  validate(pass: DocumentPass): number {
    return meanOf(this.heldOut(), pass)
  }

  *heldOut(): Generator<number[]> {
    for (const doc of this.valDocs) yield this.seen(doc)
  }
}

/** Sequences whose ids are there at the same time. */
const GROUP = 1024

/** The mean loss over sequences, added up in their order. */
function meanOf(sequences: Iterable<number[]>, pass: DocumentPass): number {
  let sum = 0
  let count = 0
  let group: number[][] = []
  const take = () => {
    sum = pass.forward(group, sum)
    count += group.length
    group = []
  }
  for (const sequence of sequences) if (group.push(sequence) === GROUP) take()
  if (group.length > 0) take()
  return sum / count
}

/** How data is split, as a piece of it. */
const splitAt = (valFraction: number) => `split ${valFraction}`

/** One text, in which there is no BOS: none is drawn either, and it has no end. */
class TextCorpus implements Corpus {
  readonly docs: readonly string[] = []
  readonly valDocs: readonly string[] = []
  readonly counts: { train: number; val: number }
  readonly pieces: Pieces
  private readonly ids: ArrayLike<number>
  private readonly tokenizer: Tokenizer
  private readonly blockSize: number

  /** @param text none for a model that only samples */
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
    this.pieces = [this.ids, ...(val > 0 ? [splitAt(valFraction)] : [])]
    if (text === undefined) return
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

  /** As nanoGPT draws them: each offset is as likely as any other at which a block fits. */
  batch(size: number, _seen: number, random: Random): number[][] {
    const offsets = this.counts.train - this.blockSize
    const batch: number[][] = []
    for (let i = 0; i < size; i++) batch.push(this.block(random.below(offsets)))
    return batch
  }

  validate(pass: DocumentPass): number {
    return meanOf(this.heldOut(), pass)
  }

  /** Whole blocks, each beginning at the last target of the one before; what is left over is not. */
  *heldOut(): Generator<number[]> {
    const { ids, blockSize } = this
    for (let at = this.counts.train; at + blockSize < ids.length; at += blockSize) {
      yield this.block(at)
    }
  }

  encode(piece: string): number[] {
    const ids = this.tokenizer.encode(piece)
    if (ids.length > 1) return ids
    throw new DatasetError(`a piece of text must have 2 characters at least, got ${show(piece)}`)
  }

  /** Without a prompt from a newline; where the alphabet has none, from its first character. */
  begin(prompt: string, length = DEFAULT_LENGTH) {
    checkWhole('length', length, 0, DEFAULT_LENGTH)
    const ids = this.tokenizer.encode(prompt)
    const newline = Math.max(0, this.tokenizer.chars.indexOf('\n'))
    return { tokens: ids.length > 0 ? ids : [newline], count: length }
  }

  next(decoder: Decoder, k?: number) {
    const { BOS, vocabSize } = this.tokenizer
    const kept = topCandidates(decoder, vocabSize)
      .filter(({ id }) => id !== BOS)
      .slice(0, k)
    const total = kept.reduce((sum, { probability }) => sum + probability, 0)
    return kept.map(({ id, probability }) => ({ id, probability: probability / total }))
  }

  private block(at: number): number[] {
    const block: number[] = []
    for (let i = at; i <= at + this.blockSize; i++) block.push(this.ids[i]!)
    return block
  }
}

/**
 * The ids of a long text, 2 bytes each; 4 where there are more than 65,536.
 * @throws {TokenizerError} for a character outside the alphabet
 */
export function encodeText(tokenizer: Tokenizer, text: string): Uint16Array | Uint32Array {
  const ids = new (tokenizer.vocabSize <= 65536 ? Uint16Array : Uint32Array)(text.length)
  let count = 0
  for (const char of text) ids[count++] = tokenizer.idOf(char)
  return count < ids.length ? ids.slice(0, count) : ids
}
