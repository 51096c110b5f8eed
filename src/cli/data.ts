/** Reads the data of --data: a file, standard input, a URL, or the bundled names. */
import { ALL } from '../data/table.js'
import type { Data, Mode } from '../data/corpus.js'
import { type DataReading, dataOf, decodeData as fromBytes } from '../data/decode-data.js'
import { DatasetError } from '../errors.js'
import { gunzip, isUrl, readSource, showProgress, shownUrl } from './source.js'
import { visible } from './visible.js'

/** Where to read from, and how. */
export interface DataSettings extends DataReading {
  /** A path, a URL or '-' (standard input); the bundled names if undefined. */
  source: string | undefined
  mode: Mode
}

/**
 * @param signal cancels the reading
 * @throws {DatasetError} naming the source, if it cannot be read or contains no data
 */
export async function readData(
  { source, ...reading }: DataSettings,
  signal: AbortSignal,
): Promise<Data> {
  if (source === undefined) {
    return dataOf((await import('../data/names.js')).NAMES, { ...reading, column: ALL })
  }
  const name = source === '-' ? 'standard input' : isUrl(source) ? shownUrl(source) : source
  const progress = showProgress(visible(name))
  try {
    const bytes = await readSource(source, { signal, progress })
    signal.throwIfAborted()
    return await fromBytes(bytes, reading, gunzip)
  } catch (cause) {
    if (!(cause instanceof DatasetError) || cause.message.includes(name)) throw cause
    throw new DatasetError(`${name}: ${cause.message}`, { cause })
  } finally {
    progress.end?.()
  }
}

/**
 * How many documents are cut to block_size: the model predicts at most block_size tokens of a
 * document, and the end token is one of them.
 */
export function countCut(docs: readonly string[], blockSize: number): number {
  // A character is one or two code units, so only long strings need their characters counted.
  return docs.filter((doc) => doc.length >= blockSize && [...doc].length >= blockSize).length
}
