/** The cost of more documents: from a text to a model that has run its first step. */
import { decodeUtf8, parseDocs } from '../../data/text.js'
import { checkLoss } from '../equal.js'
import type { Setup } from '../setup.js'
import { namesText } from '../texts.js'

export interface DocumentsResult {
  textBytes: number
  /** From the bytes of the text to the end of the first step. */
  ms: number
  /** Peak memory of the whole process, including Node and the text. */
  peakBytes: number
  /** |first loss - the typed-array engine's loss of the same document|. */
  lossDifference: number
}

/**
 * Measures once, in a process that has done nothing before. A start cannot be repeated, so the
 * check comes afterwards, and a wrong loss discards the figures.
 * @throws {Error} if the first loss differs from the typed-array engine's
 */
export async function measureDocuments(
  setup: Setup,
  preset: string,
  count: number,
): Promise<DocumentsResult> {
  const bytes = namesText(count)
  const start = setup.now()
  const docs = parseDocs(decodeUtf8(bytes))
  const gpt = await setup.wasm({ docs, preset })
  const [first] = [...gpt.train({ steps: 1 })]
  const ms = setup.now() - start
  const peak = setup.peakBytes()
  if (docs.length !== count) throw new Error(`${docs.length} documents, expected ${count}`)

  const twin = await setup.typed({ docs, preset })
  const want = twin.loss([gpt.docs[0]!])
  const lossDifference = checkLoss(`${count} documents`, first!.loss, want, 1e-11)
  return { textBytes: bytes.length, ms, peakBytes: peak, lossDifference }
}
