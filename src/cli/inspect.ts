/** The inspect command: the parameters of a model and the memory that it needs. */
import { resolveConfig } from '../config/config.js'
import { type DataOptions, createCorpus } from '../data/corpus.js'
import { ArenaError } from '../errors.js'
import { Random } from '../random.js'
import { Tokenizer } from '../data/tokenizer.js'
import { countCut, readData } from './data.js'
import { UsageError } from './exit.js'
import { fileText, inspectFile } from './inspect-file.js'
import { inspectionText } from './inspect-text.js'
import { type Inspection, measure, planned } from './inspection.js'
import type { Flags } from './parse.js'
import type { Surroundings } from './session.js'
import { modelSettings, textOf, whole } from './settings.js'
import { jsonLine } from './visible.js'

export async function inspect(flags: Flags, { out, interrupt }: Surroundings): Promise<number> {
  const path = textOf(flags, 'FILE')
  if (path !== undefined) {
    const file = await inspectFile(path, flags)
    out.write(flags.has('json') ? jsonLine(file) : fileText(file, out.width))
    return 0
  }
  const { preset, config, seed, data, mode, valFraction } = modelSettings(flags)
  const vocabSize = whole(flags, 'vocab-size', 1, undefined)
  const idle = ['data', 'mode', 'val-fraction'].find((flag) => flags.has(flag))
  if (vocabSize !== undefined && idle) {
    throw new UsageError(`--vocab-size plans without data; leave out one of it and --${idle}`)
  }
  const plan = (tokens: number) => planned(preset, resolveConfig(preset, config), tokens)
  let inspection: Inspection
  if (vocabSize !== undefined) {
    inspection = await plan(vocabSize)
  } else {
    const source = await readData({ ...data, mode: mode ?? 'docs' }, interrupt.signal)
    const read = valFraction === undefined ? source : { ...source, valFraction }
    const tokenizer = Tokenizer.of(read.docs ?? [read.text!])
    inspection = await plan(tokenizer.vocabSize)
    countData(inspection, read, tokenizer)
    if (inspection.fits) {
      const { MicroGPT } = await import('../gpt/microgpt.js')
      try {
        const gpt = await MicroGPT.create({ ...read, preset, config, seed })
        measure(inspection.parameters, ({ name }) => gpt.stateDict.get(name)!.data)
      } catch (error) {
        // This machine cannot allocate the model. The plan is correct anyway.
        if (!(error instanceof ArenaError)) throw error
      }
    }
  }
  out.write(flags.has('json') ? jsonLine(inspection) : inspectionText(inspection, out.width))
  return 0
}

/** Adds the counts of the data. @throws {DatasetError} if --val-fraction cannot split it */
function countData(inspection: Inspection, data: DataOptions, tokenizer: Tokenizer): void {
  const { block_size } = inspection.config
  const mode = data.docs === undefined ? 'text' : 'docs'
  const { train, val } = createCorpus(mode, data, tokenizer, block_size, new Random(0)).counts
  if (data.docs === undefined) inspection.numChars = train + val
  else {
    inspection.numDocs = train + val
    inspection.numCut = countCut(data.docs, block_size)
  }
  if (val > 0) inspection.numVal = val
}
