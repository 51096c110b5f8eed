/** Data from where --data says: a file, standard input, a URL, or the names that come with the program. */
import { ALL } from '../data/table.js'
import type { Data, Mode } from '../data/corpus.js'
import { type DataReading, dataOf, decodeData as fromBytes } from '../data/decode-data.js'
import { DatasetError } from '../errors.js'
import { gunzip, isUrl, readSource, showProgress, shownUrl } from './source.js'
import { visible } from './visible.js'

/** Where to read from, and how. */
export interface DataSettings extends DataReading {
  /** A path, a URL or '-'; the names that come with the program unless given. */
  source: string | undefined
  mode: Mode
}

/**
 * @param signal gives up
 * @throws {DatasetError} that names the source, when it cannot be read or holds nothing
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

/** Documents of which the model sees the beginning only: it predicts block_size tokens, the end among them. */
export function countCut(docs: readonly string[], blockSize: number): number {
  // A character is one or two code units: most documents need not be counted.
  return docs.filter((doc) => doc.length >= blockSize && [...doc].length >= blockSize).length
}
