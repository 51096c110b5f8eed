/** inspect: the parameters of a model and the memory it takes. */
import { resolveConfig } from '../config.js'
import { ArenaError } from '../errors.js'
import { Tokenizer } from '../tokenizer.js'
import { countCut, readDocs } from './docs.js'
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
    const file = inspectFile(path, flags)
    out.write(flags.has('json') ? jsonLine(file) : fileText(file, out.width))
    return 0
  }
  const { preset, config, seed, data, errors } = modelSettings(flags)
  const vocabSize = whole(flags, 'vocab-size', 1, undefined)
  if (vocabSize !== undefined && data !== undefined) {
    throw new UsageError('--vocab-size plans without data; leave out one of it and --data')
  }
  const plan = (tokens: number) => planned(preset, resolveConfig(preset, config), tokens)
  let inspection: Inspection
  if (vocabSize !== undefined) {
    inspection = plan(vocabSize)
  } else {
    const docs = await readDocs(data, errors, interrupt.signal)
    inspection = plan(Tokenizer.of(docs).vocabSize)
    inspection.numDocs = docs.length
    inspection.numCut = countCut(docs, inspection.config.block_size)
    if (inspection.fits) {
      const { MicroGPT } = await import('../microgpt.js')
      try {
        const gpt = await MicroGPT.create({ docs, preset, config, seed })
        measure(inspection.parameters, ({ name }) => gpt.stateDict.get(name)!.data)
      } catch (error) {
        // This machine has less memory than WebAssembly allows: the plan still holds.
        if (!(error instanceof ArenaError)) throw error
      }
    }
  }
  out.write(flags.has('json') ? jsonLine(inspection) : inspectionText(inspection, out.width))
  return 0
}
