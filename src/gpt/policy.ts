/** How a model of each kind continues a prompt. */
import { checkWhole } from '../config/checks.js'
import { term } from '../config/terms.js'
import type { Mode } from '../data/corpus.js'
import type { Tokenizer } from '../data/tokenizer.js'
import { ConfigError } from '../errors.js'
import type { SamplingPolicy } from './sample.js'

/** Characters that continue a text, unless a length is given. */
const DEFAULT_LENGTH = 200

/** A policy but for its temperature and topK. */
export type Continuation = Pick<SamplingPolicy, 'start' | 'stop' | 'banned' | 'length'>

/**
 * A document begins and ends with BOS, at block_size at the latest. A text has no BOS and no end: it
 * continues for `length` characters; without a prompt it begins with a newline, or else with the
 * first character of the alphabet.
 * @param length as the caller has given it, of a text only
 * @throws {ConfigError} for a length that cannot be used, or a prompt that is too long
 * @throws {TokenizerError} for a character that is not in the alphabet
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
