/** How a model of documents and a model of a text continue a prompt. */
import { checkWhole } from '../config/checks.js'
import { term } from '../config/terms.js'
import type { Mode } from '../data/corpus.js'
import type { Tokenizer } from '../data/tokenizer.js'
import { ConfigError } from '../errors.js'
import type { SamplingPolicy } from './sample.js'

/** Default number of characters that continue a text. */
const DEFAULT_LENGTH = 200

/** A policy without temperature and topK. */
export type Continuation = Pick<SamplingPolicy, 'start' | 'stop' | 'banned' | 'length'>

/**
 * A document begins and ends with BOS, and has at most block_size characters. A text has no BOS and
 * no end: it continues for `length` characters; without a prompt it begins with a newline, or else
 * with the first character of the alphabet.
 * @param length as passed by the caller, for a text only
 * @throws {ConfigError} for a length that cannot be used, or a prompt that is too long
 * @throws {TokenizerError} for a character not in the alphabet
 */
export function continuationOf(
  mode: Mode,
  tokenizer: Tokenizer,
  blockSize: number,
  prompt: string,
  length: number | undefined,
): Continuation {
  const { BOS, chars } = tokenizer
  if (mode === 'text') {
    checkWhole('length', length ?? DEFAULT_LENGTH, 0, DEFAULT_LENGTH)
    const ids = tokenizer.encode(prompt)
    const start = ids.length > 0 ? ids : [Math.max(0, chars.indexOf('\n'))]
    return { start, stop: null, banned: BOS, length: length ?? DEFAULT_LENGTH }
  }
  if (length !== undefined) {
    const size = term('block_size')
    const what = `${term('length')} is for models of a text; a document ends by itself or at ${size}`
    throw new ConfigError('length', length, `${what}; leave it out`)
  }
  const ids = tokenizer.encode(prompt)
  const rest = blockSize - ids.length
  if (rest <= 0) {
    const most = blockSize - 1
    const message = `${term('prompt')} has ${ids.length} characters, but the model sees ${most}; shorten it`
    throw new ConfigError('prompt', prompt, message)
  }
  return { start: [BOS, ...ids], stop: BOS, banned: null, length: rest }
}
