/** How a text goes on: what the model sees of it, and what may come next. */
import { type Field, checkField } from './config.js'
import type { Mode } from './corpus.js'
import { ConfigError } from './errors.js'
import { type Decoder, topCandidates } from './sample.js'
import type { Tokenizer } from './tokenizer.js'

/** Characters of a text, unless told otherwise. */
export const DEFAULT_LENGTH = 200

const LENGTH: Field = { kind: 'integer', min: 0, max: 1e12, about: '' }

/** @throws {ConfigError} for a length that cannot be used, or one for documents */
export function checkLength(mode: Mode, length: unknown): void {
  if (length === undefined) return
  if (mode === 'docs') {
    const what = 'length is for a model of a text; one of documents ends them itself'
    throw new ConfigError('length', length, `${what}, at block_size at the latest; leave it out`)
  }
  checkField('length', length, LENGTH, DEFAULT_LENGTH)
}

/**
 * The ids that come before the first one to be drawn. A document begins with BOS. A text, in whose
 * training there was none, goes on from its prompt, and without one from a newline; where the
 * alphabet has none, from its first character.
 * @throws {ConfigError} for the beginning of a document that is longer than the model sees
 * @throws {TokenizerError} for a character that the alphabet lacks
 */
export function contextOf(
  mode: Mode,
  tokenizer: Tokenizer,
  prompt: string,
  blockSize: number,
): number[] {
  const ids = tokenizer.encode(prompt)
  if (mode === 'text') return ids.length > 0 ? ids : [Math.max(0, tokenizer.chars.indexOf('\n'))]
  if (ids.length >= blockSize) {
    const most = blockSize - 1
    const message = `prompt has ${ids.length} characters, and the model sees ${most}; cut it`
    throw new ConfigError('prompt', prompt, message)
  }
  return [tokenizer.BOS, ...ids]
}

/**
 * The k likeliest ids with their probabilities among themselves, the likeliest first; all unless k
 * is given. BOS is one that may end a document, and none of a text.
 */
export function nextCandidates(
  decoder: Decoder,
  mode: Mode,
  { BOS, vocabSize }: Tokenizer,
  k = vocabSize,
): { id: number; probability: number }[] {
  if (mode === 'docs') return topCandidates(decoder, k)
  const kept = topCandidates(decoder, vocabSize)
    .filter(({ id }) => id !== BOS)
    .slice(0, k)
  const total = kept.reduce((sum, { probability }) => sum + probability, 0)
  return kept.map(({ id, probability }) => ({ id, probability: probability / total }))
}
