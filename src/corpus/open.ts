/** The corpus of a model: what only some need is loaded when it is asked for. */
import { beside } from '../beside.js'
import { type Corpus, type DataOptions, DocsCorpus, type Mode, shuffled } from './corpus.js'
import type { Random } from '../random.js'
import type { Tokenizer } from '../tokenizer.js'

/** Makes the corpus, once there is a generator to shuffle it. */
export type MakeCorpus = (tokenizer: Tokenizer, blockSize: number, random: Random) => Corpus

/**
 * @param mode of the model
 * @throws {DatasetError} {ConfigError} for data that cannot be used
 * @throws {MicroGPTError} when microgpt.data.js is needed, and is not beside this module
 */
export async function openCorpus(mode: Mode, data: DataOptions): Promise<MakeCorpus> {
  const { docs = [], valFraction = 0 } = data
  if (mode === 'docs' && valFraction === 0 && data.text === undefined) {
    return (tokenizer, size, random) => new DocsCorpus(shuffled(docs, random), tokenizer, size)
  }
  const { corpusOf, modeOf } = await beside('microgpt.data.js', import('./corpora.js'))
  modeOf(data)
  return (...rest) => corpusOf(mode, data, ...rest)
}
