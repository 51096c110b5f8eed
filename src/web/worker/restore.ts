/** A model from a file, as far as this page can hold it and has the documents for it. */
import { type Checkpoint, readCheckpoint } from '../../checkpoint/read.js'
import { PRESETS } from '../../config/config.js'
import type { ConfigInput } from '../../config/config.js'
import { parseDocs } from '../../data/text.js'
import { loadCore } from '../../engine/core.js'
import { CheckpointError, TokenizerError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { LoadPurpose, Settings, SourceText } from '../page-api.js'
import { checkSettings, memoryOf } from '../settings.js'

/** What a file says of its settings, written as the page writes its own. */
function settingsOf({ preset, config, seed }: Checkpoint): Settings {
  const base = PRESETS[preset]
  const { head_dim: _, ...fields } = config
  const own = Object.entries(fields).filter(
    ([name, value]) => base[name as keyof ConfigInput] !== value,
  )
  return { preset, config: Object.fromEntries(own) as ConfigInput, seed: String(seed) }
}

export interface RestoredFile {
  gpt: MicroGPT
  settings: Settings
  purpose: LoadPurpose
  /** The text that was restoration, of those that were given; null when none was. */
  text: SourceText | null
}

/** The run of a file is of other documents than there are. */
export class OtherDocuments extends Error {
  readonly numDocs: number
  /** Whether the file's alphabet has all characters of the first text. */
  readonly adaptable: boolean

  constructor(numDocs: number, adaptable: boolean) {
    super('the file was trained on other documents')
    this.numDocs = numDocs
    this.adaptable = adaptable
  }
}

/** Null when the file is fine, and only the documents are not its own. */
async function withText(bytes: Uint8Array, { text, mode }: SourceText, optimizer: boolean) {
  try {
    const data = mode === 'text' ? { text } : { docs: parseDocs(text) }
    return await MicroGPT.load(bytes, { ...data, optimizer })
  } catch (error) {
    const other = error instanceof CheckpointError && error.code === 'dataset'
    if (other || error instanceof TokenizerError) return null
    throw error
  }
}

/**
 * @param texts what the page has to learn from, its own text first
 * @throws {OtherDocuments} when the file's run is of none of them
 * @throws {CheckpointError} for a file that cannot be used
 * @throws {Error} for a model that is too large for a page
 */
export async function restoreFile(
  bytes: Uint8Array,
  purpose: LoadPurpose,
  texts: readonly SourceText[],
): Promise<RestoredFile> {
  const checkpoint = readCheckpoint(bytes)
  const { run, tokenizer } = checkpoint
  const settings = settingsOf(checkpoint)
  checkSettings(settings)
  memoryOf(await loadCore(), settings, tokenizer.vocabSize)
  // A file says itself whether it was trained on documents or on one text.
  const own: SourceText = { ...texts[0]!, mode: checkpoint.mode }
  if (purpose === 'run' && run) {
    for (const given of texts) {
      const text = { ...given, mode: checkpoint.mode }
      const gpt = await withText(bytes, text, true)
      if (gpt) return { gpt, settings, purpose, text }
    }
    throw new OtherDocuments(Number(run.num_docs), (await withText(bytes, own, false)) !== null)
  }
  if (purpose !== 'sample') {
    const gpt = await withText(bytes, own, false)
    if (gpt) return { gpt, settings, purpose: 'parameters', text: own }
  }
  return { gpt: await MicroGPT.load(bytes), settings, purpose: 'sample', text: null }
}
