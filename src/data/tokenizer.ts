/** Documents to token ids and back: one id per distinct character, and one for BOS. */
import { DatasetError, TokenizerError } from '../errors.js'
import { show } from '../config/checks.js'
import { checkDocs } from './text.js'

/** Code points in ascending order, as Python sorts text (UTF-16 order differs beyond U+FFFF). */
const byCodePoint = (a: string, b: string) => a.codePointAt(0)! - b.codePointAt(0)!

/** Characters to token ids and back. A token is one character (a code point), or BOS. */
export class Tokenizer {
  static readonly name = 'Tokenizer'
  /** The alphabet, sorted by code point: chars[i] has id i. */
  readonly chars: readonly string[]
  /** The id of the token that begins and ends every document: the last id. */
  readonly BOS: number
  /** Number of tokens: chars.length + 1. */
  readonly vocabSize: number
  private readonly ids: ReadonlyMap<string, number>

  /**
   * @param chars the alphabet, in the order of the ids
   * @throws {TokenizerError} if a character comes twice or is not one code point
   */
  constructor(chars: readonly string[]) {
    if (!Array.isArray(chars)) {
      throw new TokenizerError(`an alphabet is a list of single characters, got ${show(chars)}`)
    }
    this.ids = new Map(chars.map((char, id) => [char, id]))
    const odd = chars.find((char) => typeof char !== 'string' || [...char].length !== 1)
    if (odd !== undefined || this.ids.size !== chars.length) {
      const what = odd === undefined ? 'a character twice' : show(odd)
      throw new TokenizerError(`an alphabet is a list of distinct single characters, got ${what}`)
    }
    this.chars = Object.freeze([...chars])
    this.BOS = chars.length
    this.vocabSize = chars.length + 1
  }

  /**
   * The tokenizer for a list of documents: its alphabet is every character in them.
   * @throws {DatasetError} if there is no document, no character, or a document is not a string
   */
  static of(docs: readonly string[]): Tokenizer {
    checkDocs(docs)
    const seen = new Set<string>()
    for (const doc of docs) for (const char of doc) seen.add(char)
    if (seen.size === 0) throw new DatasetError('the documents hold no character to learn from')
    return new Tokenizer([...seen].sort(byCodePoint))
  }

  /**
   * The ids of a text, without BOS.
   * @throws {TokenizerError} for a character not in the alphabet
   */
  encode(text: string): number[] {
    const ids: number[] = []
    this.append(ids, text)
    return ids
  }

  /** The ids of a document as it is trained on: BOS, its characters, BOS. @throws as encode does */
  encodeDoc(doc: string): number[] {
    const ids = [this.BOS]
    this.append(ids, doc)
    ids.push(this.BOS)
    return ids
  }

  private append(ids: number[], text: string): void {
    if (typeof text !== 'string') throw new TokenizerError(`a text is a string, got ${show(text)}`)
    for (const char of text) ids.push(this.idOf(char))
  }

  /** The id of one character. @throws {TokenizerError} if it is not in the alphabet */
  idOf(char: string): number {
    const id = this.ids.get(char)
    if (id === undefined) {
      const known = this.chars.slice(0, 200).join('')
      throw new TokenizerError(`the character ${show(char)} is not in the alphabet: ${known}`)
    }
    return id
  }

  /**
   * The text of some ids; BOS gives none.
   * @throws {TokenizerError} for an id not in the vocabulary
   */
  decode(ids: Iterable<number>): string {
    let text = ''
    if (typeof ids?.[Symbol.iterator] !== 'function') {
      throw new TokenizerError(`decode takes a list of token ids, got ${show(ids)}`)
    }
    for (const id of ids) {
      if (!(Number.isInteger(id) && id >= 0 && id < this.vocabSize)) {
        throw new TokenizerError(`token ids run from 0 to ${this.BOS}, got ${show(id)}`)
      }
      text += this.chars[id] ?? ''
    }
    return text
  }
}
