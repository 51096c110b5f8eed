/** Data from where --data says: a file, a URL, or the names that come with the program. */
import type { Data, Mode } from '../data/corpus.js'
import { decodeUtf8, parseDocs, parseText } from '../data/text.js'
import { DatasetError } from '../errors.js'

export const ENCODING_ERRORS = ['strict', 'replace'] as const
export type EncodingErrors = (typeof ENCODING_ERRORS)[number]

const TAKES = '--data takes a UTF-8 text file or an http(s) URL'

/**
 * @param data a path or a URL
 * @param mode whether each line is a document, or all of it one text
 * @param errors what becomes of bytes that are not UTF-8
 * @param signal gives up
 * @throws {DatasetError} that names the source, when it cannot be had or holds nothing
 */
export async function readData(
  data: string | undefined,
  mode: Mode,
  errors: EncodingErrors,
  signal: AbortSignal,
): Promise<Data> {
  const parse = (text: string) =>
    mode === 'text' ? { text: parseText(text) } : { docs: parseDocs(text) }
  if (data === undefined) return parse((await import('../data/names.js')).NAMES)
  const bytes = await (/^https?:/i.test(data) ? download(data, signal) : readPath(data, signal))
  try {
    return parse(decodeUtf8(bytes, errors))
  } catch (cause) {
    if (!(cause instanceof DatasetError)) throw cause
    throw new DatasetError(`${data}: ${cause.message}`, { cause })
  }
}

/** Documents of which the model sees the beginning only: it predicts block_size tokens, the end among them. */
export function countCut(docs: readonly string[], blockSize: number): number {
  // A character is one or two code units: most documents need not be counted.
  return docs.filter((doc) => doc.length >= blockSize && [...doc].length >= blockSize).length
}

const FILE_TROUBLE: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'reading it is not permitted',
}

async function readPath(path: string, signal: AbortSignal): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises')
  try {
    return await readFile(path, { signal })
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException
    throw new DatasetError(`cannot read ${path}: ${FILE_TROUBLE[code] ?? message}; ${TAKES}`, {
      cause,
    })
  }
}

async function download(url: string, signal: AbortSignal): Promise<Uint8Array> {
  const failed = (reason: string, cause?: unknown) =>
    new DatasetError(
      `cannot fetch ${url}: ${reason}; get the file by other means and give --data FILE`,
      {
        cause,
      },
    )
  let response: Response
  try {
    response = await fetch(url, { signal })
    if (response.ok) return new Uint8Array(await response.arrayBuffer())
  } catch (cause) {
    throw failed(networkReason(cause), cause)
  }
  throw failed(`the server answered ${response.status} ${response.statusText}`.trim())
}

/** fetch says "fetch failed" and keeps the reason in its cause, sometimes as a list of attempts. */
function networkReason(error: unknown): string {
  const { cause, message, errors, code } = error as Error & { errors?: Error[]; code?: string }
  if (cause instanceof Error) return networkReason(cause)
  return message || errors?.[0]?.message || code || 'the network cannot be reached'
}
