/** The model and its data as files, with the bytes that the command line writes. */
import { readCheckpoint } from '../../checkpoint/read.js'
import { parseText } from '../../data/text.js'
import { DatasetError } from '../../errors.js'
import { dataText } from '../../export/data-text.js'
import { onnxFile } from '../../export/onnx.js'
import { DATA_FILE } from '../../export/pytorch.js'
import type { MicroGPT } from '../../gpt/microgpt.js'
import type { SavedFile, SourceText } from '../page-api.js'
import { modelFileName } from '../text.js'

/** @param bytesOf the content of the file */
export function savedFile(
  gpt: MicroGPT,
  type: 'safetensors' | 'onnx',
  bytesOf: (gpt: MicroGPT) => Uint8Array,
): SavedFile {
  const { preset, step } = gpt
  const file = new Blob([bytesOf(gpt) as BlobPart])
  return { file, name: modelFileName(preset, step, type), step }
}

export const onnxOf = (gpt: MicroGPT) => onnxFile(readCheckpoint(gpt.save()))

/**
 * What the model learns from, as data.txt.
 * @throws {DatasetError} for what such a file cannot hold, or when the model is of other data
 */
export function dataFile(
  { step, counts }: MicroGPT,
  { mode, text, docs }: SourceText & { docs: readonly string[] },
): SavedFile {
  if (counts.train === 0) throw new DatasetError('the model was trained on other data')
  const data = dataText(mode === 'text' ? { text: parseText(text) } : { docs })
  return { file: new Blob([data]), name: DATA_FILE, step }
}
