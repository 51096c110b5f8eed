/** Loads a model from a checkpoint, with the text it was trained on if the page has it. */
import { type Checkpoint, readCheckpoint } from '../../checkpoint/read.js'
import { PRESETS } from '../../config/config.js'
import type { ConfigInput } from '../../config/config.js'
import { parseDocs } from '../../data/text.js'
import { loadCore } from '../../engine/core.js'
import { CheckpointError, TokenizerError } from '../../errors.js'
import { MicroGPT } from '../../gpt/microgpt.js'
import type { LoadPurpose, Settings, SourceText } from '../page-api.js'
import { checkSettings, memoryOf } from '../settings.js'

/**
 * The settings of a checkpoint in the form of the page: only fields that differ from the preset.
 */
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
  /** The given text that the model was loaded with; null if there was none. */
  text: SourceText | null
}

/** The run in the file was trained on documents that the page does not have. */
export class OtherDocuments extends Error {
  readonly numDocs: number
  /** Whether the file's alphabet contains all characters of the first text. */
  readonly adaptable: boolean

  constructor(numDocs: number, adaptable: boolean) {
    super('the file was trained on other documents')
    this.numDocs = numDocs
    this.adaptable = adaptable
  }
}

/** Loads a model with a text; null if the file is valid but belongs to another text. */
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
 * Loads a checkpoint for a purpose.
 * @param texts the texts that the page has, the current one first
 * @throws {OtherDocuments} if the file's run was trained on none of them
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
  // The checkpoint says whether it was trained on documents or on one text.
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
